import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src-shared/base/bytes.ts'
import { buildRtp, isRtcp, parseRtp, type RtpPacket } from '../../../src-shared/media/rtp.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })

const packets: fc.Arbitrary<RtpPacket> = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequenceNumber: u16,
  timestamp: u32,
  ssrc: u32,
  csrcs: fc.array(u32, { maxLength: 15 }),
  extensions: fc.array(fc.record({ id: fc.integer({ min: 1, max: 255 }), data: fc.uint8Array({ maxLength: 255 }) }), {
    maxLength: 4,
  }),
  payload: fc.uint8Array({ maxLength: 1200 }),
})

const FIXED = '1234567800000005'

describe('RTP packets', () => {
  it('come back as they were built', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(parseRtp(buildRtp(packet))).toEqual(packet)
      }),
      { numRuns: 2000 },
    )
  })

  it('has the layout of RFC 3550 section 5.1', () => {
    const packet = parseRtp(fromHex('80e0fffe' + FIXED + 'aabb'))
    expect(packet).toEqual({
      payloadType: 96,
      marker: true,
      sequenceNumber: 0xfffe,
      timestamp: 0x1234_5678,
      ssrc: 5,
      csrcs: [],
      extensions: [],
      payload: fromHex('aabb'),
    })
  })

  it('reads the one-byte form in the example of RFC 8285 section 4.2', () => {
    // ID 1 L=0 data | ID 2 L=1 data data | pad pad | ID 3 L=3 data
    const packet = parseRtp(fromHex('90600001' + FIXED + 'bede0003' + '10aa21bb' + 'cc000033' + '01020304' + 'ff'))
    expect(packet?.extensions).toEqual([
      { id: 1, data: fromHex('aa') },
      { id: 2, data: fromHex('bbcc') },
      { id: 3, data: fromHex('01020304') },
    ])
    expect(packet?.payload).toEqual(fromHex('ff'))
  })

  it('reads the two-byte form in the example of RFC 8285 section 4.3, with any appbits', () => {
    const body = '0100' + '0201' + 'bb00' + '0304' + '01020304'
    for (const profile of ['1000', '100f']) {
      const packet = parseRtp(fromHex('90600001' + FIXED + profile + '0003' + body))
      expect(packet?.extensions).toEqual([
        { id: 1, data: fromHex('') },
        { id: 2, data: fromHex('bb') },
        { id: 3, data: fromHex('01020304') },
      ])
    }
  })

  it('stops at id 15 and at id 0 with a length, in the one-byte form (RFC 8285 section 4.2)', () => {
    for (const stop of ['f0', '03']) {
      const packet = parseRtp(fromHex('90600001' + FIXED + 'bede0002' + '10aa' + stop + '00' + '20bb0000'))
      expect(packet?.extensions).toEqual([{ id: 1, data: fromHex('aa') }])
    }
  })

  it('steps over an extension of another form', () => {
    const packet = parseRtp(fromHex('90600001' + FIXED + 'abcd0001' + 'ffffffff' + '07'))
    expect(packet?.extensions).toEqual([])
    expect(packet?.payload).toEqual(fromHex('07'))
  })

  it('takes the padding off', () => {
    expect(parseRtp(fromHex('a0600001' + FIXED + 'aa000003'))?.payload).toEqual(fromHex('aa'))
    expect(parseRtp(fromHex('a0600001' + FIXED + '00000004'))?.payload).toEqual(fromHex(''))
  })

  it.each([
    ['a version other than 2', '40600001' + FIXED],
    ['a cut header', '80600001' + '12345678000000'],
    ['missing CSRCs', '82600001' + FIXED + '00000001'],
    ['an extension longer than the packet', '90600001' + FIXED + 'bede0002' + '10aa0000'],
    ['an element longer than its block', '90600001' + FIXED + 'bede0001' + '13aabbcc'],
    ['a two-byte element without length', '90600001' + FIXED + '10000001' + '00000001'],
    ['padding of no bytes', 'a0600001' + FIXED + 'aa00'],
    ['padding longer than the payload', 'a0600001' + FIXED + '0003'],
    ['padding without payload', 'a0600001' + FIXED],
  ])('refuses %s', (_, hex) => {
    expect(parseRtp(fromHex(hex))).toBeUndefined()
  })

  it('never throws, and what it accepts can be built again with the same meaning', () => {
    const valid = [
      '80e0fffe' + FIXED + 'aabb',
      '90600001' + FIXED + 'bede0001' + '10aa21bb',
      'a1600001' + FIXED + '0000000701',
    ].map(fromHex)
    fc.assert(
      fc.property(foreignBytes(...valid), (bytes) => {
        const packet = parseRtp(bytes)
        if (packet !== undefined) expect(parseRtp(buildRtp(packet))).toEqual(packet)
      }),
      { numRuns: 20_000 },
    )
  })

  it('throws at a field of our own that does not fit', () => {
    const packet = {
      payloadType: 96,
      marker: false,
      sequenceNumber: 0,
      timestamp: 0,
      ssrc: 0,
      csrcs: [],
      extensions: [],
      payload: new Uint8Array(),
    }
    expect(() => buildRtp({ ...packet, sequenceNumber: 0x1_0000 })).toThrow(RangeError)
    expect(() => buildRtp({ ...packet, timestamp: -1 })).toThrow(RangeError)
    expect(() => buildRtp({ ...packet, payloadType: 128 })).toThrow(RangeError)
    expect(() => buildRtp({ ...packet, extensions: [{ id: 0, data: new Uint8Array(1) }] })).toThrow(RangeError)
  })
})

describe('RTP and RTCP are told apart', () => {
  it('by the second byte (RFC 5761 section 4)', () => {
    for (const type of [192, 200, 206, 223]) expect(isRtcp(Uint8Array.of(0x80, type))).toBe(true)
    for (const type of [96, 111, 96 | 0x80, 111 | 0x80, 191, 224]) expect(isRtcp(Uint8Array.of(0x80, type))).toBe(false)
    expect(isRtcp(new Uint8Array())).toBe(false)
  })
})
