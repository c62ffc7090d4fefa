import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRepair, recoverPacket, repairPayload } from '../../../src-shared/media/flexible-fec.ts'
import { buildRtp } from '../../../src-shared/media/rtp.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'

const SSRC = 0x0a0b_0c0e

function packet(sequenceNumber: number, payload: readonly number[], { marker = false, timestamp = 0x0102_0304 } = {}) {
  return buildRtp({
    payloadType: 96,
    marker,
    sequenceNumber,
    timestamp,
    ssrc: SSRC,
    csrcs: [],
    extensions: [],
    payload: Uint8Array.from(payload),
  })
}

describe('a repair packet', () => {
  it('has the layout of RFC 8627 section 4.2.2.1', () => {
    const packets = [packet(0xffff, [1, 2, 3]), packet(1, [0x10, 0x20], { marker: true, timestamp: 0x0102_0307 })]
    // R F P X CC, M and payload type, length 3 ^ 2, timestamps, base, k = 0 and the bits 0 and 2 of the mask; then the payloads.
    const bytes = Uint8Array.of(0, 0x80, 0, 1, 0, 0, 0, 3, 0xff, 0xff, 0x50, 0x00, 0x11, 0x22, 3)
    expect(repairPayload(packets)).toEqual(bytes)
    expect(parseRepair(bytes)).toEqual({
      numbers: [0xffff, 1],
      recovery: bytes.subarray(0, 8),
      payload: bytes.subarray(12),
    })
  })

  it('may have longer masks of other senders', () => {
    const recovery = [0, 0, 0, 0, 0, 0, 0, 0]
    const numbersOf = (...bytes: number[]) => parseRepair(Uint8Array.from([...recovery, ...bytes]))?.numbers
    // k = 1, then k = 0: 46 bits.
    expect(numbersOf(0, 10, 0x80, 0x01, 0x40, 0, 0, 0x01)).toEqual([24, 25, 55])
    // k = 1 twice: 110 bits.
    expect(numbersOf(0, 10, 0xc0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x01)).toEqual([10, 56, 119])
  })

  it.each([
    ['nothing', []],
    ['a cut header', [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x40]],
    ['a cut mask', [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xc0, 0, 0x40]],
    ['an empty mask', [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1]],
    ['a fixed form (F = 1)', [0x40, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 1, 1]],
    ['a packet sent again (R = 1)', [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 6, 1]],
  ])('is refused: %s', (_, bytes) => {
    expect(parseRepair(Uint8Array.from(bytes))).toBeUndefined()
  })

  it('is not made of packets too far apart for the shortest mask', () => {
    expect(() => repairPayload([packet(1, [1]), packet(16, [1])])).toThrow(RangeError)
  })
})

describe('recovery', () => {
  const source = fc.record({
    payload: fc.array(fc.nat(255), { maxLength: 40 }),
    marker: fc.boolean(),
    timestamp: fc.nat(0xffff_ffff),
  })

  it('gives exactly the one that is missing, whichever it is', () => {
    fc.assert(
      fc.property(
        fc.array(source, { minLength: 1, maxLength: 15 }),
        fc.nat(0xffff),
        fc.nat(),
        (sources, base, lost) => {
          const packets = sources.map(({ payload, ...rest }, i) => packet((base + i) & 0xffff, payload, rest))
          const repair = parseRepair(repairPayload(packets))
          const index = lost % packets.length
          const missing = { ssrc: SSRC, sequenceNumber: (base + index) & 0xffff }
          const others = packets.filter((_, i) => i !== index)
          if (repair === undefined) throw new Error('own repair packet does not parse')
          expect(recoverPacket(repair, others, missing)).toEqual(packets[index])
        },
      ),
    )
  })

  it('of what does not belong together gives nothing, or a packet no longer than the repair, and never throws', () => {
    const packets = [packet(7, [1, 2, 3]), packet(8, [4, 5]), packet(9, [6])]
    fc.assert(
      fc.property(
        foreignBytes(repairPayload(packets)),
        fc.array(foreignBytes(...packets), { maxLength: 4 }),
        (bytes, others) => {
          const repair = parseRepair(bytes)
          if (repair === undefined) return
          const recovered = recoverPacket(repair, others, { ssrc: SSRC, sequenceNumber: 7 })
          expect(recovered?.length ?? 12).toBeLessThanOrEqual(12 + repair.payload.length)
        },
      ),
      { numRuns: 5000 },
    )
  })
})
