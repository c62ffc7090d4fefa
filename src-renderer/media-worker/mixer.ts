/**
 * Sums the voices of one moment. A voice that comes or goes does so with a short fade, never with a click; what would be
 * louder than full scale is turned down softly. One voice alone is left as it is.
 */
import { SLOT_SAMPLES } from '../devices/playout-messages.ts'
import { Limiter } from './limiter.ts'
import type { Slot } from './voice.ts'

/** Samples at 48 kHz: long enough not to click, short enough not to be heard. */
const FADE = 240

export class Mixer<Source> {
  /** The last sample of the voices that sounded in the slot before. */
  readonly #sounding = new Map<Source, number>()
  readonly #limiter = new Limiter()

  /** All slots are settled. `sum`: what it is written to and returned in, whatever was there before. */
  mix(slots: ReadonlyMap<Source, Slot>, sum = new Float32Array(SLOT_SAMPLES)): Float32Array<ArrayBuffer> {
    sum.fill(0)
    let count = 0
    for (const [source, { content }] of slots) {
      const last = this.#sounding.get(source)
      if (content instanceof Float32Array) {
        count += 1
        addSound(sum, content, last === undefined)
        this.#sounding.set(source, content.at(-1) ?? 0)
      } else if (last !== undefined) this.#fadeOut(sum, source, last)
    }
    for (const [source, last] of this.#sounding) if (!slots.has(source)) this.#fadeOut(sum, source, last)
    return this.#limiter.limit(sum, count > 1)
  }

  /** Lets the last sample sink to zero: there is nothing after it. */
  #fadeOut(sum: Float32Array, source: Source, last: number): void {
    for (let i = 0; i < FADE; i++) sum[i] = (sum[i] ?? 0) + last * (1 - (i + 1) / FADE)
    this.#sounding.delete(source)
  }
}

function addSound(sum: Float32Array, samples: Float32Array, begins: boolean): void {
  const fading = begins ? FADE : 0
  for (let i = 0; i < fading; i++) sum[i] = (sum[i] ?? 0) + (samples[i] ?? 0) * (i / FADE)
  for (let i = fading; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (samples[i] ?? 0)
}
