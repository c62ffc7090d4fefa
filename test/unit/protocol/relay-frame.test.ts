import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src-shared/base/bytes.ts'
import { ENTRY_MAX } from '../../../src-shared/group/entry.ts'
import {
  encodeRelayFrame,
  entriesThatFit,
  memberAddress,
  parseRelayFrame,
  LAYERS_MAX,
  MISSING_MAX,
  RELAY_ENTRIES_MAX,
  RELAY_MESSAGE_MAX,
  RELAY_RECEIVERS_MAX,
  type RelayFrame,
} from '../../../src-shared/protocol/relay-frame.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'

const address = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(toHex)
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const entry = fc.uint8Array({ maxLength: 40 })
const reason = fc.constantFrom('not-next' as const, 'does-not-count' as const, 'too-long' as const, 'present' as const)
const layers = fc.subarray(Array.from({ length: LAYERS_MAX }, (_, layer) => layer))
const frame: fc.Arbitrary<RelayFrame> = fc.oneof(
  fc.record({ kind: fc.constant('message' as const), peer: address, message: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({
    kind: fc.constant('receivers' as const),
    receivers: fc.array(address, { maxLength: RELAY_RECEIVERS_MAX }),
  }),
  fc.record({ kind: fc.constant('left' as const), peer: address }),
  fc.constant({ kind: 'keep-alive' as const }),
  fc.record({
    kind: fc.constant('submit' as const),
    entries: fc.array(entry, { minLength: 1, maxLength: RELAY_ENTRIES_MAX }),
  }),
  fc.record({
    kind: fc.constant('entries' as const),
    first: u32,
    length: u32,
    entries: fc.array(entry, { maxLength: RELAY_ENTRIES_MAX }),
  }),
  fc.record({ kind: fc.constant('refused' as const), length: u32, reason }),
  fc.record({ kind: fc.constant('entered' as const), peer: address }),
  fc.record({
    kind: fc.constant('want' as const),
    downlink: u32,
    pictures: fc.array(fc.record({ member: address, layer: fc.nat({ max: LAYERS_MAX - 1 }) }), {
      maxLength: RELAY_RECEIVERS_MAX,
    }),
  }),
  fc.record({ kind: fc.constant('wanted' as const), layers, keyframes: layers }),
  fc.record({
    kind: fc.constant('arrivals' as const),
    report: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({
    kind: fc.constant('missing' as const),
    ssrc: u32,
    sequenceNumbers: fc.array(fc.nat({ max: 0xffff }), { minLength: 1, maxLength: MISSING_MAX }),
  }),
  fc.record({ kind: fc.constant('keyframe' as const), peer: address }),
)

describe('relay frames', () => {
  test('have the layout of the protocol', () => {
    const peer = '0102030405060708'
    expect(toHex(encodeRelayFrame({ kind: 'message', peer, message: Uint8Array.of(0xaa) }))).toBe(`01${peer}aa`)
    expect(toHex(encodeRelayFrame({ kind: 'receivers', receivers: [peer] }))).toBe(`02000000000000000001${peer}`)
    expect(toHex(encodeRelayFrame({ kind: 'left', peer }))).toBe(`03${peer}`)
    expect(toHex(encodeRelayFrame({ kind: 'keep-alive' }))).toBe('040000000000000000')
    const entries = [Uint8Array.of(0xaa, 0xbb), Uint8Array.of()]
    const nobody = '0000000000000000'
    expect(toHex(encodeRelayFrame({ kind: 'submit', entries }))).toBe(`05${nobody}020002aabb0000`)
    expect(toHex(encodeRelayFrame({ kind: 'entries', first: 1, length: 258, entries }))).toBe(
      `06${nobody}0000000100000102020002aabb0000`,
    )
    expect(toHex(encodeRelayFrame({ kind: 'refused', length: 3, reason: 'present' }))).toBe(`07${nobody}0000000304`)
    expect(toHex(encodeRelayFrame({ kind: 'entered', peer }))).toBe(`08${peer}`)
    const pictures = [{ member: peer, layer: 2 }]
    expect(toHex(encodeRelayFrame({ kind: 'want', downlink: 500, pictures }))).toBe(`09${nobody}000001f401${peer}02`)
    const wanted = { kind: 'wanted', layers: [0, 2], keyframes: [1] } as const
    expect(toHex(encodeRelayFrame(wanted))).toBe(`0a${nobody}0502`)
    const arrivals = { kind: 'arrivals', report: Uint8Array.of(0x8b, 205) } as const
    expect(toHex(encodeRelayFrame(arrivals))).toBe(`0d${nobody}00028bcd`)
    const missing = { kind: 'missing', ssrc: 0x0102_0306, sequenceNumbers: [1, 0xffff] } as const
    expect(toHex(encodeRelayFrame(missing))).toBe(`0b${nobody}01020306020001ffff`)
    expect(toHex(encodeRelayFrame({ kind: 'keyframe', peer }))).toBe(`0c${peer}`)
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
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 0, max: 9 }), (bytes, kind) => {
        if (bytes.length > 0) bytes[0] = kind
        if (kind !== 1 && kind !== 3 && kind !== 8) bytes.fill(0, 1, 9)
        const parsed = parseRelayFrame(bytes)
        if (parsed) expect(encodeRelayFrame(parsed)).toEqual(bytes)
      }),
      { numRuns: 5000 },
    )
  })

  test('refuse an unknown kind, a peer where none belongs, too many receivers, too long a message', () => {
    expect(parseRelayFrame(new Uint8Array(9))).toBeUndefined()
    expect(parseRelayFrame(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0))).toBeUndefined()
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

  test('survive foreign bytes', () => {
    const valid = fc.sample(frame, { numRuns: 40, seed: 3 }).map(encodeRelayFrame)
    fc.assert(
      fc.property(foreignBytes(...valid), (bytes) => {
        const parsed = parseRelayFrame(bytes)
        if (parsed) expect(encodeRelayFrame(parsed)).toEqual(bytes)
      }),
      { numRuns: 3000 },
    )
  })

  test('refuse entries that are too long, too many, or none at all', () => {
    const frameOf = (...payload: readonly number[]) =>
      parseRelayFrame(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 0, ...payload))
    expect(frameOf(1, 0, 0)).toEqual({ kind: 'submit', entries: [new Uint8Array()] })
    expect(frameOf(0)).toBeUndefined()
    expect(frameOf(65, ...Array.from({ length: 130 }, () => 0))).toBeUndefined()
    expect(frameOf(1, 0x10, 0x01, ...Array.from({ length: 4097 }, () => 0))).toBeUndefined()
    expect(parseRelayFrame(Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5))).toBeUndefined()
    const [long, nothing] = [new Uint8Array(ENTRY_MAX + 1), [] as Uint8Array[]]
    expect(() => encodeRelayFrame({ kind: 'submit', entries: [long] })).toThrow(RangeError)
    expect(() => encodeRelayFrame({ kind: 'submit', entries: nothing })).toThrow(RangeError)
  })

  test('take as many entries as fit', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: ENTRY_MAX }), { maxLength: 200 }), fc.nat(), (lengths, at) => {
        const entries = lengths.map((length) => new Uint8Array(length))
        const first = lengths.length === 0 ? 0 : at % lengths.length
        const count = entriesThatFit(entries, first)
        const chosen = (more: number) => entries.slice(first, first + count + more)
        const encoded = (more: number) =>
          encodeRelayFrame({ kind: 'entries', first, length: entries.length, entries: chosen(more) })
        expect(parseRelayFrame(encoded(0))?.kind).toBe('entries')
        if (first + count < entries.length) expect(() => encoded(1)).toThrow(RangeError)
        if (entries.length > 0) expect(count).toBeGreaterThan(0)
      }),
      { numRuns: 100 },
    )
  })

  test('address a device by the first 8 bytes of its certHash', () => {
    expect(memberAddress(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe('0001020304050607')
  })
})
