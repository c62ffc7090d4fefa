/** When a packet of a group left the relay (docs/protocol/group.md, section 5.3). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../../src-shared/base/bytes.ts'
import { DepartureClock } from '../../../src-shared/media/congestion/departure-clock.ts'
import {
  DEPARTURE_BYTES,
  DEPARTURE_PERIOD,
  departureOf,
  stampDeparture,
  withoutDeparture,
} from '../../../src-shared/media/departure.ts'

function stamped(packet: Uint8Array, now: number): Uint8Array {
  const copy = concatBytes(packet, new Uint8Array(DEPARTURE_BYTES))
  stampDeparture(copy, now)
  return copy
}

describe('the bytes', () => {
  it('are padding: the bit in the header, the time in units of 2^-18 s, and their number', () => {
    // 1.5 s is 0x60000 units; it begins anew after 64 s.
    const bytes = Buffer.from('b06f0001' + '00000009' + '0000000a' + 'aabb' + '06000004', 'hex')
    for (const now of [1500, 1500 + 10 * DEPARTURE_PERIOD]) {
      expect(Buffer.from(stamped(Buffer.from('906f0001' + '00000009' + '0000000a' + 'aabb', 'hex'), now))).toEqual(
        bytes,
      )
    }
    expect(departureOf(bytes)).toBe(1500)
  })

  it('of any packet come off again, and tell the time', () => {
    const packets = fc.uint8Array({ minLength: 12, maxLength: 60 }).map((packet) => packet.with(0, 0x90))
    fc.assert(
      fc.property(packets, fc.double({ min: 0, max: 1e12, noNaN: true }), (packet, now) => {
        const sent = stamped(packet, now)
        expect(withoutDeparture(sent)).toEqual(packet)
        expect(Math.abs((departureOf(sent) ?? NaN) - (now % DEPARTURE_PERIOD))).toBeLessThan(0.01)
      }),
    )
  })

  it('are missed by nobody: what is not padded, or with other padding, is left as it is', () => {
    for (const packet of [[], [0xb0], [0xb0, 0, 0, 4], [0x90, 0, 0, 0, 4], [0xb0, 1, 2, 3, 4, 5, 8]]) {
      const bytes = Uint8Array.from(packet)
      expect(departureOf(bytes)).toBeUndefined()
      expect(withoutDeparture(bytes)).toBe(bytes)
    }
  })
})

describe('the relay’s clock', () => {
  it('goes on over its period, and takes the first packet for one without delay', () => {
    const clock = new DepartureClock()
    for (let now = 0; now < 200_000; now += 1000) expect(clock.local((5000 + now) % DEPARTURE_PERIOD, now)).toBe(now)
    expect(clock.local((5000 + 199_990) % DEPARTURE_PERIOD, 200_000)).toBe(199_990)
  })

  it('is another one when it jumps: one packet is its first, and those after it go by it', () => {
    const clock = new DepartureClock()
    clock.local(5000, 0)
    expect(clock.local(30_000, 100)).toBeUndefined()
    expect(clock.local(30_010, 130)).toBe(110)
    expect(clock.local(20_000, 140)).toBeUndefined()
    expect(clock.local(20_050, 200)).toBe(190)
  })
})
