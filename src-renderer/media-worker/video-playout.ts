/**
 * The other side's picture: frames from the receive buffer → decoder → where the window shows them, each at its
 * time. A decoder that fails is replaced, and the picture stands still until a keyframe comes: never noise.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { FreezeCounter } from '../../src-shared/media/freezes.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { VideoBuffer, VideoFrame as ReceivedFrame } from '../../src-shared/media/received.ts'
import type { VideoCounters } from '../devices/media-session.ts'
import type { PictureSize } from './messages.ts'
import type { PictureSink } from './picture-sink.ts'
import { decoderConfig } from './video-codec.ts'

/** A frame that is due within this time is shown at once: a timer is no more exact, and the screen waits for its own beat anyway. */
const SOON: Ms = 8
/** Frames that the decoder may hold before what comes is given up: it is too slow, and what it makes would be late. */
const MAX_DECODING = 12
/** Decoded frames that wait for their time under lip sync. */
const MAX_WAITING = 30
/** Frames that the window may not have taken yet. */
const MAX_WRITING = 3

export interface PictureListener {
  /** `undefined`: nothing is shown any more. */
  size(size: PictureSize | undefined): void
  /** A frame was handed to the screen. */
  shown(rtpTimestamp: number, at: Ms): void
  /** The decoder broke down. */
  failed(codec: VideoCodec): void
  /** The buffer has moved on: perhaps it needs a keyframe now. */
  polled(now: Ms): void
}

interface Decoding {
  readonly codec: VideoCodec
  readonly decoder: VideoDecoder
}

type Timing = Pick<ReceivedFrame, 'rtpTimestamp' | 'renderAt' | 'decodeOnly'>

interface Waiting extends Timing {
  readonly frame: VideoFrame
}

export class VideoPlayout {
  readonly #buffer: VideoBuffer
  #sink: PictureSink | undefined
  readonly #listener: PictureListener
  readonly #freezes = new FreezeCounter()
  /** Of the frames in the decoder, by their timestamps. */
  readonly #timings = new Map<number, Timing>()
  #decoding: Decoding | undefined
  #waiting: Waiting[] = []
  #pollTimer: ReturnType<typeof setTimeout> | undefined
  #showTimer: ReturnType<typeof setTimeout> | undefined
  #size: PictureSize | undefined
  /** What the other side says of its camera. */
  #isOn = true
  #writing = 0
  #rendered = 0
  #firstAt: number | undefined
  #counters = { frames: 0, keyframes: 0, bytes: 0, width: 0, height: 0 }

  constructor(buffer: VideoBuffer, sink: PictureSink | undefined, listener: PictureListener) {
    this.#buffer = buffer
    this.#sink = sink
    this.#listener = listener
  }

  /** `Date.now()` of the first frame that was shown. */
  get firstAt(): number | undefined {
    return this.#firstAt
  }

  get counters(): VideoCounters & { rendered: number; freezes: number; freezeMs: number } {
    const { count, totalMs } = this.#freezes
    return {
      // A decoder that was made ahead has decoded nothing of the other side.
      codec: this.#counters.frames > 0 ? this.#decoding?.codec : undefined,
      ...this.#counters,
      rendered: this.#rendered,
      freezes: count,
      freezeMs: Math.round(totalMs),
    }
  }

  /** Makes the decoder, so that the first picture need not wait for it. `chunk`: a keyframe that nobody is to see. */
  rehearse(codec: VideoCodec, chunk: EncodedVideoChunk): void {
    // What comes out has no timing, and is dropped.
    if (this.#decoding === undefined) this.#decoderFor(codec, true)?.decode(chunk)
  }

  /** Call after packets came in: takes what is due out of the buffer, and comes back by itself for the rest. */
  poll(): void {
    clearTimeout(this.#pollTimer)
    const now = performance.now()
    for (const frame of this.#buffer.poll(now)) this.#decode(frame, now)
    const next = this.#buffer.nextPollAt(now)
    if (next !== undefined) this.#pollTimer = setTimeout(() => this.poll(), Math.max(0, next - now))
    this.#listener.polled(now)
  }

  /** The other side switched its camera on or off. */
  setOn(isOn: boolean): void {
    this.#isOn = isOn
    if (isOn) return
    this.#dropWaiting()
    this.#freezes.paused()
    this.#sink?.clear()
    this.#tell(undefined)
  }

  /** Whether anybody looks. */
  get isShown(): boolean {
    return this.#sink !== undefined
  }

  /** Another place for the picture, which goes on there; `undefined`: nobody looks, and it begins anew when somebody does. */
  show(sink: PictureSink | undefined): void {
    if (sink === this.#sink) return
    this.#sink?.clear()
    this.#sink = sink
    if (sink !== undefined) return
    clearTimeout(this.#pollTimer)
    this.#dropWaiting()
    this.#closeDecoder()
    this.#freezes.paused()
    this.#buffer.restart()
    this.#tell(undefined)
  }

  close(): void {
    clearTimeout(this.#pollTimer)
    this.#dropWaiting()
    this.#closeDecoder()
    this.#sink?.clear()
    this.#sink = undefined
  }

  #decode(received: ReceivedFrame, now: Ms): void {
    const { codec, data, keyframe, timestampUs } = received
    const decoder = this.#decoderFor(codec, keyframe)
    if (decoder === undefined || decoder.decodeQueueSize > MAX_DECODING) {
      this.#buffer.requireKeyframe(now)
      return
    }
    this.#counters.frames += 1
    if (keyframe) this.#counters.keyframes += 1
    this.#counters.bytes += data.length
    this.#timings.set(timestampUs, received)
    decoder.decode(new EncodedVideoChunk({ type: keyframe ? 'key' : 'delta', timestamp: timestampUs, data }))
  }

  /** `undefined`: a decoder that has decoded nothing takes only keyframes. */
  #decoderFor(codec: VideoCodec, keyframe: boolean): VideoDecoder | undefined {
    const { decoder: existing, codec: before } = this.#decoding ?? {}
    if (existing?.state === 'configured' && before === codec) return existing
    if (!keyframe) return undefined
    this.#closeDecoder()
    const decoder = new VideoDecoder({
      output: (frame) => this.#decoded(frame),
      error: () => {
        this.#closeDecoder()
        this.#listener.failed(codec)
        this.#buffer.requireKeyframe(performance.now())
        this.poll()
      },
    })
    decoder.configure(decoderConfig(codec))
    this.#decoding = { codec, decoder }
    return decoder
  }

  #closeDecoder(): void {
    if (this.#decoding?.decoder.state === 'configured') this.#decoding.decoder.close()
    this.#decoding = undefined
    this.#timings.clear()
  }

  #decoded(frame: VideoFrame): void {
    const timing = this.#takeTiming(frame.timestamp)
    if (timing === undefined || timing.decodeOnly === true || !this.#isOn || this.#waiting.length >= MAX_WAITING) {
      frame.close()
      return
    }
    const { rtpTimestamp, renderAt } = timing
    this.#waiting.push({ rtpTimestamp, renderAt, frame })
    this.#show()
  }

  /** Decoders of these codecs keep the order; what one left out is forgotten. */
  #takeTiming(timestamp: number): Timing | undefined {
    const timing = this.#timings.get(timestamp)
    for (const key of this.#timings.keys()) if (key <= timestamp) this.#timings.delete(key)
    return timing
  }

  /** Of the frames that are due, the newest is shown; the others are late. */
  #show(): void {
    clearTimeout(this.#showTimer)
    const now = performance.now()
    const next = this.#waiting.findIndex(({ renderAt }) => renderAt > now + SOON)
    const due = this.#waiting.splice(0, next < 0 ? this.#waiting.length : next)
    const newest = due.pop()
    for (const { frame } of due) frame.close()
    if (newest !== undefined) this.#write(newest, now)
    const [first] = this.#waiting
    if (first !== undefined) this.#showTimer = setTimeout(() => this.#show(), first.renderAt - now)
  }

  #write({ frame, rtpTimestamp }: Waiting, now: Ms): void {
    if (this.#sink === undefined || this.#writing >= MAX_WRITING) {
      frame.close()
      return
    }
    const size = { width: frame.displayWidth, height: frame.displayHeight }
    const sink = this.#sink
    this.#writing += 1
    sink.write(frame).then(
      () => {
        this.#writing -= 1
        this.#rendered += 1
        this.#firstAt ??= Date.now()
        this.#freezes.rendered(now)
        if (this.#isOn && sink === this.#sink) this.#tell(size)
        this.#listener.shown(rtpTimestamp, now)
      },
      () => (this.#writing -= 1),
    )
  }

  #dropWaiting(): void {
    clearTimeout(this.#showTimer)
    for (const { frame } of this.#waiting) frame.close()
    this.#waiting = []
  }

  #tell(size: PictureSize | undefined): void {
    if (size?.width === this.#size?.width && size?.height === this.#size?.height) return
    this.#size = size
    if (size !== undefined) this.#counters = { ...this.#counters, ...size }
    this.#listener.size(size)
  }
}
