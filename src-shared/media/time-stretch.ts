/**
 * Makes speech a little shorter or longer without changing its pitch: waveform similarity overlap-add (W. Verhelst and M. Roelands,
 * "An overlap-add technique based on waveform similarity (WSOLA)", ICASSP 1993), a period of the voice at a time. Where two
 * passages of a block are alike, one fades into the other; what lies between them is left out, or heard twice.
 */
import { AUDIO_CLOCK_RATE } from './payload-types.ts'

/** Samples at 48 kHz. */
const PER_MS = AUDIO_CLOCK_RATE / 1000
/** Of one splice: periods of 66 to 400 Hz. */
const SHORTEST = 2.5 * PER_MS
const LONGEST = 15 * PER_MS
/** How long the two passages are compared, and fade into each other. */
const OVERLAP = 10 * PER_MS
const LEAST_OVERLAP = 5 * PER_MS
/** A splice may be so much longer than what is wanted: a voice has the period that it has. */
const BEYOND = 5 * PER_MS
/** How alike they have to be, as a correlation; so far off any similarity is better than waiting. */
const ALIKE = 0.85
const ALIKE_IN_HURRY = 0.4
const HURRY = 100 * PER_MS
/** From one audible splice to the next. */
const INTERVAL = 100 * PER_MS
const INTERVAL_IN_HURRY = 60 * PER_MS
/** Peak of what nobody hears: 54 dB below full scale. */
const QUIET = 0.002
/** The search goes over every fourth sample's mean first. */
const COARSE = 4

type Samples = Float32Array<ArrayBuffer>

export class TimeStretch {
  #sinceSplice = Infinity

  /** `block` (20 to 40 ms, 48 kHz) made longer by about `by` samples, shorter if negative; as it is if that would be heard. */
  apply(block: Samples, by: number): Samples {
    const lag = this.#lag(block, Math.abs(by))
    if (lag === undefined) {
      this.#sinceSplice += block.length
      return block
    }
    const overlap = Math.min(OVERLAP, block.length - lag)
    return by < 0 ? shorter(block, lag, overlap) : longer(block, lag, overlap)
  }

  /** How far the two passages lie apart. */
  #lag(block: Samples, wanted: number): number | undefined {
    const most = Math.floor(Math.min(wanted + BEYOND, LONGEST, block.length - LEAST_OVERLAP))
    if (wanted === 0 || most < SHORTEST) return undefined
    if (isQuiet(block)) return Math.min(most, Math.floor(wanted))
    const inHurry = wanted > HURRY
    if (this.#sinceSplice < (inHurry ? INTERVAL_IN_HURRY : INTERVAL)) return undefined
    const { lag, likeness } = mostAlike(block, most)
    if (likeness < (inHurry ? ALIKE_IN_HURRY : ALIKE)) return undefined
    this.#sinceSplice = 0
    return lag
  }
}

function isQuiet(samples: Samples): boolean {
  return samples.every((sample) => Math.abs(sample) < QUIET)
}

function mostAlike(block: Samples, most: number): { lag: number; likeness: number } {
  const window = Math.min(OVERLAP, block.length - most)
  const coarse = decimated(block)
  const rough = best(coarse, SHORTEST / COARSE, Math.floor(most / COARSE), Math.floor(window / COARSE)).lag * COARSE
  return best(block, Math.max(SHORTEST, rough - COARSE), Math.min(most, rough + COARSE), window)
}

function best(samples: Samples, from: number, to: number, window: number): { lag: number; likeness: number } {
  let found = { lag: from, likeness: -1 }
  for (let lag = from; lag <= to; lag++) {
    const likeness = correlation(samples, lag, window)
    if (likeness > found.likeness) found = { lag, likeness }
  }
  return found
}

/** Of the first `window` samples with those `lag` later, normalised: 1 where they differ in loudness alone. */
function correlation(samples: Samples, lag: number, window: number): number {
  let product = 0
  let early = 0
  let late = 0
  for (let i = 0; i < window; i++) {
    const a = samples[i] ?? 0
    const b = samples[i + lag] ?? 0
    product += a * b
    early += a * a
    late += b * b
  }
  return product / Math.sqrt(Math.max(Number.MIN_VALUE, early * late))
}

function decimated(samples: Samples): Samples {
  const means = new Float32Array(Math.floor(samples.length / COARSE))
  for (let i = 0; i < means.length; i++) {
    let sum = 0
    for (let j = 0; j < COARSE; j++) sum += samples[i * COARSE + j] ?? 0
    means[i] = sum / COARSE
  }
  return means
}

function shorter(block: Samples, lag: number, overlap: number): Samples {
  const result = block.slice(lag)
  crossfade(result.subarray(0, overlap), block, result.slice(0, overlap))
  return result
}

function longer(block: Samples, lag: number, overlap: number): Samples {
  const result = new Float32Array(block.length + lag)
  result.set(block.subarray(0, lag))
  result.set(block, lag)
  crossfade(result.subarray(lag, lag + overlap), block.subarray(lag), block)
  return result
}

/** `from` fades into `to` over the length of `into`. */
function crossfade(into: Float32Array, from: Float32Array, to: Float32Array): void {
  for (let i = 0; i < into.length; i++) {
    const share = (i + 1) / (into.length + 1)
    into[i] = (from[i] ?? 0) * (1 - share) + (to[i] ?? 0) * share
  }
}
