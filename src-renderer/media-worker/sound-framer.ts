/**
 * Cuts captured sound into the 20 ms that the encoder makes a packet of: microphones deliver 10 ms or whatever they like,
 * and each piece that is handed to an encoder costs more than its samples do.
 */
import { OPUS_FRAME_MS } from '../../src-shared/media/opus.ts'

/** Microseconds; less is the unevenness of the source's clock. */
const HOLE_US = 8000

/** What becomes the one channel: of a microphone the first, as often only one of them has a voice; of what is played all, each has a part of it. */
export type Downmix = 'first' | 'mean'

export class SoundFramer {
  readonly #downmix: Downmix
  #pending = new Float32Array(0)
  #fill = 0
  #sampleRate = 0
  /** Of the first pending sample, and of the sample after the last one, microseconds. */
  #startUs = 0
  #endUs: number | undefined
  #scratch = new Float32Array(0)

  constructor(downmix: Downmix) {
    this.#downmix = downmix
  }

  /** Nothing is missing between what was added last and `sound`. */
  continues({ timestamp, sampleRate }: AudioData): boolean {
    return (
      this.#endUs === undefined || (sampleRate === this.#sampleRate && Math.abs(timestamp - this.#endUs) <= HOLE_US)
    )
  }

  /** The frames that are complete now; whoever gets them closes them. `sound` stays open. */
  add(sound: AudioData): AudioData[] {
    const { sampleRate, numberOfFrames, timestamp } = sound
    const size = (sampleRate * OPUS_FRAME_MS) / 1000
    if (sampleRate !== this.#sampleRate) {
      this.reset()
      this.#sampleRate = sampleRate
      this.#pending = new Float32Array(size)
      this.#scratch = new Float32Array(size)
    }
    if (this.#fill === 0) this.#startUs = timestamp
    this.#endUs = timestamp + (numberOfFrames * 1e6) / sampleRate
    const frames: AudioData[] = []
    for (let taken = 0; taken < numberOfFrames;) {
      const frameCount = Math.min(size - this.#fill, numberOfFrames - taken)
      const target = this.#pending.subarray(this.#fill, this.#fill + frameCount)
      this.#copy(sound, target, taken)
      taken += frameCount
      this.#fill += frameCount
      if (this.#fill < size) break
      frames.push(this.#frame(size))
    }
    return frames
  }

  reset(): void {
    this.#fill = 0
    this.#endUs = undefined
  }

  #copy(sound: AudioData, target: Float32Array, frameOffset: number): void {
    const part = { format: 'f32-planar', frameOffset, frameCount: target.length } as const
    sound.copyTo(target, { ...part, planeIndex: 0 })
    if (this.#downmix === 'first') return
    const scratch = this.#scratch.subarray(0, target.length)
    const count = sound.numberOfChannels
    for (let planeIndex = 1; planeIndex < count; planeIndex++) {
      sound.copyTo(scratch, { ...part, planeIndex })
      for (const [i, sample] of scratch.entries()) target[i] = (target[i] ?? 0) + sample
    }
    if (count > 1) for (const [i, sum] of target.entries()) target[i] = sum / count
  }

  #frame(size: number): AudioData {
    const timestamp = this.#startUs
    this.#startUs += OPUS_FRAME_MS * 1000
    this.#fill = 0
    return new AudioData({
      format: 'f32-planar',
      sampleRate: this.#sampleRate,
      numberOfFrames: size,
      numberOfChannels: 1,
      timestamp,
      // Copied by the constructor.
      data: this.#pending,
    })
  }
}
