import { describe, expect, test } from 'vitest'
import { faults, FAULTS } from '../../lab/faults.ts'
import { standstills, total } from '../../lab/flow.ts'
import { judge } from '../../lab/soak-verdict.ts'
import type { SoakRecord, SoakSample } from '../../lab/soak-run.ts'
import { growth } from '../../support/growth.ts'
import { generator } from '../media/network.ts'

const every = (interval: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / interval) + 1 }, (_, i) => from + i * interval)

describe('growth', () => {
  const points = (valueAt: (at: number) => number) => every(10, 0, 1000).map((at) => ({ at, value: valueAt(at) }))

  test('of a straight line is its slope an hour, whatever a few outliers say', () => {
    const found = growth(points((at) => (at % 100 === 50 ? 1e6 : at / 360)))
    expect(found?.slope).toBeCloseTo(10, 6)
    expect(found?.atLeast).toBeCloseTo(10, 6)
  })

  test('of noise is none that is certain', () => {
    const random = generator(5)
    const found = growth(points(() => random()))
    expect(found?.atLeast).toBeLessThan(0)
    expect(found?.atMost).toBeGreaterThan(0)
  })

  test('of the textbook example is that of Sen', () => {
    // Sen 1968, section 6: n = 7, slope 4; the interval for about 93 % is 26/7 to 35/8, that for 95 % the next wider one.
    const at = [1, 2, 3, 4, 10, 12, 18]
    const values = [9, 15, 19, 20, 45, 55, 78]
    const found = growth(at.map((second, i) => ({ at: second * 3600, value: values[i] ?? 0 })))
    expect(found?.slope).toBeCloseTo(4, 6)
    expect(found?.atLeast).toBeLessThanOrEqual(26 / 7 + 1e-9)
    expect(found?.atMost).toBeGreaterThanOrEqual(35 / 8 - 1e-9)
  })

  test('of a few points is unknown', () => {
    expect(growth(points(() => 1).slice(0, 4))).toBeUndefined()
  })
})

describe('standing still', () => {
  const whole = { from: 0, to: 60_000 }
  const still = (...given: Parameters<typeof standstills>) => total(standstills(...given))

  test('counts gaps of a second and more, also at both ends, without what is excused', () => {
    expect(still(every(33, 0, 60_000), whole, [])).toBe(0)
    expect(still(every(990, 0, 60_000), whole, [])).toBe(0)
    expect(still([...every(100, 5000, 20_000), ...every(100, 30_000, 60_000)], whole, [])).toBe(15_000)
    const excused = [
      { from: 18_000, to: 24_000 },
      { from: 22_000, to: 25_000 },
      { from: 29_000, to: 31_000 },
    ]
    expect(still([...every(100, 0, 20_000), ...every(100, 30_000, 60_000)], whole, excused)).toBe(4000)
    expect(still([], whole, excused)).toBe(60_000 - 7000 - 2000)
  })
})

describe('faults', () => {
  test('all happen before any happens again, in an order that the seed says', () => {
    const drawn = (seed: number): string[] => {
      const source = faults(generator(seed), FAULTS)
      return Array.from({ length: 2 * FAULTS.length }, () => source.next().value.title)
    }
    const round = drawn(1)
    expect(new Set(round.slice(0, FAULTS.length)).size).toBe(FAULTS.length)
    expect(new Set(round.slice(FAULTS.length)).size).toBe(FAULTS.length)
    expect(drawn(1)).toEqual(round)
    expect(drawn(2)).not.toEqual(round)
  })
})

describe('the verdict', () => {
  const held = (bytes: number) => {
    const process = { resident: bytes, private: bytes, handles: 30, sockets: 9, threads: 18 }
    return {
      processes: { Browser: process, Tab: process, GPU: process, Utility: process },
      heaps: { main: 10e6, page: 7e6, workers: 2e6 },
      domNodes: 2000,
      eventListeners: 100,
    }
  }
  const sample = (at: number, bytes: number): SoakSample => ({
    at,
    a: held(60e6),
    b: held(bytes),
    pictureDelayMs: 80,
    soundDelayMs: at % 60 === 0 ? undefined : 120,
    bufferMs: { a: 40, b: 40 },
    path: 'direct',
    load: 1,
  })
  const record = (bytesAt: (at: number) => number): SoakRecord => ({
    seconds: 600,
    samples: every(10, 10, 600).map((at) => sample(at, bytesAt(at))),
    faults: [],
    ended: undefined,
    whole: { from: 0, to: 600_000 },
    excused: { picture: [], sound: [] },
    flow: { picture: every(33, 0, 600_000), sound: every(10, 0, 600_000) },
  })

  test('passes what is steady after the warm-up', () => {
    const verdict = judge(record((at) => (at < 100 ? 1e6 * at : 100e6)))
    expect(verdict.passed).toBe(true)
    expect(verdict.quantities.every(({ verdict: each }) => each === 'steady')).toBe(true)
  })

  test('names what grows, on its side', () => {
    const { passed, quantities } = judge(record((at) => 60e6 + 20_000 * at))
    expect(passed).toBe(false)
    const names = quantities.filter(({ verdict }) => verdict === 'grows').map(({ name }) => name)
    expect(names).toContain('b main private')
    expect(names.filter((name) => name.startsWith('a '))).toEqual([])
  })

  test('fails media that stand, and a call that ended', () => {
    const steady = record(() => 60e6)
    const stands = { ...steady.flow, picture: every(33, 0, 590_000) }
    const { passed, flow } = judge({ ...steady, flow: stands })
    expect(passed).toBe(false)
    expect(flow.picture.stood).toBeCloseTo(10, 1)
    expect(flow.picture.gaps.map(({ at }) => Math.round(at))).toEqual([590])
    expect(judge({ ...steady, ended: 'the call ended' }).passed).toBe(false)
  })
})
