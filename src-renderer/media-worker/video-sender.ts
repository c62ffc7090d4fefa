/** The own picture in a 1:1 call: one stream, whose size follows what the network and this computer carry. */
import type { Ms } from '../../src-shared/base/time.ts'
import { videoBitrate } from '../../src-shared/media/bitrate.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import type { PictureLimit, SentVideo } from '../devices/media-session.ts'
import { CaptureClock } from './capture-clock.ts'
import type { CodecSelection } from './codec-selection.ts'
import { even, FRAMES_PER_SECOND, Ladder, RUNGS } from './ladder.ts'
import { LoadControl } from './load-control.ts'
import type { PictureSize, VideoLimits } from './messages.ts'
import { PictureEncoder, type PictureTarget, type VideoOutlet } from './picture-encoder.ts'
import type { SendingRate } from './sending-rate.ts'

/**
 * The first picture is small, and so is there soon: a keyframe of full size takes several times as long to encode, to send and to
 * decode, on a way that nobody knows yet. Pixels of the shorter side, and for how long.
 */
const FIRST_HEIGHT = 180
const FIRST_FOR: Ms = 500

export class VideoSender {
  readonly #encoder: PictureEncoder
  readonly #rate: SendingRate
  readonly #maxHeight: number
  readonly #ladder = new Ladder()
  readonly #load: LoadControl
  #clock = new CaptureClock()
  #firstUntil: Ms | undefined
  #limitedBy: PictureLimit

  constructor(
    stream: RtpSender,
    rate: SendingRate,
    selection: CodecSelection,
    limits: VideoLimits,
    outlet: VideoOutlet,
  ) {
    this.#rate = rate
    this.#maxHeight = limits.maxHeight
    this.#load = new LoadControl([limits.maxHeight, ...RUNGS.filter((height) => height < limits.maxHeight)])
    this.#encoder = new PictureEncoder(
      {
        stream,
        selection,
        target: (source, codec) => this.#target(source, codec),
        captured: (leftOut) => this.#load.captured(leftOut),
      },
      outlet,
    )
  }

  get counters(): SentVideo {
    return { ...this.#encoder.counters, limitedBy: this.#limitedBy }
  }

  /** See `PictureEncoder`. */
  rehearse(): Promise<EncodedVideoChunk | undefined> {
    return this.#encoder.rehearse()
  }

  /** The other side cannot go on, or has just got its keys. */
  requestKeyframe(): void {
    this.#encoder.requestKeyframe()
  }

  /** `isFirst`: of its camera. */
  take(frame: VideoFrame, isFirst: boolean): void {
    const now: Ms = performance.now()
    if (isFirst) this.#clock = new CaptureClock()
    this.#clock.see(frame.timestamp, now)
    this.#encoder.take(frame, Math.round(this.#clock.localTime(frame.timestamp) * 1000), isFirst)
    frame.close()
  }

  close(): void {
    this.#encoder.close()
  }

  #target(source: PictureSize, codec: VideoCodec): PictureTarget {
    const now = performance.now()
    this.#firstUntil ??= now + FIRST_FOR
    const isFirst = now < this.#firstUntil
    const maxHeight = Math.min(this.#load.maxHeight, isFirst ? FIRST_HEIGHT : Infinity)
    const { width, height } = this.#ladder.fit(source, codec, this.#rate.camera, maxHeight)
    this.#limitedBy = isFirst
      ? undefined
      : this.#limitOf(Math.min(width, height), Math.min(source.width, source.height))
    // More bits than a picture of this size can show would cost both computers for nothing.
    const bitrate = Math.min(this.#rate.camera, videoBitrate(codec, width, height, FRAMES_PER_SECOND).max)
    return { width, height, bitrate }
  }

  /** Pixels of the shorter sides: what is sent, and what the camera gives. */
  #limitOf(sent: number, captured: number): PictureLimit {
    if (sent >= Math.min(even(captured), this.#maxHeight)) return undefined
    return sent >= this.#load.maxHeight ? 'computer' : 'network'
  }
}
