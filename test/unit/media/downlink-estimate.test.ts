/** What the network carries towards this device, as the packets tell it (docs/protocol/group.md, section 5.3). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DownlinkEstimate } from '../../../src-shared/media/congestion/downlink-estimate.ts'
import { DEPARTURE_PERIOD } from '../../../src-shared/media/departure.ts'
import { heldValues } from '../../support/held-values.ts'

const LENGTH = 1000
const WIRE = 8 * (LENGTH + 44)

class Network {
  readonly estimate = new DownlinkEstimate()
  now = 0
  #freeAt = 0

  /** `rate` bits a second are sent, of which the network carries `capacity` and loses a share. `departure`: what packets say. */
  run(
    seconds: number,
    rate: number,
    { capacity = Infinity, loss = 0, departure = (at: number): number | undefined => at % DEPARTURE_PERIOD } = {},
  ): void {
    let missed = 0
    let lost = 0
    for (const end = this.now + 1000 * seconds; this.now < end; this.now += (1000 * WIRE) / rate) {
      lost += loss
      if (lost >= 1) {
        lost -= 1
        missed += 1
        continue
      }
      this.#freeAt = Math.max(this.#freeAt, this.now) + (1000 * WIRE) / capacity
      this.estimate.arrived(LENGTH, departure(this.now), this.#freeAt + 20)
      this.estimate.judge(() => {
        const taken = missed
        missed = 0
        return taken
      }, this.#freeAt + 20)
    }
  }

  get limit(): number {
    return this.estimate.limit ?? Infinity
  }
}

describe('what the network carries', () => {
  it('has no limit until a queue grows', () => {
    const network = new Network()
    network.run(10, 3_000_000)
    expect(network.estimate.limit).toBeUndefined()
    network.run(2, 3_000_000, { capacity: 2_000_000 })
    expect(network.limit).toBeLessThan(2_000_000)
    expect(network.limit).toBeGreaterThan(1_500_000)
  })

  it('grows though no more is sent, and is no limit in the end', () => {
    const network = new Network()
    network.run(2, 1_000_000, { capacity: 600_000 })
    expect(network.limit).toBeLessThan(600_000)
    network.run(4, 300_000)
    expect(network.limit).toBeLessThan(800_000)
    network.run(20, 300_000)
    expect(network.limit).toBeGreaterThan(1_000_000)
    network.run(60, 300_000)
    expect(network.estimate.limit).toBeUndefined()
  })

  it('is not a matter of a share that is lost at any rate', () => {
    const network = new Network()
    network.run(30, 1_000_000, { loss: 0.05 })
    expect(network.limit).toBeGreaterThan(1_000_000)
  })

  it('is judged by losses where packets do not say when they left', () => {
    const network = new Network()
    const silent = { departure: () => undefined }
    network.run(5, 400_000, silent)
    expect(network.estimate.limit).toBeUndefined()
    network.run(5, 1_000_000, { ...silent, loss: 0.4 })
    expect(network.limit).toBeLessThan(900_000)
    expect(network.limit).toBeGreaterThan(300_000)
  })

  it('stays what it was over a pause, after which the relay may be another one', () => {
    const network = new Network()
    network.run(2, 1_000_000, { capacity: 600_000 })
    const { limit } = network
    network.now += 10_000
    network.run(1, 300_000, { departure: (at) => (at + 12_345) % DEPARTURE_PERIOD })
    expect(network.limit).toBeGreaterThanOrEqual(limit)
    expect(network.limit).toBeLessThan(1.3 * limit)
  })
})

describe('a relay that says anything', () => {
  const times = fc.oneof(
    fc.constant(undefined),
    fc.constant(7),
    fc.double({ min: 0, max: DEPARTURE_PERIOD - 1, noNaN: true }),
  )

  it('cannot drive it out of its limits, nor down for ever', () => {
    fc.assert(
      fc.property(
        fc.array(times, { minLength: 1, maxLength: 200 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (said, speed) => {
          const network = new Network()
          let turn = 0
          const departure = (at: number): number | undefined => {
            const time = said[turn++ % said.length]
            return turn % 400 < 200 ? time : (((at * speed) % DEPARTURE_PERIOD) + DEPARTURE_PERIOD) % DEPARTURE_PERIOD
          }
          for (let part = 0; part < 10; part++) {
            network.run(1, 800_000, { departure })
            expect(network.limit).toBeGreaterThanOrEqual(100_000)
            expect(network.estimate.limit ?? 0).toBeLessThanOrEqual(40_000_000)
          }
          network.run(60, 800_000)
          expect(network.limit).toBeGreaterThan(800_000)
        },
      ),
      { numRuns: 40 },
    )
  })

  it.each([
    ['stands still', () => 7],
    ['runs backwards', (at: number) => DEPARTURE_PERIOD - 1 - (at % DEPARTURE_PERIOD)],
    ['stays just within what is believed', (at: number) => (at % 1000 < 500 ? at : at - 900) % DEPARTURE_PERIOD],
  ])('takes no memory with a clock that %s', (_, departure) => {
    const network = new Network()
    network.run(30, 2_000_000, { departure })
    const held = heldValues(network.estimate)
    network.run(120, 2_000_000, { departure })
    expect(heldValues(network.estimate)).toBeLessThan(2 * held + 20_000)
  })
})
