import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REPLAY_WINDOW, ReplayWindow } from '../../../src-shared/crypto/replay-window.ts'

describe('the replay window', () => {
  test('agrees with a plain set of everything seen', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -40, max: 40 }) },
      { weight: 2, arbitrary: fc.integer({ min: -REPLAY_WINDOW - 2, max: REPLAY_WINDOW + 2 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 * REPLAY_WINDOW }) },
    )
    // Also where an index needs more than 32 bits.
    const start = fc.constantFrom(0, 1000, 2 ** 31 - 20, 2 ** 32 - 20, 2 ** 47)
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 200 }), (from, steps) => {
        const window = new ReplayWindow()
        const seen = new Set<number>()
        let highest = -1
        let at = from
        for (const by of steps) {
          at = Math.max(0, at + by)
          const fresh = at > highest || (at > highest - REPLAY_WINDOW && !seen.has(at))
          expect(window.accepts(at)).toBe(fresh)
          if (!fresh) continue
          window.add(at)
          seen.add(at)
          highest = Math.max(highest, at)
          expect(window.highest).toBe(highest)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('is 1024 packets wide', () => {
    const window = new ReplayWindow()
    window.add(5000)
    expect(window.accepts(5000)).toBe(false)
    expect(window.accepts(5000 - 1023)).toBe(true)
    expect(window.accepts(5000 - 1024)).toBe(false)
  })
})
