/** Plays a stream through a pair of RTCPeerConnections inside this window: the one kind of sound that every echo canceller of Chromium knows. */

export interface Loopback {
  /** What the detour costs: one packet and the jitter buffer of libwebrtc. Measured. */
  readonly delayMs: number
  setSpeaker(deviceId: string | undefined): Promise<void>
  close(): void
}

const DELAY_MS = 40

export async function openLoopback(stream: MediaStream): Promise<Loopback> {
  const near = new RTCPeerConnection()
  const far = new RTCPeerConnection()
  near.addEventListener('icecandidate', ({ candidate }) => void far.addIceCandidate(candidate ?? undefined))
  far.addEventListener('icecandidate', ({ candidate }) => void near.addIceCandidate(candidate ?? undefined))
  const element = new Audio()
  far.addEventListener('track', ({ track, receiver }) => {
    receiver.jitterBufferTarget = 0
    element.srcObject = new MediaStream([track])
    void element.play()
  })
  for (const track of stream.getAudioTracks()) near.addTrack(track, stream)
  await near.setLocalDescription()
  await far.setRemoteDescription(descriptionOf(near))
  await far.setLocalDescription()
  await near.setRemoteDescription(descriptionOf(far))
  return {
    delayMs: DELAY_MS,
    setSpeaker: (deviceId) => element.setSinkId(deviceId ?? ''),
    close() {
      near.close()
      far.close()
      element.srcObject = null
    },
  }
}

function descriptionOf(connection: RTCPeerConnection): RTCSessionDescriptionInit {
  if (connection.localDescription === null) throw new Error('the connection has no description')
  return connection.localDescription
}
