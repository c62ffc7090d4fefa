/**
 * Keeps a sum of voices within full scale: the gain goes down within a slot before the peak is reached that
 * needs it, and comes back slowly. Gain that moves this evenly is not heard, clipped peaks are.
 */

/** Of full scale, −0.9 dB: what the sound card's resampler overshoots fits above it. */
const CEILING = 0.9
/** Of the way back to full gain, each slot of 10 ms: about half a second. */
const RELEASE = 0.025

export class Limiter {
  #gain = 1

  /** In place. `summed`: more than one voice is in it; one alone is within full scale as its sender made it. */
  limit(samples: Float32Array<ArrayBuffer>, summed: boolean): Float32Array<ArrayBuffer> {
    const peak = summed ? samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0) : 0
    const needed = peak > CEILING ? CEILING / peak : 1
    const from = this.#gain
    const recovered = from + (1 - from) * RELEASE
    // Exactly 1 in the end, so that one voice alone passes through untouched.
    const to = Math.min(needed, recovered > 0.999 ? 1 : recovered)
    this.#gain = to
    if (from === 1 && to === 1) return samples
    // The gain is down before the peak: within the first eighth.
    const ramp = to < from ? samples.length / 8 : samples.length
    for (let i = 0; i < samples.length; i++) {
      const gain = from + (to - from) * Math.min(1, (i + 1) / ramp)
      samples[i] = clip((samples[i] ?? 0) * gain)
    }
    return samples
  }
}

/** What is left within the ramp, rarely. */
function clip(sample: number): number {
  return Math.max(-1, Math.min(1, sample))
}
