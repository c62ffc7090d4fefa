/** docs/protocol/media.md, section 11. */
import { describe, expect, it } from 'vitest'
import { CongestionControl } from '../../../src-shared/media/congestion/congestion-control.ts'
import { Headroom } from '../../../src-shared/media/congestion/headroom.ts'
import { CALM, runCall } from './congested-path.ts'

describe('beyond what a path carried when it overflowed', () => {
  it('little is tried for ten seconds, and longer each time that it fails again, up to forty', () => {
    const headroom = new Headroom()
    expect(headroom.most(200_000, 0)).toBe(Infinity)
    let at = 1000
    for (const pause of [10_000, 20_000, 40_000, 40_000]) {
      headroom.overflowed(300_000, at)
      expect(headroom.most(200_000, at)).toBe(390_000)
      expect(headroom.most(200_000, at + pause - 1)).toBe(390_000)
      expect(headroom.most(200_000, at + pause)).toBe(Infinity)
      at += pause + 5000
    }
    headroom.overflowed(300_000, at + 40_000 + 60_000)
    expect(headroom.most(200_000, at + 40_000 + 60_000 + 10_000)).toBe(Infinity)
  })

  it('one trouble is one failure, and shows the most that was carried in it', () => {
    const headroom = new Headroom()
    for (const [at, arriving] of [280_000, 300_000, 250_000].entries()) headroom.overflowed(arriving, 1000 * at)
    expect(headroom.most(200_000, 11_999)).toBe(390_000)
    expect(headroom.most(200_000, 12_000)).toBe(Infinity)
  })

  it('what is shown to pass needs no pause', () => {
    const headroom = new Headroom()
    headroom.overflowed(300_000, 0)
    expect(headroom.most(340_000, 1000)).toBe(390_000)
    expect(headroom.most(350_000, 2000)).toBe(Infinity)
    expect(headroom.most(200_000, 3000)).toBe(Infinity)
  })
})

it('a picture that needs less than its share does not make the estimate rise until a larger one overflows the path', () => {
  const control = new CongestionControl({ start: 600_000, max: 2_400_000 })
  let isLarge = true
  // As the ladder of sizes: the larger one stays from 310 kbit/s on, and begins at 500.
  const demand = () => {
    isLarge = control.estimate * 0.9 - 64_000 >= (isLarge ? 310_000 : 500_000)
    return isLarge ? 1_000_000 : 140_000
  }
  const path = { ...CALM, capacity: () => 300_000, queueMs: 200, delayMs: 5 }
  const seconds = runCall(control, path, { seconds: 60, seed: 3, demand })
  const settled = seconds.slice(3)
  expect(Math.max(...settled.map(({ estimate }) => estimate))).toBeLessThan(450_000)
  expect(settled.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(0)
})
