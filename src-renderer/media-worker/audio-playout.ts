/**
 * What is heard: whenever the ring buffer of the sound card wants 10 ms more, one slot of each voice, mixed → ring buffer.
 * So the sound card's clock drives everything, and nothing waits in between but for the decoders.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { AUDIO_CLOCK_RATE } from '../../src-shared/media/payload-types.ts'
import { type FromPlayout, SLOT_SAMPLES, type ToPlayout } from '../devices/playout-messages.ts'
import { Mixer } from './mixer.ts'
import type { Slot, Voice } from './voice.ts'
import { MAX_VOICES, VoiceChoice } from './voice-choice.ts'

const SLOT_MS: Ms = (SLOT_SAMPLES / AUDIO_CLOCK_RATE) * 1000

/** Of the same moment. */
type Slots = ReadonlyMap<Voice, Slot>

export class AudioPlayout {
  readonly #voices = new Set<Voice>()
  readonly #screenSounds = new Set<Voice>()
  readonly #choice = new VoiceChoice<Voice>()
  readonly #mixer = new Mixer<Voice>()
  #port: MessagePort | undefined
  #outputLatency: Ms = 0
  /** Not all of them are filled yet, in order. */
  #pulled: Slots[] = []
  /** Of slots that were played. */
  #spare: ArrayBuffer[] = []
  #ringMs: Ms = 0
  #isSilent = false

  /** What waits between here and the sound card. */
  get ringMs(): Ms {
    return this.#ringMs
  }

  /** From a slot's pull to the ear. */
  get latency(): Ms {
    return this.#ringMs + this.#outputLatency
  }

  add(voice: Voice): void {
    this.#voices.add(voice)
    voice.onSettled(() => this.#flush())
  }

  /** What comes with a screen that is shared: whoever speaks, it is always heard. */
  addScreenSound(sound: Voice): void {
    this.#screenSounds.add(sound)
    sound.onSettled(() => this.#flush())
  }

  remove(voice: Voice): void {
    this.#voices.delete(voice)
    this.#screenSounds.delete(voice)
  }

  usePort(port: MessagePort): void {
    this.#port?.close()
    this.#port = port
    this.#spare = []
    port.onmessage = ({ data }: MessageEvent<FromPlayout>) => this.#supply(data)
  }

  /** Everything goes on but the sound. */
  silence(on: boolean): void {
    this.#isSilent = on
  }

  setOutputLatency(latency: Ms): void {
    this.#outputLatency = latency
  }

  close(): void {
    this.#port?.close()
    this.#port = undefined
  }

  #supply({ slots, aheadMs, used }: FromPlayout): void {
    this.#spare.push(...used)
    this.#ringMs = aheadMs
    for (let i = 0; i < slots; i++) {
      const latency = aheadMs + i * SLOT_MS + this.#outputLatency
      this.#pulled.push(this.#pull(latency, performance.now()))
    }
    this.#flush()
  }

  #pull(latency: Ms, now: Ms): Slots {
    const isFew = this.#voices.size <= MAX_VOICES
    const heard = isFew ? this.#voices : this.#choice.choose(this.#voices, now)
    for (const voice of this.#voices) if (!heard.has(voice)) voice.skip(now)
    return new Map([...heard, ...this.#screenSounds].map((voice) => [voice, voice.pull(now, latency)]))
  }

  #flush(): void {
    for (let head = this.#pulled[0]; head !== undefined && isSettled(head); head = this.#pulled[0]) {
      this.#pulled.shift()
      const spare = this.#spare.pop()
      const samples = this.#mixer.mix(head, spare && new Float32Array(spare))
      if (this.#isSilent) samples.fill(0)
      const message: ToPlayout = { kind: 'sound', samples }
      this.#port?.postMessage(message, [samples.buffer])
    }
  }
}

function isSettled(slots: Slots): boolean {
  for (const { content } of slots.values()) if (content === 'decoding') return false
  return true
}
