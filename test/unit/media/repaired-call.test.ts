import { describe, expect, it } from 'vitest'
import type { LongPath } from './long-path.ts'
import { runRepairedCall, type Seen } from './repaired-call.ts'

const WIDE = 5_000_000

/** The mean of two calls over the same path. */
function call(path: LongPath, parity: boolean): Seen {
  const [one, other] = [1, 2].map((seed) => runRepairedCall(path, { seed, seconds: 40, parity }))
  if (one === undefined || other === undefined) throw new Error('no calls')
  const mean = (key: keyof Seen): number => (one[key] + other[key]) / 2
  return {
    freezes: mean('freezes'),
    frozenMs: mean('frozenMs'),
    framesPerSecond: mean('framesPerSecond'),
    delay: mean('delay'),
    delay95: mean('delay95'),
    kbps: mean('kbps'),
    parityShare: mean('parityShare'),
    againShare: mean('againShare'),
  }
}

describe('packets sent again', () => {
  it.each([
    { roundTripMs: 20, loss: 0.3, burst: 1 },
    { roundTripMs: 50, loss: 0.2, burst: 1 },
    { roundTripMs: 100, loss: 0.1, burst: 1 },
    { roundTripMs: 200, loss: 0.05, burst: 1 },
    { roundTripMs: 300, loss: 0.05, burst: 1 },
    { roundTripMs: 400, loss: 0.05, burst: 5 },
  ])('keep the picture moving over a round trip of $roundTripMs ms that loses $loss', (path) => {
    const seen = call({ ...path, capacity: WIDE }, false)
    expect(seen.framesPerSecond).toBeGreaterThan(25)
    expect(seen.frozenMs).toBeLessThan(6000)
  })
})

describe('repair packets', () => {
  it.each([
    { roundTripMs: 200, loss: 0.02, burst: 1, capacity: WIDE },
    { roundTripMs: 300, loss: 0.05, burst: 1, capacity: WIDE },
    { roundTripMs: 400, loss: 0.02, burst: 1, capacity: WIDE },
  ])('save a round trip of $roundTripMs ms where $loss is lost, for less than a quarter of the bits', (path) => {
    const without = call(path, false)
    const seen = call(path, true)
    expect(seen.delay).toBeLessThan(without.delay - 0.8 * path.roundTripMs)
    expect(seen.delay95).toBeLessThan(without.delay95 - 0.5 * path.roundTripMs)
    expect(seen.kbps).toBeGreaterThan(0.75 * without.kbps)
    expect(seen.parityShare).toBeLessThan(0.25)
    expect(seen.framesPerSecond).toBeGreaterThan(26)
  })

  it('are worth their bits on a narrow way, too', () => {
    const path = { roundTripMs: 200, loss: 0.02, burst: 1, capacity: 600_000 }
    const without = call(path, false)
    const seen = call(path, true)
    expect(seen.freezes).toBeLessThan(without.freezes / 2)
    expect(seen.delay).toBeLessThan(without.delay)
    expect(seen.kbps).toBeGreaterThan(0.75 * without.kbps)
  })

  it.each([
    ['nothing is lost', { roundTripMs: 300, loss: 0, burst: 1 }],
    ['the way is short', { roundTripMs: 80, loss: 0.05, burst: 1 }],
    ['losses come in bursts', { roundTripMs: 300, loss: 0.05, burst: 5 }],
  ])('are left out where %s', (_, path) => {
    expect(call({ ...path, capacity: WIDE }, true).parityShare).toBeLessThan(0.03)
  })
})
