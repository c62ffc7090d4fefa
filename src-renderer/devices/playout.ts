/// <reference types="vite/client" />
/**
 * How the other side's sound reaches the ear: PCM from the media worker → ring buffer in an AudioWorklet → speaker.
 *
 * Two routes lead from the worklet to the speaker. `direct` is the default: Chromium's echo canceller listens to all that
 * the browser plays (it does not with `--disable-features=ChromeWideEchoCancellation`, nor with fake devices).
 * `loopback` leads through a pair of RTCPeerConnections into an audio element, which is known to every echo canceller of
 * Chromium, for 40 ms more of delay and one more encoder and decoder. `docs/devices.md` has what was measured.
 */
import type {} from './insertable-tracks.d.ts'
import { openLoopback } from './loopback.ts'
import workletUrl from './playout.worklet.ts?worker&url'

export type PlayoutRoute = 'direct' | 'loopback'

export interface Playout {
  /** To be handed to the media worker; `playout-messages.ts` says what it speaks. */
  readonly port: MessagePort
  /** From the ring buffer to the ear, milliseconds, as far as the system tells. */
  outputLatencyMs(): number
  /** Rejects as `setSinkId` does; the speaker before it stays in use. */
  setSpeaker(deviceId: string | undefined): Promise<void>
  close(): void
}

const SAMPLE_RATE = 48_000

export async function openPlayout(route: PlayoutRoute): Promise<Playout> {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' })
  await context.audioWorklet.addModule(workletUrl)
  const node = new AudioWorkletNode(context, 'playout', { numberOfInputs: 0, outputChannelCount: [1] })
  const { port1, port2 } = new MessageChannel()
  node.port.postMessage(port1, [port1])
  void context.resume()
  const contextLatency = (): number => (context.baseLatency + context.outputLatency) * 1000
  if (route === 'direct') {
    node.connect(context.destination)
    return {
      port: port2,
      outputLatencyMs: contextLatency,
      setSpeaker: (deviceId) => context.setSinkId(deviceId ?? ''),
      close: () => void context.close(),
    }
  }
  const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 })
  node.connect(destination)
  const loopback = await openLoopback(destination.stream)
  return {
    port: port2,
    outputLatencyMs: () => contextLatency() + loopback.delayMs,
    setSpeaker: (deviceId) => loopback.setSpeaker(deviceId),
    close() {
      loopback.close()
      void context.close()
    },
  }
}
