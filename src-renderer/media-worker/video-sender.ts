/** The own picture: captured frames → encoder at the ladder's size and the bitrate of the moment → packets. */
import type { Ms } from '../../src-shared/base/time.ts'
import { videoBitrate } from '../../src-shared/media/bitrate.ts'
import { KeyframeAnswers } from '../../src-shared/media/keyframe-requests.ts'
import type { VideoPacketizer } from '../../src-shared/media/payload-format.ts'
import { payloadTypeOf, type VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { videoPacketizer } from '../../src-shared/media/video-format.ts'
import type { VideoCounters } from '../devices/media-session.ts'
import { CaptureClock } from './capture-clock.ts'
import type { CodecSelection } from './codec-selection.ts'
import { FRAMES_PER_SECOND, Ladder, RUNGS } from './ladder.ts'
import { LoadControl } from './load-control.ts'
import type { PictureSize, VideoLimits } from './messages.ts'
import { randomU16 } from './random.ts'
import { rehearse } from './rehearsal.ts'
import type { RateControl } from './rate-control.ts'
import { encoderConfig } from './video-codec.ts'

/** Frames that the encoder may hold; more would be delay. */
const MAX_ENCODING = 2
/** A new bitrate is given to the encoder when it differs by so much. */
const BITRATE_STEP = 0.05
/**
 * The first picture is small, and so is there soon: a keyframe of full size takes five times as long to encode, to send and to decode,
 * on a way that nobody knows yet. Pixels of the shorter side, and for how long.
 */
const FIRST_HEIGHT = 180
const FIRST_FOR: Ms = 500
/** A failure that repeats itself must not keep the computer busy. */
const RETRY_AFTER: Ms = 500

export interface VideoOutlet {
  /** Whether a frame that is encoded now can be sent. */
  isOpen(): boolean
  /** `false`: it could not be sent, and later frames that build on it cannot be decoded. */
  send(packets: readonly Uint8Array[]): boolean
}

interface Encoding {
  readonly codec: VideoCodec
  readonly encoder: VideoEncoder
  readonly packetizer: VideoPacketizer
}

interface Configured extends PictureSize {
  readonly bitrate: number
}

export class VideoSender {
  readonly #stream: RtpSender
  readonly #outlet: VideoOutlet
  readonly #rate: RateControl
  readonly #selection: CodecSelection
  readonly #ladder = new Ladder()
  readonly #load: LoadControl
  readonly #answers = new KeyframeAnswers()
  #clock = new CaptureClock()
  /** Microseconds; of the last frame that went to the encoder. */
  #lastTimestampUs = -1
  #encoding: Encoding | undefined
  #configured: Configured | undefined
  #retryAt: Ms = -Infinity
  #firstUntil: Ms | undefined
  #counters = { frames: 0, keyframes: 0, bytes: 0, width: 0, height: 0 }

  constructor(
    stream: RtpSender,
    rate: RateControl,
    selection: CodecSelection,
    limits: VideoLimits,
    outlet: VideoOutlet,
  ) {
    this.#stream = stream
    this.#outlet = outlet
    this.#rate = rate
    this.#selection = selection
    this.#load = new LoadControl([limits.maxHeight, ...RUNGS.filter((height) => height < limits.maxHeight)])
    void rehearse(selection.codec)
  }

  get counters(): VideoCounters {
    return { codec: this.#encoding?.codec, ...this.#counters }
  }

  /** The other side cannot go on, or has just got its keys. */
  requestKeyframe(): void {
    this.#answers.requested()
  }

  /** `isFirst`: of its camera. */
  take(frame: VideoFrame, isFirst: boolean): void {
    const now = performance.now()
    if (isFirst) this.#clock = new CaptureClock()
    this.#clock.see(frame.timestamp, now)
    // After a pause of any kind, the picture begins as a whole.
    if (isFirst || !this.#outlet.isOpen()) this.#answers.requested()
    else if (now >= this.#retryAt) this.#encode(this.#encodingIn(this.#selection.codec), frame, now)
    frame.close()
  }

  close(): void {
    if (this.#encoding?.encoder.state === 'configured') this.#encoding.encoder.close()
    this.#encoding = undefined
    this.#configured = undefined
  }

  /** The encoder of another format is closed with the frames that it still holds: they would come out behind the new one's keyframe. */
  #encodingIn(codec: VideoCodec): Encoding {
    if (this.#encoding?.codec === codec) return this.#encoding
    this.close()
    const encoding: Encoding = {
      codec,
      packetizer: videoPacketizer(codec, randomU16()),
      encoder: new VideoEncoder({
        output: (chunk) => this.#encoded(chunk, encoding),
        error: () => this.#failed(codec),
      }),
    }
    this.#encoding = encoding
    return encoding
  }

  /** The format's fault or the frame's. */
  #failed(codec: VideoCodec): void {
    this.#selection.failed(codec)
    this.close()
    this.#retryAt = performance.now() + RETRY_AFTER
  }

  #encode({ encoder, codec }: Encoding, frame: VideoFrame, now: Ms): void {
    const leftOut = encoder.encodeQueueSize > MAX_ENCODING
    this.#load.captured(leftOut)
    if (leftOut) return
    this.#firstUntil ??= now + FIRST_FOR
    const maxHeight = Math.min(this.#load.maxHeight, now < this.#firstUntil ? FIRST_HEIGHT : Infinity)
    const resized = this.#configure(encoder, codec, sizeOf(frame), maxHeight)
    const keyFrame = this.#answers.take(now) || resized
    if (keyFrame) this.#answers.made(now)
    // On the worker's clock, which goes on evenly when the camera is replaced.
    const timestamp = Math.max(this.#lastTimestampUs + 1, Math.round(this.#clock.localTime(frame.timestamp) * 1000))
    this.#lastTimestampUs = timestamp
    const stamped = new VideoFrame(frame, { timestamp })
    encoder.encode(stamped, { keyFrame })
    stamped.close()
  }

  /** `true`: the next frame is the first one, or has another size than those before, which VP9 would not make a keyframe of by itself. */
  #configure(encoder: VideoEncoder, codec: VideoCodec, source: PictureSize, maxHeight: number): boolean {
    const { width, height } = this.#ladder.fit(source, codec, this.#rate.bitrate, maxHeight)
    // More bits than a picture of this size can show would cost both computers for nothing.
    const bitrate = Math.min(this.#rate.bitrate, videoBitrate(codec, width, height, FRAMES_PER_SECOND).max)
    const before = this.#configured
    const resized = before?.width !== width || before.height !== height
    if (resized || Math.abs(bitrate / before.bitrate - 1) > BITRATE_STEP) {
      encoder.configure(encoderConfig(codec, { width, height }, bitrate))
      this.#configured = { width, height, bitrate }
    }
    return resized
  }

  #encoded(chunk: EncodedVideoChunk, encoding: Encoding): void {
    if (!this.#outlet.isOpen() || encoding !== this.#encoding) return
    const { codec, packetizer } = encoding
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const keyframe = chunk.type === 'key'
    const packets = this.#stream.packets({
      payloadType: payloadTypeOf(codec),
      payloads: packetizer.packetize({ data, keyframe }),
      timestampUs: chunk.timestamp,
      capturedAt: chunk.timestamp / 1000,
      marker: true,
    })
    if (!this.#outlet.send(packets)) this.#answers.requested()
    this.#count(keyframe, data.length)
  }

  #count(keyframe: boolean, bytes: number): void {
    const { frames, keyframes, bytes: before } = this.#counters
    const { width = 0, height = 0 } = this.#configured ?? {}
    this.#counters = {
      frames: frames + 1,
      keyframes: keyframes + (keyframe ? 1 : 0),
      bytes: before + bytes,
      width,
      height,
    }
  }
}

/** Not the coded size: a camera may hand over more rows than the picture has. */
function sizeOf(frame: VideoFrame): PictureSize {
  return { width: frame.displayWidth, height: frame.displayHeight }
}
