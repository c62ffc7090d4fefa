/**
 * This folder holds what has to happen in the window: opening cameras and microphones, the tracks on both ends of a
 * call, the speaker. It sees frames only to hand them to the media worker (`../media-worker/`), and no keys. This file
 * makes a 1:1 call's session.
 */
import type {} from './insertable-tracks.d.ts'
import type { FromWorker, VideoLimits } from '../media-worker/messages.ts'
import { Answers } from './answers.ts'
import type { CallStatistics, MediaSession, MediaSessionListener } from './media-session.ts'
import { type OwnMediaOptions, WindowMedia } from './window-media.ts'

export interface MediaSessionOptions extends OwnMediaOptions {
  readonly listener: MediaSessionListener
}

const VIDEO_LIMITS: VideoLimits = { maxHeight: 720, maxBitrate: 2_000_000 }

/** No device is opened before `setMedia` asks for it. */
export function openMediaSession(options: MediaSessionOptions): MediaSession {
  return new WindowMediaSession(options)
}

class WindowMediaSession extends WindowMedia implements MediaSession {
  readonly remote: MediaStream
  readonly remoteScreen: MediaStream
  readonly #listener: MediaSessionListener
  readonly #answers = new Answers<CallStatistics>()

  constructor(options: MediaSessionOptions) {
    const video = new MediaStreamTrackGenerator({ kind: 'video' })
    const screen = new MediaStreamTrackGenerator({ kind: 'video' })
    const pictures = { video: video.writable, screen: screen.writable }
    super(options, { kind: 'start', pictures, video: { ...VIDEO_LIMITS, ...options.video } }, Object.values(pictures))
    this.#listener = options.listener
    this.remote = new MediaStream([video])
    this.remoteScreen = new MediaStream([screen])
  }

  statistics(): Promise<CallStatistics> {
    return this.#answers.ask((id) => this.send({ kind: 'statistics', id }))
  }

  override close(): void {
    super.close()
    for (const stream of [this.remote, this.remoteScreen]) for (const track of stream.getTracks()) track.stop()
  }

  protected override received(message: Exclude<FromWorker, { kind: 'level' }>): void {
    if (message.kind === 'remote-video') this.#listener.remoteVideo(message.size)
    else if (message.kind === 'remote-screen') this.#listener.remoteScreen(message.size)
    else if (message.kind === 'statistics') this.#answers.take(message.id, message.statistics)
  }
}
