/** A sound that voice detection, Opus and echo cancellers treat as speech: syllables of a few harmonics with pauses. */

/** Samples a second of all test sounds. */
export const RATE = 48_000

/** After so long it begins anew. */
export const SECONDS = 6

export interface Voice {
  /** Hz, around which the voice rises and falls. */
  readonly pitch: number
  /** Seconds from one syllable to the next. */
  readonly rhythm: number
}

export const LOW_VOICE: Voice = { pitch: 140, rhythm: 0.3 }
/** Never in step with the low one, and no harmonic of it. */
export const HIGH_VOICE: Voice = { pitch: 223, rhythm: 0.37 }

const SYLLABLE_SECONDS = 0.22
const AMPLITUDE = 9000 / 32_767

/** Mono, −1 to 1. */
export function syllables({ pitch, rhythm }: Voice): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(RATE * SECONDS)
  for (let i = 0; i < samples.length; i++) samples[i] = AMPLITUDE * sampleAt(i / RATE, pitch, rhythm)
  return samples
}

function sampleAt(second: number, pitch: number, rhythm: number): number {
  const inSyllable = second % rhythm
  const pause = second % 3 > 2.4
  if (pause || inSyllable > SYLLABLE_SECONDS) return 0
  const fundamental = pitch + 30 * Math.sin(second * 5)
  const envelope = Math.sin((inSyllable / SYLLABLE_SECONDS) * Math.PI)
  const harmonics = [1, 0.6, 0.5, 0.25, 0.12]
  return (
    (envelope *
      harmonics.reduce((sum, level, i) => sum + level * Math.sin(2 * Math.PI * fundamental * (i + 1) * second), 0)) /
    2.5
  )
}
