/**
 * Captures the screen or window that a call shares. Which one, the main process decides: it hands out what the person picked
 * and nothing else.
 */
import type {} from './insertable-tracks.d.ts'
import type { ScreenContent } from './media-session.ts'

export interface ScreenCaptureListener {
  handOver(frames: ReadableStream<VideoFrame>, content: ScreenContent): void
  /** It is not there any more; not told of what was stopped here. */
  ended(): void
}

/** A second. Text changes seldom and is to be sharp, motion is to be smooth. */
const FRAME_RATE = { text: 15, motion: 30 } as const

export class ScreenCapture {
  readonly #listener: ScreenCaptureListener
  #track: MediaStreamTrack | undefined

  constructor(listener: ScreenCaptureListener) {
    this.#listener = listener
  }

  /** `false`: nothing was picked, or it cannot be captured; what was captured before goes on. */
  async start(content: ScreenContent): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { max: FRAME_RATE[content] } },
      })
      const [track] = stream.getVideoTracks()
      if (track === undefined) return false
      this.stop()
      this.#track = track
      track.contentHint = content
      track.addEventListener('ended', () => this.#ended(track))
      this.#listener.handOver(new MediaStreamTrackProcessor<VideoFrame>({ track }).readable, content)
      return true
    } catch {
      return false
    }
  }

  stop(): void {
    this.#track?.stop()
    this.#track = undefined
  }

  /** Not called for tracks that were stopped here. */
  #ended(track: MediaStreamTrack): void {
    if (track !== this.#track) return
    this.#track = undefined
    this.#listener.ended()
  }
}
