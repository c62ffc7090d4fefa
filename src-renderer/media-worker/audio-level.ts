/** How loud 20 ms of sound are, as RFC 6464 says it: by this the relay chooses whose voice it forwards. */
import type { AudioLevel } from '../../src-shared/media/forwarding.ts'

const SILENCE = 127
/** Below full scale, decibels: quieter than any speech into a microphone whose gain is controlled. */
const SPEECH = 50

export class AudioLevelMeter {
  #scratch = new Float32Array(0)

  measure(sound: AudioData): AudioLevel {
    const count = sound.numberOfFrames
    if (this.#scratch.length !== count) this.#scratch = new Float32Array(count)
    sound.copyTo(this.#scratch, { planeIndex: 0, format: 'f32-planar' })
    return levelOf(this.#scratch)
  }
}

/** Section 3: the root mean square, against full scale. */
export function levelOf(samples: Float32Array): AudioLevel {
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0)
  const decibels = -10 * Math.log10(energy / Math.max(1, samples.length) + 1e-13)
  const level = Math.min(SILENCE, Math.max(0, Math.round(decibels)))
  return { level, voice: level < SPEECH }
}
