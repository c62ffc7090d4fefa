/**
 * What `relay.ts` measures the relay against: the least that a forwarder on node-datachannel can do. Every packet goes to every
 * other connection; no rooms, no limits, no checks.
 */
import { type DataChannel, PeerConnection, type Track } from 'node-datachannel'
import { serve } from './forwarder-messages.ts'

/** A port that nothing else takes by itself, as in `src-server/relay/udp-port.ts`. */
const PORT = 20_000 + (process.pid % 12_000)

const tracks: Track[] = []
/** A dropped reference closes the native object. */
const kept: (PeerConnection | DataChannel)[] = []

serve(async ({ offer }) => {
  const connection = new PeerConnection('bare', {
    iceServers: [],
    enableIceUdpMux: true,
    portRangeBegin: PORT,
    portRangeEnd: PORT,
    bindAddress: '127.0.0.1',
  })
  kept.push(connection)
  connection.onTrack((track) => {
    tracks.push(track)
    track.onClosed(() => undefined)
    track.onMessage((packet) => {
      try {
        for (const other of tracks) if (other !== track && other.isOpen()) other.sendMessageBinary(packet)
      } catch {
        // One closed just now; a throw in here would abort the process.
      }
    })
  })
  connection.onDataChannel((channel) => {
    channel.onClosed(() => undefined)
    kept.push(channel)
  })
  const gathered = new Promise<void>((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === 'complete') resolve()
    })
  })
  connection.setRemoteDescription(offer, 'offer')
  await gathered
  return connection.localDescription()?.sdp ?? ''
})
