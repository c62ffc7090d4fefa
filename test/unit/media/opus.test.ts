import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { opusConcealment, opusSamples } from '../../../src-shared/media/opus.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'

describe('Opus packets', () => {
  it('have the length of their configuration (RFC 6716 table 2)', () => {
    const ms = (config: number): number => (opusSamples(Uint8Array.of(config << 3, 1)) ?? 0) / 48
    expect([0, 1, 2, 3, 11].map(ms)).toEqual([10, 20, 40, 60, 60])
    expect([12, 13, 14, 15].map(ms)).toEqual([10, 20, 10, 20])
    expect([16, 17, 18, 19, 31].map(ms)).toEqual([2.5, 5, 10, 20, 20])
  })

  it.each([
    ['one frame', '7801', 960],
    ['one frame of nothing', '78', 960],
    ['two equal frames', '790102', 1920],
    ['two frames', '7a01aabb', 1920],
    ['two frames, the first of 252 + 4 bytes', '7afc01' + '00'.repeat(256) + 'aa', 1920],
    ['three frames of equal length', '7b03aabbcc', 2880],
    ['two frames of different length', '7b8201aabbcc', 1920],
    ['padding', '7b4102aa0000', 960],
    ['padding of more than 254 bytes', '7b41ff01aa' + '00'.repeat(255), 960],
    ['48 frames of 2.5 ms', '8330', 5760],
  ])('are read: %s', (_, hex, samples) => {
    expect(opusSamples(fromHex(hex))).toBe(samples)
  })

  it.each([
    ['R1: no byte', ''],
    ['R2: a frame above 1275 bytes', '78' + '00'.repeat(1276)],
    ['R3: two equal frames of an odd length', '7901'],
    ['R4: a length without its bytes', '7a05aa'],
    ['R4: a cut length', '7afc'],
    ['R4: no length', '7a'],
    ['R5: more than 120 ms', '7b07' + '00'.repeat(7)],
    ['R6: equal frames that do not divide', '7b02aabbcc'],
    ['R6: padding longer than the packet', '7b4105aa'],
    ['R6, R7: no count', '7b'],
    ['R7: no frame', '7b00'],
    ['R7: lengths beyond the packet', '7b8205aabb'],
    ['R7: a cut list of lengths', '7b83'],
  ])('are refused by RFC 6716 section 3.4, %s', (_, hex) => {
    expect(opusSamples(fromHex(hex))).toBeUndefined()
  })

  it('are concealed by a packet of equal length that holds nothing', () => {
    expect(toHex(opusConcealment(fromHex('78aabb')))).toBe('78')
    expect(toHex(opusConcealment(fromHex('790102')))).toBe('79')
    expect(toHex(opusConcealment(fromHex('7a01aabb')))).toBe('79')
    expect(toHex(opusConcealment(fromHex('7bc201aabbcc')))).toBe('7b02')
    expect(toHex(opusConcealment(fromHex('7b4102aa0000')))).toBe('78')
    fc.assert(
      fc.property(foreignBytes(...['78aabb', '7a01aabb', '7b4102aa0000', '7b8201aabbcc'].map(fromHex)), (bytes) => {
        const samples = opusSamples(bytes)
        if (samples !== undefined) expect(opusSamples(opusConcealment(bytes))).toBe(samples)
      }),
      { numRuns: 20_000 },
    )
  })
})
