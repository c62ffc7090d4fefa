/**
 * The other side's voice: whenever the ring buffer of the sound card wants 20 ms more, one unit from the receive buffer →
 * decoder → ring buffer. So the sound card's clock drives everything, and nothing waits in between.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { OPUS_FRAME_MS, OPUS_FRAME_SAMPLES } from '../../src-shared/media/opus.ts'
import { AUDIO_CLOCK_RATE } from '../../src-shared/media/payload-types.ts'
import type { AudioBuffer } from '../../src-shared/media/received.ts'
import type { FromPlayout, ToPlayout } from '../devices/playout-messages.ts'

/** Peak of what nobody hears: −54 dB below full scale. */
const QUIET = 0.002

/** Units that may be under way through the decoder; with more of them it has swallowed some. */
const MAX_SLOTS = 25

/** A unit that was pulled; in order, since the decoder takes its time. */
type Slot = 'decoding' | Float32Array<ArrayBuffer>

export interface SoundListener {
  /** The sound of this RTP timestamp is heard at this local time. */
  heard(rtpTimestamp: number, at: Ms): void
}

export class AudioPlayout {
  readonly #buffer: AudioBuffer
  readonly #listener: SoundListener
  #port: MessagePort | undefined
  #outputLatency: Ms = 0
  #decoder: AudioDecoder | undefined
  #slots: Slot[] = []
  #nextTimestampUs = 0
  #quiet = true
  #ringMs: Ms = 0
  #firstAt: number | undefined

  constructor(buffer: AudioBuffer, listener: SoundListener) {
    this.#buffer = buffer
    this.#listener = listener
  }

  /** `Date.now()` of the first sound that was played. */
  get firstAt(): number | undefined {
    return this.#firstAt
  }

  /** What waits between here and the sound card. */
  get ringMs(): Ms {
    return this.#ringMs
  }

  /** From a unit's pull to the ear. */
  get latency(): Ms {
    return this.#ringMs + this.#outputLatency
  }

  usePort(port: MessagePort): void {
    this.#port?.close()
    this.#port = port
    port.onmessage = ({ data }: MessageEvent<FromPlayout>) => this.#supply(data)
  }

  setOutputLatency(latency: Ms): void {
    this.#outputLatency = latency
  }

  close(): void {
    this.#port?.close()
    this.#port = undefined
    this.#closeDecoder()
  }

  #supply({ units, aheadMs }: FromPlayout): void {
    this.#ringMs = aheadMs
    for (let i = 0; i < units; i++) this.#pull(aheadMs + i * OPUS_FRAME_MS)
    this.#flush()
  }

  #pull(aheadMs: Ms): void {
    const now = performance.now()
    const unit = this.#buffer.pull(now, this.#quiet)
    if (this.#slots.length >= MAX_SLOTS) this.#closeDecoder()
    // A decoder that has decoded nothing can make nothing up.
    if (unit.kind === 'silence' || (unit.kind === 'conceal' && this.#decoder === undefined)) {
      this.#slots.push(silence())
      return
    }
    if (unit.kind === 'packet') {
      this.#firstAt ??= Date.now()
      this.#listener.heard(unit.rtpTimestamp, now + aheadMs + this.#outputLatency)
    }
    this.#slots.push('decoding')
    // The decoder's own count of time, which goes on evenly whatever the packets say.
    const timestamp = this.#nextTimestampUs
    this.#nextTimestampUs += OPUS_FRAME_MS * 1000
    this.#decoderNow().decode(new EncodedAudioChunk({ type: 'key', timestamp, data: unit.data }))
  }

  #decoderNow(): AudioDecoder {
    if (this.#decoder?.state === 'configured') return this.#decoder
    const decoder = new AudioDecoder({
      output: (sound) => this.#decoded(sound),
      error: () => {
        // What was in it is lost: silence takes its place. The next packet gets a new one.
        this.#closeDecoder()
        this.#flush()
      },
    })
    decoder.configure({ codec: 'opus', sampleRate: AUDIO_CLOCK_RATE, numberOfChannels: 1 })
    this.#decoder = decoder
    return decoder
  }

  #closeDecoder(): void {
    if (this.#decoder?.state === 'configured') this.#decoder.close()
    this.#decoder = undefined
    this.#slots = this.#slots.map((slot) => (slot === 'decoding' ? silence() : slot))
  }

  #decoded(sound: AudioData): void {
    const samples = silence()
    const count = Math.min(samples.length, sound.numberOfFrames)
    sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar', frameCount: count })
    sound.close()
    this.#quiet = samples.every((sample) => Math.abs(sample) < QUIET)
    const at = this.#slots.indexOf('decoding')
    if (at >= 0) this.#slots[at] = samples
    this.#flush()
  }

  #flush(): void {
    for (let head = this.#slots[0]; head !== undefined && head !== 'decoding'; head = this.#slots[0]) {
      this.#slots.shift()
      const message: ToPlayout = { kind: 'sound', samples: head }
      this.#port?.postMessage(message, [head.buffer])
    }
  }
}

function silence(): Float32Array<ArrayBuffer> {
  return new Float32Array(OPUS_FRAME_SAMPLES)
}
