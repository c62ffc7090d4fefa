/** How loud the microphone is, as a meter shows it: from −60 dB below full scale (0) to full scale (1). */

const WINDOW_MS = 50
const FLOOR_DB = -60

export class LevelMeter {
  readonly #report: (level: number) => void
  #scratch = new Float32Array(0)
  #energy = 0
  #samples = 0

  constructor(report: (level: number) => void) {
    this.#report = report
  }

  take(sound: AudioData): void {
    const count = sound.numberOfFrames
    if (this.#scratch.length !== count) this.#scratch = new Float32Array(count)
    // The first channel stands for all.
    sound.copyTo(this.#scratch, { planeIndex: 0, format: 'f32-planar' })
    for (const sample of this.#scratch) this.#energy += sample * sample
    this.#samples += count
    if ((this.#samples / sound.sampleRate) * 1000 < WINDOW_MS) return
    this.#report(levelOf(this.#energy / this.#samples))
    this.#energy = 0
    this.#samples = 0
  }
}

function levelOf(power: number): number {
  const decibels = 10 * Math.log10(power + 1e-12)
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB))
}
