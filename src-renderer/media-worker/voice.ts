/**
 * One other side's voice: units from its receive buffer → decoder → samples, in the order in which they were pulled. The
 * decoder takes its time, so a pull gives a slot, which is filled later.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { OPUS_FRAME_MS, OPUS_FRAME_SAMPLES } from '../../src-shared/media/opus.ts'
import { AUDIO_CLOCK_RATE } from '../../src-shared/media/payload-types.ts'
import type { AudioBuffer } from '../../src-shared/media/received.ts'

/** Peak of what nobody hears: −54 dB below full scale. */
const QUIET = 0.002

/** Units that may be under way through the decoder; with more of them it has swallowed some. */
const MAX_SLOTS = 25

/** Twenty milliseconds of this voice. */
export interface Slot {
  content: 'decoding' | 'silence' | Float32Array<ArrayBuffer>
}

export interface VoiceListener {
  /** The sound of this RTP timestamp is heard at this local time. */
  heard(rtpTimestamp: number, at: Ms): void
}

/** Of a new level, in the smoothed one: about a fifth of a second. */
const LEVEL_SHARE = 0.1
const SILENT = 127

export class Voice {
  /** Below full scale, decibels, smoothed; as its packets say. */
  level = SILENT
  lastPacketAt: Ms = -Infinity
  readonly #buffer: AudioBuffer
  readonly #listener: VoiceListener
  #decoder: AudioDecoder | undefined
  /** In the decoder, in order. */
  #decoding: Slot[] = []
  #settled: () => void = () => undefined
  #nextTimestampUs = 0
  #quiet = true
  #firstAt: number | undefined

  constructor(buffer: AudioBuffer, listener: VoiceListener) {
    this.#buffer = buffer
    this.#listener = listener
  }

  /** `Date.now()` of the first sound that was played. */
  get firstAt(): number | undefined {
    return this.#firstAt
  }

  /** `settled` is called whenever slots were filled later than they were pulled. */
  onSettled(settled: () => void): void {
    this.#settled = settled
  }

  /** A packet of this loudness came in. */
  arrived(level: number, now: Ms): void {
    const isNew = this.lastPacketAt === -Infinity
    this.level = isNew ? level : this.level + LEVEL_SHARE * (level - this.level)
    this.lastPacketAt = now
  }

  /** Twenty milliseconds that nobody hears pass. */
  skip(now: Ms): void {
    this.#buffer.pull(now, true)
  }

  /** `latency`: from now to the ear. */
  pull(now: Ms, latency: Ms): Slot {
    const unit = this.#buffer.pull(now, this.#quiet)
    if (this.#decoding.length >= MAX_SLOTS) this.#closeDecoder()
    // A decoder that has decoded nothing can make nothing up.
    if (unit.kind === 'silence' || (unit.kind === 'conceal' && this.#decoder === undefined)) {
      return { content: 'silence' }
    }
    if (unit.kind === 'packet') {
      this.#firstAt ??= Date.now()
      this.#listener.heard(unit.rtpTimestamp, now + latency)
    }
    const slot: Slot = { content: 'decoding' }
    this.#decoding.push(slot)
    // The decoder's own count of time, which goes on evenly whatever the packets say.
    const timestamp = this.#nextTimestampUs
    this.#nextTimestampUs += OPUS_FRAME_MS * 1000
    this.#decoderNow().decode(new EncodedAudioChunk({ type: 'key', timestamp, data: unit.data }))
    return slot
  }

  close(): void {
    this.#closeDecoder()
  }

  #decoderNow(): AudioDecoder {
    if (this.#decoder?.state === 'configured') return this.#decoder
    const decoder = new AudioDecoder({
      output: (sound) => this.#decoded(sound),
      error: () => {
        // What was in it is lost: silence takes its place. The next packet gets a new one.
        this.#closeDecoder()
        this.#settled()
      },
    })
    decoder.configure({ codec: 'opus', sampleRate: AUDIO_CLOCK_RATE, numberOfChannels: 1 })
    this.#decoder = decoder
    return decoder
  }

  #closeDecoder(): void {
    if (this.#decoder?.state === 'configured') this.#decoder.close()
    this.#decoder = undefined
    for (const slot of this.#decoding.splice(0)) slot.content = 'silence'
  }

  #decoded(sound: AudioData): void {
    const samples = new Float32Array(OPUS_FRAME_SAMPLES)
    const count = Math.min(samples.length, sound.numberOfFrames)
    sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar', frameCount: count })
    sound.close()
    this.#quiet = samples.every((sample) => Math.abs(sample) < QUIET)
    const slot = this.#decoding.shift()
    if (slot !== undefined) slot.content = samples
    this.#settled()
  }
}
