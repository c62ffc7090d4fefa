/** The files that participants without windows play (rtptools' rtpdump). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foreignBytes } from '../../support/foreign-bytes.ts'
import { readRtpDump, writeRtpDump } from '../../participant/rtp-dump.ts'

const packet = fc.record({
  at: fc.nat({ max: 0xffff_ffff }),
  packet: fc.uint8Array({ minLength: 12, maxLength: 200 }),
})

describe('an rtpdump file', () => {
  it('begins as rtptools writes it', () => {
    const bytes = Buffer.from(writeRtpDump([{ at: 258, packet: new Uint8Array(12).fill(7) }]))
    expect(bytes.subarray(0, 25).toString('latin1')).toBe('#!rtpplay1.0 127.0.0.1/0\n')
    expect(bytes.subarray(25 + 16).toString('hex')).toBe(`0014000c00000102${'07'.repeat(12)}`)
  })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 20 }), (packets) => {
        expect(readRtpDump(writeRtpDump(packets))).toEqual(packets)
      }),
    )
  })

  it('is read from any bytes without failing', () => {
    const valid = writeRtpDump([{ at: 1, packet: new Uint8Array(40) }])
    fc.assert(
      fc.property(foreignBytes(valid), (bytes) => {
        expect(() => readRtpDump(bytes)).not.toThrow()
      }),
    )
    expect(readRtpDump(new Uint8Array())).toBeUndefined()
    expect(readRtpDump(Buffer.from('#!rtpplay1.0 127.0.0.1/0\nshort'))).toBeUndefined()
  })
})
