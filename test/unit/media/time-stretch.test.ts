import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimeStretch } from '../../../src-shared/media/time-stretch.ts'
import { generator } from './network.ts'

const RATE = 48_000
const UNIT = 960

/** A voice: the first eight harmonics of `pitch` (Hz), each weaker than the one before. */
function voice(pitch: number, seconds: number, amplitude = 0.3): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, i) => {
    let sum = 0
    for (let k = 1; k <= 8; k++) sum += Math.sin((2 * Math.PI * pitch * k * i) / RATE + k) / k
    return (amplitude * sum) / 2
  })
}

/** Noise in which no two passages are alike. */
function hiss(length: number, amplitude: number, seed = 1): Float32Array<ArrayBuffer> {
  const random = generator(seed)
  return Float32Array.from({ length }, () => amplitude * (2 * random() - 1))
}

/** Unit after unit, as a voice is played. */
function stretched(samples: Float32Array<ArrayBuffer>, by: number): Float32Array<ArrayBuffer> {
  const stretch = new TimeStretch()
  const parts: Float32Array[] = []
  for (let at = 0; at + UNIT <= samples.length; at += UNIT) parts.push(stretch.apply(samples.slice(at, at + UNIT), by))
  const result = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

function largestStep(samples: Float32Array): number {
  let largest = 0
  for (let i = 1; i < samples.length; i++)
    largest = Math.max(largest, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)))
  return largest
}

/** Energy at this frequency, of all (Goertzel over the whole). */
function shareAt(samples: Float32Array, frequency: number): number {
  let [re, im, all] = [0, 0, 0]
  samples.forEach((sample, i) => {
    re += sample * Math.cos((2 * Math.PI * frequency * i) / RATE)
    im += sample * Math.sin((2 * Math.PI * frequency * i) / RATE)
    all += sample * sample
  })
  return (2 * (re * re + im * im)) / (samples.length * all)
}

describe('a voice', () => {
  it.each([
    [90, -20],
    [90, 20],
    [140, -20],
    [140, 20],
    [230, -12],
    [230, 12],
    [380, -12],
    [380, 12],
  ])('of %d Hz becomes longer or shorter (%d ms wanted) by whole periods, and clicks nowhere', (pitch, wantedMs) => {
    const before = voice(pitch, 2)
    const after = stretched(before, wantedMs * 48)
    const change = after.length - before.length
    expect(Math.sign(change)).toBe(Math.sign(wantedMs))
    // One splice in 100 ms, each of 2.5 ms at least.
    expect(Math.abs(change)).toBeGreaterThan(18 * 2.5 * 48)
    expect(largestStep(after)).toBeLessThan(1.1 * largestStep(before))
  })

  it('keeps its pitch', () => {
    const before = Float32Array.from({ length: 2 * RATE }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 200 * i) / RATE))
    expect(shareAt(before, 200)).toBeGreaterThan(0.99)
    for (const by of [-480, 480]) {
      const after = stretched(before, by)
      expect(Math.abs(after.length - before.length)).toBeGreaterThan(4000)
      expect(shareAt(after, 200)).toBeGreaterThan(0.95)
    }
  })

  it('is spliced once in a tenth of a second, more often where much is wanted', () => {
    const before = voice(120, 3)
    const calm = before.length - stretched(before, -480).length
    const hurried = before.length - stretched(before, -9600).length
    expect(calm / before.length).toBeLessThan(0.15)
    expect(hurried).toBeGreaterThan(1.3 * calm)
    expect(hurried / before.length).toBeLessThan(0.26)
  })
})

describe('sound that is not periodic', () => {
  it('stays as it is, unless it is high time', () => {
    const noise = hiss(RATE, 0.3)
    const whole = Math.floor(noise.length / UNIT) * UNIT
    expect(stretched(noise, -480)).toEqual(noise.slice(0, whole))
    expect(stretched(noise, 480)).toEqual(noise.slice(0, whole))
  })

  it('changes by what is wanted where nobody hears it', () => {
    const faint = hiss(UNIT, 0.001)
    expect(new TimeStretch().apply(faint, -500)).toHaveLength(UNIT - 500)
    expect(new TimeStretch().apply(faint, 500)).toHaveLength(UNIT + 500)
    // At once again: there is nothing to be heard in between.
    const stretch = new TimeStretch()
    for (let i = 0; i < 5; i++) expect(stretch.apply(faint, -9600).length).toBe(UNIT - 720)
  })
})

describe('any block', () => {
  it('comes back finite, no louder, within 15 ms of its length, and untouched where nothing is wanted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: UNIT, max: 2 * UNIT }),
        fc.integer({ min: -40_000, max: 40_000 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.constantFrom(0, 0.001, 0.5, 1),
        fc.integer({ min: 60, max: 500 }),
        (length, by, seed, noise, pitch) => {
          const tone = voice(pitch, length / RATE, 0.4)
          const block = hiss(length, noise, seed).map((sample, i) => sample + (tone[i] ?? 0))
          const peak = block.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
          const copy = block.slice()
          const after = new TimeStretch().apply(block, by)
          expect(block).toEqual(copy)
          if (by === 0) expect(after).toBe(block)
          expect(Math.sign(after.length - length) * Math.sign(by)).toBeGreaterThanOrEqual(0)
          expect(Math.abs(after.length - length)).toBeLessThanOrEqual(720)
          expect(after.every((sample) => Math.abs(sample) <= peak + 1e-6)).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})
