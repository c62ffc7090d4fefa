import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src-shared/base/bytes.ts'
import {
  encodeRelayFrame,
  memberAddress,
  parseRelayFrame,
  RELAY_MESSAGE_MAX,
  RELAY_RECEIVERS_MAX,
  type RelayFrame,
} from '../../../src-shared/protocol/relay-frame.ts'

const address = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(toHex)
const frame: fc.Arbitrary<RelayFrame> = fc.oneof(
  fc.record({ kind: fc.constant('message' as const), peer: address, message: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({
    kind: fc.constant('receivers' as const),
    receivers: fc.array(address, { maxLength: RELAY_RECEIVERS_MAX }),
  }),
  fc.record({ kind: fc.constant('left' as const), peer: address }),
  fc.constant({ kind: 'keep-alive' as const }),
)

describe('relay frames', () => {
  test('have the layout of the protocol', () => {
    const peer = '0102030405060708'
    expect(toHex(encodeRelayFrame({ kind: 'message', peer, message: Uint8Array.of(0xaa) }))).toBe(`01${peer}aa`)
    expect(toHex(encodeRelayFrame({ kind: 'receivers', receivers: [peer] }))).toBe(`02000000000000000001${peer}`)
    expect(toHex(encodeRelayFrame({ kind: 'left', peer }))).toBe(`03${peer}`)
    expect(toHex(encodeRelayFrame({ kind: 'keep-alive' }))).toBe('040000000000000000')
  })

  test('come back as they were', () => {
    fc.assert(
      fc.property(frame, (value) => {
        expect(parseRelayFrame(encodeRelayFrame(value))).toEqual(value)
      }),
    )
  })

  test('cut short or continued, only a message is still one', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (value, at) => {
        if (value.kind === 'message') return
        const bytes = encodeRelayFrame(value)
        expect(parseRelayFrame(bytes.subarray(0, at % bytes.length))).toBeUndefined()
        expect(parseRelayFrame(Uint8Array.of(...bytes, 0))).toBeUndefined()
      }),
    )
  })

  test('are the one encoding of what they parse to', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 0, max: 5 }), (bytes, kind) => {
        if (bytes.length > 0) bytes[0] = kind
        if (kind !== 1 && kind !== 3) bytes.fill(0, 1, 9)
        const parsed = parseRelayFrame(bytes)
        if (parsed) expect(encodeRelayFrame(parsed)).toEqual(bytes)
      }),
      { numRuns: 5000 },
    )
  })

  test('refuse an unknown kind, a peer where none belongs, too many receivers, too long a message', () => {
    expect(parseRelayFrame(new Uint8Array(9))).toBeUndefined()
    expect(parseRelayFrame(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 0))).toBeUndefined()
    expect(parseRelayFrame(Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 1))).toBeUndefined()
    const crowd = new Uint8Array(10 + 33 * 8)
    crowd.set([2, 0, 0, 0, 0, 0, 0, 0, 0, 33])
    expect(parseRelayFrame(crowd)).toBeUndefined()
    const long = new Uint8Array(9 + RELAY_MESSAGE_MAX + 1)
    long[0] = 1
    expect(parseRelayFrame(long)).toBeUndefined()
    expect(parseRelayFrame(long.subarray(0, 9 + RELAY_MESSAGE_MAX))?.kind).toBe('message')
    expect(() => encodeRelayFrame({ kind: 'left', peer: '01' })).toThrow(RangeError)
  })

  test('address a device by the first 8 bytes of its certHash', () => {
    expect(memberAddress(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe('0001020304050607')
  })
})
