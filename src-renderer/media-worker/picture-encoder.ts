/** One stream of the own picture: captured frames → encoder at the size and bitrate of the moment → packets. */
import type { Ms } from '../../src-shared/base/time.ts'
import type { PictureLayer } from '../../src-shared/media/forwarding.ts'
import { KeyframeAnswers } from '../../src-shared/media/keyframe-requests.ts'
import type { VideoPacketizer } from '../../src-shared/media/payload-format.ts'
import { payloadTypeOf, type VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { HeaderExtension } from '../../src-shared/media/rtp.ts'
import type { RtpSender } from '../../src-shared/media/rtp-sender.ts'
import { videoPacketizer } from '../../src-shared/media/video-format.ts'
import type { VideoCounters } from '../devices/media-session.ts'
import type { CodecSelection } from './codec-selection.ts'
import type { PictureSize } from './messages.ts'
import { randomU16 } from './random.ts'
import { greyFrame } from './rehearsal.ts'
import { encoderConfig, type PictureNature, temporalLayersOf } from './video-codec.ts'

/** Frames that the encoder may hold; more would be delay. */
const MAX_ENCODING = 2
/** A new bitrate is given to the encoder when it differs by so much. */
const BITRATE_STEP = 0.05
/** A failure that repeats itself must not keep the computer busy. */
const RETRY_AFTER: Ms = 500

export interface VideoOutlet {
  /** Whether a frame that is encoded now can be sent. */
  isOpen(): boolean
  /** `false`: it could not be sent, and later frames that build on it cannot be decoded. */
  send(packets: readonly Uint8Array[]): boolean
}

/** Pixels, and bits a second. */
export interface PictureTarget extends PictureSize {
  readonly bitrate: number
  /** Of a shared screen. */
  readonly nature?: PictureNature
}

/** Microseconds; real frames have none before 0. */
const REHEARSAL_TIMESTAMP = -1
/** No real picture's size: the first real one would have to do with a tenth of the bits after one of its own size. */
const REHEARSAL: PictureTarget = { width: 256, height: 144, bitrate: 200_000 }

export interface PictureEncoderOptions {
  readonly stream: RtpSender
  readonly selection: CodecSelection
  /** What the next frame, captured in size `source`, is to become. */
  target(source: PictureSize, codec: VideoCodec): PictureTarget
  /** A frame was encoded, or left out because the encoder is busy. */
  captured(leftOut: boolean): void
  /**
   * In a group: what the packets of a frame say to the relay. A camera's picture has temporal layers then.
   * Without it, as in a 1:1 call, there are none of either.
   */
  readonly describe?: (frame: Omit<PictureLayer, 'layer'>) => HeaderExtension[]
}

interface Encoding {
  readonly codec: VideoCodec
  readonly encoder: VideoEncoder
  readonly packetizer: VideoPacketizer
}

export class PictureEncoder {
  readonly #options: PictureEncoderOptions
  readonly #outlet: VideoOutlet
  readonly #answers = new KeyframeAnswers()
  /** Microseconds; of the last frame that went to the encoder. */
  #lastTimestampUs = -1
  #encoding: Encoding | undefined
  #configured: PictureTarget | undefined
  #retryAt: Ms = -Infinity
  #rehearsed: EncodedVideoChunk | undefined
  #counters = { frames: 0, keyframes: 0, bytes: 0, width: 0, height: 0 }

  constructor(options: PictureEncoderOptions, outlet: VideoOutlet) {
    this.#options = options
    this.#outlet = outlet
  }

  get ssrc(): number {
    return this.#options.stream.ssrc
  }

  get counters(): VideoCounters {
    // An encoder that was made ahead has encoded nothing of the camera.
    return { codec: this.#counters.frames > 0 ? this.#encoding?.codec : undefined, ...this.#counters }
  }

  /** The other side cannot go on, or has just got its keys. */
  requestKeyframe(): void {
    this.#answers.requested()
  }

  /**
   * Makes the encoder and has it encode a picture that nobody sees: it takes a third of a second until the first one comes out.
   * `undefined`: the encoder failed.
   */
  async rehearse(): Promise<EncodedVideoChunk | undefined> {
    const { codec } = this.#options.selection
    const { encoder } = this.#encodingIn(codec)
    if (this.#configured !== undefined) return undefined
    const frame = greyFrame(REHEARSAL, REHEARSAL_TIMESTAMP)
    try {
      this.#configured = REHEARSAL
      const temporalLayers = this.#temporalLayers(codec)
      encoder.configure(encoderConfig(codec, REHEARSAL, REHEARSAL.bitrate, { temporalLayers }))
      encoder.encode(frame, { keyFrame: true })
      await encoder.flush()
    } catch {
      // Closed meanwhile, or `error` was called.
    } finally {
      frame.close()
    }
    const chunk = this.#rehearsed
    this.#rehearsed = undefined
    return chunk
  }

  /** `timestampUs`: when it was captured, on the worker's clock. `isFirst`: of its camera. Who calls closes the frame. */
  take(frame: VideoFrame, timestampUs: number, isFirst: boolean): void {
    const now = performance.now()
    // After a pause of any kind, the picture begins as a whole.
    if (isFirst || !this.#outlet.isOpen()) this.#answers.requested()
    else if (now >= this.#retryAt) {
      this.#encode(this.#encodingIn(this.#options.selection.codec), frame, timestampUs, now)
    }
  }

  /** Nobody wants this stream for now. */
  pause(): void {
    this.close()
    this.#answers.requested()
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
        output: (chunk, metadata) => this.#encoded(chunk, metadata?.svc?.temporalLayerId ?? 0, encoding),
        error: () => this.#failed(codec),
      }),
    }
    this.#encoding = encoding
    return encoding
  }

  /** The format's fault or the frame's. */
  #failed(codec: VideoCodec): void {
    this.#options.selection.failed(codec)
    this.close()
    this.#retryAt = performance.now() + RETRY_AFTER
  }

  #encode({ encoder, codec }: Encoding, frame: VideoFrame, timestampUs: number, now: Ms): void {
    const leftOut = encoder.encodeQueueSize > MAX_ENCODING
    this.#options.captured(leftOut)
    if (leftOut) return
    const resized = this.#configure(encoder, codec, sizeOf(frame))
    const keyFrame = this.#answers.take(now) || resized
    if (keyFrame) this.#answers.made(now)
    // On the worker's clock, which goes on evenly when the camera is replaced.
    const timestamp = Math.max(this.#lastTimestampUs + 1, timestampUs)
    this.#lastTimestampUs = timestamp
    const stamped = new VideoFrame(frame, { timestamp })
    encoder.encode(stamped, { keyFrame })
    stamped.close()
  }

  /** `true`: the next frame is the first one, or has another size than those before, which VP9 would not make a keyframe of by itself. */
  #configure(encoder: VideoEncoder, codec: VideoCodec, source: PictureSize): boolean {
    const target = this.#options.target(source, codec)
    const { width, height, bitrate, nature } = target
    const before = this.#configured
    const resized = before?.width !== width || before.height !== height
    if (resized || Math.abs(bitrate / before.bitrate - 1) > BITRATE_STEP || differs(nature, before.nature)) {
      this.#configured = target
      const temporalLayers = this.#temporalLayers(codec)
      encoder.configure(encoderConfig(codec, { width, height }, bitrate, { temporalLayers, nature }))
    }
    return resized
  }

  #temporalLayers(codec: VideoCodec): 1 | 2 {
    const isScreen = this.#configured?.nature !== undefined
    return this.#options.describe === undefined || isScreen ? 1 : temporalLayersOf(codec)
  }

  /** `temporal`: of two layers, so that every upper frame refers to its base only. */
  #encoded(chunk: EncodedVideoChunk, temporal: number, encoding: Encoding): void {
    if (chunk.timestamp === REHEARSAL_TIMESTAMP) {
      this.#rehearsed = chunk
      return
    }
    if (!this.#outlet.isOpen() || encoding !== this.#encoding) return
    const { codec, packetizer } = encoding
    const data = new Uint8Array(chunk.byteLength)
    chunk.copyTo(data)
    const keyframe = chunk.type === 'key'
    const { stream, describe } = this.#options
    const layer = { id: temporal, sync: temporal > 0 }
    const packets = stream.packets({
      payloadType: payloadTypeOf(codec),
      payloads: packetizer.packetize({
        data,
        keyframe,
        ...(this.#temporalLayers(codec) > 1 ? { temporal: layer } : {}),
      }),
      extensions: describe?.({ temporal, keyframe }) ?? [],
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

function differs(one: PictureNature | undefined, other: PictureNature | undefined): boolean {
  return one?.framesPerSecond !== other?.framesPerSecond || one?.contentHint !== other?.contentHint
}
