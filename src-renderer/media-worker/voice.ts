/**
 * One other side's voice: units from its receive buffer → decoder → stretched where the buffer asks for it → slots of 10 ms, in the
 * order in which they were pulled. The decoder takes its time, so a pull gives a slot, which is filled later.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { Ms } from '../../src-shared/base/time.ts'
import { OPUS_FRAME_MS, OPUS_FRAME_SAMPLES } from '../../src-shared/media/opus.ts'
import { AUDIO_CLOCK_RATE } from '../../src-shared/media/payload-types.ts'
import type { AudioBuffer } from '../../src-shared/media/received.ts'
import { TimeStretch } from '../../src-shared/media/time-stretch.ts'
import { SLOT_SAMPLES } from '../devices/playout-messages.ts'

/** Units that may be under way through the decoder; with more of them it has swallowed some. */
const MAX_UNITS = 25

const SAMPLES_PER_MS = AUDIO_CLOCK_RATE / 1000
const NOTHING = new Float32Array()

type Samples = Float32Array<ArrayBuffer>

/** Ten milliseconds of this voice. */
export interface Slot {
  content: 'decoding' | 'silence' | Samples
}

/** What the buffer gave for 20 ms. */
interface Unit {
  content: 'decoding' | 'silence' | Samples
  readonly stretch: Ms
  /** Samples that it stands for. */
  left: number
}

export interface VoiceListener {
  /** The sound of this RTP timestamp is heard at this local time. */
  heard(rtpTimestamp: number, at: Ms): void
}

/** Of a new level, in the smoothed one: about a fifth of a second. */
const LEVEL_SHARE = 0.1
const SILENT = 127
/** By how much a unit that nobody hears is made longer or shorter at most. */
const UNHEARD_STRETCH: Ms = 15

export class Voice {
  /** Below full scale, decibels, smoothed; as its packets say. */
  level = SILENT
  lastPacketAt: Ms = -Infinity
  readonly #buffer: AudioBuffer
  readonly #listener: VoiceListener
  readonly #stretch = new TimeStretch()
  #decoder: AudioDecoder | undefined
  /** Pulled and not yet filled, in order. */
  readonly #waiting: Slot[] = []
  /** Decoded, and not yet given out; the units come after it. */
  #samples: Samples = NOTHING
  readonly #units: Unit[] = []
  #settled: () => void = () => undefined
  #nextTimestampUs = 0
  #firstAt: number | undefined
  /** When the last slot was pulled, and from then to the ear. */
  #pulledAt: Ms = 0
  #latency: Ms = 0
  /** While nobody hears it: samples that have passed ahead of time. */
  #unheard: number | undefined

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

  /** The time of a slot passes, and nobody hears it. */
  skip(now: Ms): void {
    let ahead = this.#unheard ?? this.#samples.length
    while (ahead < SLOT_SAMPLES) {
      const unit = this.#buffer.pull(now)
      const wanted = unit.kind === 'packet' ? unit.stretch : 0
      const by = Math.max(-UNHEARD_STRETCH, Math.min(UNHEARD_STRETCH, wanted))
      if (by !== 0) this.#buffer.stretched(by)
      ahead += OPUS_FRAME_SAMPLES + Math.round(by * SAMPLES_PER_MS)
    }
    this.#unheard = ahead - SLOT_SAMPLES
  }

  /** `latency`: from now to the ear. */
  pull(now: Ms, latency: Ms): Slot {
    if (this.#unheard !== undefined) this.#samples = new Float32Array(this.#unheard)
    this.#unheard = undefined
    this.#pulledAt = now
    this.#latency = latency
    const slot: Slot = { content: 'decoding' }
    this.#waiting.push(slot)
    this.#serve()
    return slot
  }

  close(): void {
    this.#closeDecoder()
    // Nothing comes any more, and the other voices of the same moment wait for it.
    for (const slot of this.#waiting.splice(0)) slot.content = 'silence'
    this.#settled()
  }

  /** Fills the slots as far as there is sound, and asks for what they lack. */
  #serve(): void {
    this.#fill()
    while (this.#ahead() < this.#waiting.length * SLOT_SAMPLES) {
      this.#request()
      this.#fill()
    }
  }

  #fill(): void {
    for (let slot = this.#waiting[0]; slot !== undefined; slot = this.#waiting[0]) {
      if (this.#samples.length >= SLOT_SAMPLES) {
        slot.content = this.#samples.slice(0, SLOT_SAMPLES)
        this.#samples = this.#samples.slice(SLOT_SAMPLES)
        this.#waiting.shift()
        continue
      }
      const unit = this.#units[0]
      if (unit === undefined || unit.content === 'decoding') return
      if (unit.content === 'silence') {
        // The mixer fades out; less than a slot's worth has no slot of its own.
        this.#samples = NOTHING
        slot.content = 'silence'
        this.#waiting.shift()
        unit.left -= SLOT_SAMPLES
        if (unit.left <= 0) this.#units.shift()
      } else {
        this.#units.shift()
        this.#append(unit.content, unit.stretch)
      }
    }
  }

  #append(content: Samples, stretch: Ms): void {
    const block = new Float32Array(this.#samples.length + content.length)
    block.set(this.#samples)
    block.set(content, this.#samples.length)
    this.#samples = this.#stretch.apply(block, stretch * SAMPLES_PER_MS)
    const by = this.#samples.length - block.length
    if (by !== 0) this.#buffer.stretched(by / SAMPLES_PER_MS)
  }

  /** Samples that are there or under way. */
  #ahead(): number {
    return this.#units.reduce((sum, { left }) => sum + left, this.#samples.length)
  }

  #request(): void {
    const ahead = this.#ahead() - (this.#waiting.length - 1) * SLOT_SAMPLES
    const unit = this.#buffer.pull(this.#pulledAt)
    if (this.#units.length >= MAX_UNITS) this.#closeDecoder()
    // A decoder that has decoded nothing can make nothing up.
    const isSilence = unit.kind === 'silence' || (unit.kind === 'conceal' && this.#decoder === undefined)
    this.#units.push({
      content: isSilence ? 'silence' : 'decoding',
      stretch: unit.kind === 'packet' ? unit.stretch : 0,
      left: OPUS_FRAME_SAMPLES,
    })
    if (unit.kind === 'packet') {
      this.#firstAt ??= Date.now()
      this.#listener.heard(unit.rtpTimestamp, this.#pulledAt + ahead / SAMPLES_PER_MS + this.#latency)
    }
    if (unit.kind !== 'silence' && !isSilence) this.#decode(unit.data)
  }

  #decode(data: Bytes): void {
    // The decoder's own count of time, which goes on evenly whatever the packets say.
    const timestamp = this.#nextTimestampUs
    this.#nextTimestampUs += OPUS_FRAME_MS * 1000
    this.#decoderNow().decode(new EncodedAudioChunk({ type: 'key', timestamp, data }))
  }

  #decoderNow(): AudioDecoder {
    if (this.#decoder?.state === 'configured') return this.#decoder
    const decoder = new AudioDecoder({
      output: (sound) => this.#decoded(sound),
      error: () => {
        // What was in it is lost: silence takes its place. The next packet gets a new one.
        this.#closeDecoder()
        this.#serve()
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
    for (const unit of this.#units) if (unit.content === 'decoding') unit.content = 'silence'
  }

  #decoded(sound: AudioData): void {
    const samples = new Float32Array(OPUS_FRAME_SAMPLES)
    const count = Math.min(samples.length, sound.numberOfFrames)
    sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar', frameCount: count })
    sound.close()
    const unit = this.#units.find(({ content }) => content === 'decoding')
    if (unit !== undefined) unit.content = samples
    this.#serve()
    this.#settled()
  }
}
