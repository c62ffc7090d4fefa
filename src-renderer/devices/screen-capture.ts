/**
 * Captures the screen or window that a call shares, and what the computer plays meanwhile. Which screen, and whether with
 * sound, the main process decides: it hands out what the person picked and nothing else.
 */
import type {} from './insertable-tracks.d.ts'
import type { Capture, ScreenContent, Shared } from './media-session.ts'
import type {} from './own-audio.d.ts'

export interface ScreenCaptureListener {
  handOver(screen: {
    readonly frames: ReadableStream<VideoFrame>
    readonly sound: ReadableStream<AudioData> | undefined
    readonly content: ScreenContent
  }): void
  /** It is not there any more; not told of what was stopped here. */
  ended(): void
  /** Its sound is not there any more, its picture is; likewise. */
  soundEnded(): void
}

/** A second. Text changes seldom and is to be sharp, motion is to be smooth. */
const FRAME_RATE = { text: 15, motion: 30 } as const

/** As it is played, but for the call: whoever speaks there must not hear themselves. */
const SOUND: MediaTrackConstraints = {
  restrictOwnAudio: true,
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
}

export class ScreenCapture {
  readonly #listener: ScreenCaptureListener
  #picture: MediaStreamTrack | undefined
  #sound: MediaStreamTrack | undefined
  #content: ScreenContent = 'text'

  constructor(listener: ScreenCaptureListener) {
    this.#listener = listener
  }

  /** `undefined`: nothing was picked, or it cannot be captured; what was captured before goes on. */
  async start(content: ScreenContent, withSound: boolean): Promise<Shared | undefined> {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { max: FRAME_RATE[content] } },
        audio: withSound && SOUND,
      })
      const [picture] = stream.getVideoTracks()
      if (picture === undefined) return undefined
      return this.adopt({ picture, sound: withoutCall(stream), content })
    } catch {
      return undefined
    }
  }

  /** In the place of what was captured before. */
  adopt({ picture, sound, content }: Capture): Shared {
    this.stop()
    this.#picture = picture
    this.#sound = sound
    this.#content = content
    picture.contentHint = content
    picture.addEventListener('ended', () => this.#pictureEnded(picture))
    sound?.addEventListener('ended', () => this.#soundEnded(sound))
    this.#listener.handOver({
      frames: new MediaStreamTrackProcessor<VideoFrame>({ track: picture }).readable,
      sound: sound && new MediaStreamTrackProcessor<AudioData>({ track: sound }).readable,
      content,
    })
    return sound === undefined ? 'picture' : 'picture-and-sound'
  }

  /** Goes on when this one is stopped. `undefined`: nothing is captured. */
  copy(): Capture | undefined {
    if (this.#picture === undefined) return undefined
    return { picture: this.#picture.clone(), sound: this.#sound?.clone(), content: this.#content }
  }

  stop(): void {
    this.#picture?.stop()
    this.#sound?.stop()
    this.#picture = undefined
    this.#sound = undefined
  }

  /** Not called for tracks that were stopped here. */
  #pictureEnded(picture: MediaStreamTrack): void {
    if (picture !== this.#picture) return
    this.stop()
    this.#listener.ended()
  }

  #soundEnded(sound: MediaStreamTrack): void {
    if (sound !== this.#sound) return
    this.#sound = undefined
    this.#listener.soundEnded()
  }
}

/** Its sound, if Chromium grants that the app's own is not in it: it passes over the wish where it cannot. */
function withoutCall(stream: MediaStream): MediaStreamTrack | undefined {
  const [sound] = stream.getAudioTracks()
  if (sound?.getSettings().restrictOwnAudio === true) return sound
  sound?.stop()
  return undefined
}
