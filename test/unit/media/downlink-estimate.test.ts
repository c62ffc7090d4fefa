/** draft-ietf-rmcat-gcc-02, section 6, as `downlink-estimate.ts` has it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DownlinkEstimate } from '../../../src-shared/media/downlink-estimate.ts'

/** One second in which `rate` bits came in and a share of the packets did not. */
function second(estimate: DownlinkEstimate, rate: number, loss: number): void {
  const sent = 200
  const missed = Math.round(sent * loss)
  estimate.update({ bytes: rate / 8, packets: sent - missed, missed }, 1000)
}

describe('what the network carries', () => {
  it('has no limit until packets are lost', () => {
    const estimate = new DownlinkEstimate()
    for (let i = 0; i < 10; i++) second(estimate, 3_000_000, 0.05)
    expect(estimate.limit).toBeUndefined()
    second(estimate, 2_000_000, 0.2)
    expect(estimate.limit).toBe(1_800_000)
  })

  it('is found again when losses end, and is no limit in the end', () => {
    const estimate = new DownlinkEstimate()
    second(estimate, 1_000_000, 0.3)
    const low = estimate.limit ?? 0
    second(estimate, 800_000, 0.05)
    expect(estimate.limit).toBe(low)
    for (let i = 0; i < 20; i++) second(estimate, 0.6 * (estimate.limit ?? 0), 0)
    expect(estimate.limit).toBeGreaterThan(2 * low)
    // What is not used proves nothing.
    const before = estimate.limit ?? 0
    for (let i = 0; i < 15; i++) second(estimate, 100_000, 0)
    expect(estimate.limit).toBe(before)
    for (let i = 0; i < 15; i++) second(estimate, 100_000, 0)
    expect(estimate.limit).toBeUndefined()
  })

  it('is never nothing, whatever is reported', () => {
    const arrivals = fc.record({
      bytes: fc.nat({ max: 10_000_000 }),
      packets: fc.nat({ max: 5000 }),
      missed: fc.nat({ max: 5000 }),
    })
    fc.assert(
      fc.property(fc.array(arrivals, { maxLength: 50 }), (all) => {
        const estimate = new DownlinkEstimate()
        for (const each of all) {
          estimate.update(each, 1000)
          expect(estimate.limit ?? 100_000).toBeGreaterThanOrEqual(100_000)
        }
      }),
    )
  })
})
