import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SLOT_SAMPLES } from '../../../src-renderer/devices/playout-messages.ts'
import { PlayoutRing } from '../../../src-renderer/devices/playout-ring.ts'

const QUANTUM = 128

/** Plays for so many quanta; `answer` says after how many quanta each demand is met. */
function play(ring: PlayoutRing, quanta: number, answer: () => number, value = 0.5): number[] {
  const heard: number[] = []
  const underWay: { due: number; slots: number }[] = []
  for (let i = 0; i < quanta; i++) {
    while (underWay[0] !== undefined && underWay[0].due <= i) {
      for (let slots = underWay.shift()?.slots ?? 0; slots > 0; slots--)
        ring.push(new Float32Array(SLOT_SAMPLES).fill(value))
    }
    const output = new Float32Array(QUANTUM)
    ring.render(output)
    for (const sample of output) heard.push(sample)
    const slots = ring.demand()
    if (slots > 0) underWay.push({ due: i + answer(), slots })
  }
  return heard
}

function largestStep(samples: readonly number[]): number {
  return samples.slice(1).reduce((largest, sample, i) => Math.max(largest, Math.abs(sample - (samples[i] ?? 0))), 0)
}

describe('the playout ring', () => {
  it('plays what was pushed, in order, after a short fade', () => {
    const ring = new PlayoutRing()
    ring.push(Float32Array.from({ length: SLOT_SAMPLES }, (_, i) => i / SLOT_SAMPLES))
    const output = new Float32Array(SLOT_SAMPLES)
    ring.render(output)
    for (let i = 200; i < SLOT_SAMPLES; i++) expect(output[i]).toBeCloseTo(i / SLOT_SAMPLES, 5)
  })

  it('asks for what its target wants, and counts what is under way', () => {
    const ring = new PlayoutRing()
    const slots = ring.demand()
    expect(slots).toBeGreaterThan(0)
    expect(ring.demand()).toBe(0)
    for (let i = 0; i < slots; i++) ring.push(new Float32Array(SLOT_SAMPLES))
    expect(ring.demand()).toBe(0)
    expect(ring.fill).toBe(slots * SLOT_SAMPLES)
    expect(ring.ahead).toBe(ring.fill)
  })

  it('begins and ends without a click', () => {
    const ring = new PlayoutRing()
    ring.push(new Float32Array(SLOT_SAMPLES).fill(0.9))
    const heard: number[] = []
    for (let i = 0; i < 20; i++) {
      const output = new Float32Array(QUANTUM)
      ring.render(output)
      heard.push(...output)
    }
    ring.push(new Float32Array(SLOT_SAMPLES).fill(0.9))
    for (let i = 0; i < 3; i++) {
      const output = new Float32Array(QUANTUM)
      ring.render(output)
      heard.push(...output)
    }
    expect(Math.max(...heard)).toBeCloseTo(0.9)
    expect(largestStep(heard)).toBeLessThan(0.01)
    expect(ring.underruns).toBe(1)
  })

  it('needs less delay where answers are quick than where they are slow', () => {
    const quick = new PlayoutRing()
    const slow = new PlayoutRing()
    play(quick, 5000, () => 1)
    play(slow, 5000, () => 12)
    expect(quick.ahead).toBeLessThan(slow.ahead)
  })

  it('ends its underruns by itself where answers come unevenly', () => {
    const ring = new PlayoutRing()
    let i = 0
    let before = Infinity
    // 1600 demands in 16 s, of which the first ten are for getting used to it.
    const uneven = () => {
      if (i === 1000) before = ring.underruns
      return [1, 3, 14, 2, 1, 9][i++ % 6] ?? 1
    }
    play(ring, 6000, uneven)
    expect(ring.underruns - before).toBeLessThanOrEqual(2)
  })

  it('forgets within seconds how unevenly answers came at first', () => {
    const second = 375
    const targetAfter = (seconds: number) => {
      const ring = new PlayoutRing()
      let answered = 0
      play(ring, seconds * second, () => (answered++ < 60 ? 25 : 1))
      return ring.ahead / 48
    }
    expect(targetAfter(4)).toBeGreaterThan(60)
    expect(targetAfter(12)).toBeLessThan(40)
  })

  it('never clicks and never runs over, whatever comes when', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }), (delays) => {
        const ring = new PlayoutRing()
        let i = 0
        const heard = play(ring, 800, () => delays[i++ % delays.length] ?? 0)
        expect(largestStep(heard)).toBeLessThan(0.01)
        expect(ring.fill).toBeLessThanOrEqual(48 * 500)
      }),
      { numRuns: 15 },
    )
  })
})
