import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { buildRtcp, parseRtcp, type RtcpPacket } from '../../../src-shared/media/rtcp.ts'
import type { ReportBlock } from '../../../src-shared/media/rtcp-reports.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })

const block: fc.Arbitrary<ReportBlock> = fc.record({
  ssrc: u32,
  fractionLost: u8,
  cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  extendedHighestSequence: u32,
  jitter: u32,
  lastSenderReport: u32,
  delaySinceLastSenderReport: u32,
})
const blocks = fc.array(block, { maxLength: 4 })
const cname = fc.option(fc.stringMatching(/^[ -~]{0,40}$/), { nil: undefined })

const packet: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({
    kind: fc.constant('sender-report' as const),
    ssrc: u32,
    info: fc.record({
      ntp: fc.record({ seconds: u32, fraction: u32 }),
      rtpTimestamp: u32,
      packetCount: u32,
      octetCount: u32,
    }),
    reports: blocks,
  }),
  fc.record({ kind: fc.constant('receiver-report' as const), ssrc: u32, reports: blocks }),
  fc.record({
    kind: fc.constant('source-description' as const),
    chunks: fc.array(fc.record({ ssrc: u32, cname }), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('goodbye' as const), ssrcs: fc.array(u32, { maxLength: 31 }) }),
  fc.record({ kind: fc.constant('picture-loss' as const), sender: u32, media: u32 }),
  fc.record({
    kind: fc.constant('full-intra-request' as const),
    sender: u32,
    requests: fc.array(fc.record({ ssrc: u32, sequence: u8 }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('congestion-feedback' as const),
    sender: u32,
    streams: fc.array(
      fc.record({
        ssrc: u32,
        begin: u16,
        // In units of 1/1024 s, the last two numbers of which say something else.
        arrivals: fc.array(
          fc.option(
            fc.integer({ min: 0, max: 0x1ffd }).map((units) => (units * 1000) / 1024),
            { nil: undefined },
          ),
          { maxLength: 9 },
        ),
      }),
      { maxLength: 3 },
    ),
    timestamp: u32,
  }),
  fc.record({
    kind: fc.constant('decodable-formats' as const),
    sender: u32,
    payloadTypes: fc.uniqueArray(fc.integer({ min: 0, max: 0x7f }), { maxLength: 0x80 }),
  }),
)
const compound = fc.array(packet, { minLength: 1, maxLength: 5 })

/** A receiver report of 1 about nothing. */
const RR = '80c90001' + '00000001'

describe('RTCP compounds', () => {
  it('come back as they were built', () => {
    fc.assert(
      fc.property(compound, (packets) => {
        expect(parseRtcp(buildRtcp(packets))).toEqual(packets)
      }),
      { numRuns: 2000 },
    )
  })

  it('carry any set of lost packets in a NACK, in few words (RFC 4585 section 6.2.1)', () => {
    fc.assert(
      fc.property(
        u16,
        fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 40 }),
        (first, offsets) => {
          const lost = offsets.sort((a, b) => a - b).map((offset) => (first + offset) & 0xffff)
          const bytes = buildRtcp([{ kind: 'negative-acknowledgement', sender: 1, media: 2, lost }])
          expect(parseRtcp(bytes)).toEqual([{ kind: 'negative-acknowledgement', sender: 1, media: 2, lost }])
          expect(bytes.length).toBeLessThanOrEqual(12 + 4 * 13)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('have the layouts of RFC 3550, RFC 4585, RFC 5104 and media.md section 2', () => {
    const report = {
      ssrc: 2,
      fractionLost: 0x40,
      cumulativeLost: -1,
      extendedHighestSequence: 0x0001_0005,
      jitter: 7,
      lastSenderReport: 8,
      delaySinceLastSenderReport: 9,
    }
    const info = {
      ntp: { seconds: 0xb44d_b705, fraction: 0x2000_0000 },
      rtpTimestamp: 0x1234_5678,
      packetCount: 3,
      octetCount: 4,
    }
    const built = buildRtcp([
      { kind: 'sender-report', ssrc: 1, info, reports: [report] },
      { kind: 'source-description', chunks: [{ ssrc: 1, cname: 'ab' }] },
      { kind: 'picture-loss', sender: 1, media: 2 },
      { kind: 'full-intra-request', sender: 1, requests: [{ ssrc: 2, sequence: 5 }] },
      { kind: 'negative-acknowledgement', sender: 1, media: 2, lost: [0xffff, 0, 15] },
      { kind: 'goodbye', ssrcs: [1] },
      { kind: 'decodable-formats', sender: 1, payloadTypes: [96] },
      { kind: 'decodable-formats', sender: 1, payloadTypes: [96, 98, 102] },
    ])
    expect(toHex(built)).toBe(
      ['81c8000c', '00000001', 'b44db705', '20000000', '12345678', '00000003', '00000004'].join('') +
        ['00000002', '40ffffff', '00010005', '00000007', '00000008', '00000009'].join('') +
        ['81ca0003', '00000001', '01026162', '00000000'].join('') +
        ['81ce0002', '00000001', '00000002'].join('') +
        ['84ce0004', '00000001', '00000000', '00000002', '05000000'].join('') +
        ['81cd0003', '00000001', '00000002', 'ffff8001'].join('') +
        ['81cb0001', '00000001'].join('') +
        ['80cc0003', '00000001', '534c494e', '01600000'].join('') +
        ['80cc0003', '00000001', '534c494e', '03606266'].join(''),
    )
  })

  it('are read without what is unknown: types, feedback formats, items, a reason, extensions of a report', () => {
    const hex =
      RR +
      ('80cc0002' + '00000001' + '61626364') + // APP of another name
      ('81cc0003' + '00000001' + '534c494e' + '03606266') + // and of another subtype
      ('8fcd0003' + '00000001' + '00000002' + '12345678') + // transport-wide feedback
      ('8fce0003' + '00000001' + '00000002' + '12345678') + // application layer feedback
      ('81ca0003' + '00000001' + '02026162' + '01016300') + // a name item before the CNAME
      ('81cb0002' + '00000009' + '02686900') +
      ('80c90002' + '00000003' + 'deadbeef')
    expect(parseRtcp(fromHex(hex))).toEqual([
      { kind: 'receiver-report', ssrc: 1, reports: [] },
      { kind: 'source-description', chunks: [{ ssrc: 1, cname: 'c' }] },
      { kind: 'goodbye', ssrcs: [9] },
      { kind: 'receiver-report', ssrc: 3, reports: [] },
    ])
  })

  it('may be padded at their end only', () => {
    const padded = 'a0c90002' + '00000001' + '00000004'
    expect(parseRtcp(fromHex(padded))).toEqual([{ kind: 'receiver-report', ssrc: 1, reports: [] }])
    expect(parseRtcp(fromHex(padded + RR))).toBeUndefined()
  })

  it.each([
    ['nothing', ''],
    ['a cut packet', RR.slice(0, -2)],
    ['bytes behind the last packet', RR + '80'],
    ['a second packet of another version', RR + '40c90001' + '00000001'],
    ['a second packet that is not RTCP', RR + '80600001' + '00000001'],
    ['more blocks than fit', '82c90007' + '00000001' + '00'.repeat(24)],
    ['a sender report without its figures', '80c80001' + '00000001'],
    ['an item behind the end of its chunk list', '81ca0002' + '00000001' + '01086162'],
    ['items without an end', '81ca0002' + '00000001' + '01026162'],
    ['a name outside ASCII', '81ca0002' + '00000001' + '0101ff00'],
    ['a NACK without a pair', '81cd0002' + '00000001' + '00000002'],
    ['a request without an entry', '84ce0002' + '00000001' + '00000002'],
    ['a picture loss with more behind', '81ce0003' + '00000001' + '00000002' + '00000003'],
    ['padding that is no multiple of four', 'a0c90002' + '00000001' + '00000003'],
    ['padding longer than the packet', 'a0c90002' + '00000001' + '0000000c'],
    ['a goodbye of missing sources', '82cb0001' + '00000001'],
    ['an application-defined packet without a name', '80cc0001' + '00000001'],
    ['formats without their count', '80cc0002' + '00000001' + '534c494e'],
    ['fewer formats than counted', '80cc0003' + '00000001' + '534c494e' + '04606266'],
    ['more formats than counted', '80cc0003' + '00000001' + '534c494e' + '02606266'],
    ['a format that is no payload type', '80cc0003' + '00000001' + '534c494e' + '0360e266'],
    ['the same format twice', '80cc0003' + '00000001' + '534c494e' + '03606260'],
    ['a word of zeros behind the formats', '80cc0004' + '00000001' + '534c494e' + '03606266' + '00000000'],
    ['a known packet that is malformed among good ones', RR + '81ce0001' + '00000001' + RR],
  ])('are refused whole: %s', (_, hex) => {
    expect(parseRtcp(fromHex(hex))).toBeUndefined()
  })

  it('are refused if they hold more packets, or a NACK more numbers, than any sender makes', () => {
    expect(parseRtcp(fromHex(RR.repeat(64)))).toHaveLength(64)
    expect(parseRtcp(fromHex(RR.repeat(65)))).toBeUndefined()
    const nack = (pairs: number): string =>
      '81cd' + (2 + pairs).toString(16).padStart(4, '0') + '0000000100000002' + '0001ffff'.repeat(pairs)
    expect(parseRtcp(fromHex(nack(64)))).toHaveLength(1)
    expect(parseRtcp(fromHex(nack(65)))).toBeUndefined()
  })

  it('never make the parser throw, and what it accepts can be built again with the same meaning', () => {
    const valid = fc.sample(compound, { seed: 7, numRuns: 40 }).map(buildRtcp)
    fc.assert(
      fc.property(foreignBytes(...valid), (bytes) => {
        const packets = parseRtcp(bytes)
        if (packets !== undefined && packets.length > 0) expect(parseRtcp(buildRtcp(packets))).toEqual(packets)
      }),
      { numRuns: 20_000 },
    )
  })

  it('of our own that cannot be expressed throw', () => {
    expect(() => buildRtcp([])).toThrow(RangeError)
    expect(() => buildRtcp([{ kind: 'negative-acknowledgement', sender: 1, media: 2, lost: [] }])).toThrow(RangeError)
    expect(() => buildRtcp([{ kind: 'goodbye', ssrcs: Array.from({ length: 32 }, () => 1) }])).toThrow(RangeError)
  })

  it('join', () => {
    expect(parseRtcp(concatBytes(fromHex(RR), fromHex(RR)))).toHaveLength(2)
  })
})
