import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes, concatBytes, equalBytes, erase, fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { ByteReader, MalformedError, parse } from '../../../src-shared/base/reader.ts'
import { Sensitive } from '../../../src-shared/base/sensitive.ts'
import { ByteWriter } from '../../../src-shared/base/writer.ts'

type Field =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u64'; readonly value: number }
  | { readonly kind: 'fixed'; readonly value: Uint8Array }
  | { readonly kind: 'var8' | 'var16' | 'var32'; readonly value: Uint8Array }
  | { readonly kind: 'text8' | 'text16'; readonly value: string }

const integer = (kind: 'u8' | 'u16' | 'u32' | 'u64', max: number): fc.Arbitrary<Field> =>
  fc.record({ kind: fc.constant(kind), value: fc.integer({ min: 0, max }) })
const field: fc.Arbitrary<Field> = fc.oneof(
  integer('u8', 0xff),
  integer('u16', 0xffff),
  integer('u32', 0xffff_ffff),
  fc.record({ kind: fc.constant('u64' as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('fixed' as const), value: fc.uint8Array({ maxLength: 255 }) }),
  fc.record({ kind: fc.constantFrom('var8', 'var16', 'var32'), value: fc.uint8Array({ maxLength: 255 }) }),
  fc.record({ kind: fc.constant('text16' as const), value: fc.string({ unit: 'grapheme', maxLength: 40 }) }),
  fc.record({ kind: fc.constant('text8' as const), value: fc.string({ unit: 'binary', maxLength: 60 }) }),
)

function write(fields: readonly Field[]): Uint8Array {
  const writer = new ByteWriter()
  for (const field of fields) {
    switch (field.kind) {
      case 'text8':
      case 'text16':
        writer[field.kind](field.value)
        break
      case 'fixed':
        writer.fixed(field.value, field.value.length)
        break
      case 'var8':
      case 'var16':
      case 'var32':
        writer[field.kind](field.value)
        break
      default:
        writer[field.kind](field.value)
    }
  }
  return writer.finish()
}

function read(reader: ByteReader, fields: readonly Field[]): unknown[] {
  return fields.map(({ kind, value }) => {
    if (kind === 'text8') return reader.text8(0xff)
    if (kind === 'text16') return reader.text16(0xffff)
    if (kind === 'fixed') return reader.fixed(value.length)
    if (kind === 'var8' || kind === 'var16' || kind === 'var32') return reader[kind](0xff)
    return reader[kind]()
  })
}

describe('reader and writer', () => {
  test('undo one another', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
        expect(parse(write(fields), (reader) => read(reader, fields))).toEqual(fields.map(({ value }) => value))
      }),
    )
  })

  test('a message that is cut short or goes on is refused', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), fc.nat(), (fields, at) => {
        const bytes = write(fields)
        if (bytes.length === 0) return
        expect(parse(bytes.subarray(0, at % bytes.length), (reader) => read(reader, fields))).toBeUndefined()
        expect(parse(concatBytes(bytes, Uint8Array.of(0)), (reader) => read(reader, fields))).toBeUndefined()
      }),
    )
  })

  test('integers are big-endian', () => {
    expect(toHex(new ByteWriter().u8(1).u16(2).u32(3).u64(4).finish())).toBe('01000200000003' + '0000000000000004')
    expect(parse(fromHex('0000010203040506'), (reader) => reader.u64())).toBe(0x0102_0304_0506)
  })

  test('a u64 above 2^53 − 1 is refused', () => {
    expect(parse(fromHex('001fffffffffffff'), (reader) => reader.u64())).toBe(Number.MAX_SAFE_INTEGER)
    expect(parse(fromHex('0020000000000000'), (reader) => reader.u64())).toBeUndefined()
    expect(parse(fromHex('ffffffffffffffff'), (reader) => reader.u64())).toBeUndefined()
  })

  test('a field longer than allowed is refused before it is read', () => {
    expect(parse(fromHex('03aabbcc'), (reader) => reader.var8(3))).toEqual(fromHex('aabbcc'))
    expect(parse(fromHex('03aabbcc'), (reader) => reader.var8(2))).toBeUndefined()
    expect(parse(fromHex('0003aabbcc'), (reader) => reader.var16(2))).toBeUndefined()
    expect(parse(fromHex('ffffffff'), (reader) => reader.var32(100))).toBeUndefined()
    expect(parse(fromHex('ffffffff'), (reader) => reader.var32(0xffff_ffff))).toBeUndefined()
  })

  test.each(['ff', 'c080', 'eda080', 'f4908080', 'e282'])('%s is no UTF-8', (hex) => {
    const bytes = new ByteWriter().var16(fromHex(hex)).finish()
    expect(parse(bytes, (reader) => reader.text16(10))).toBeUndefined()
    const short = new ByteWriter().var8(fromHex(hex)).finish()
    expect(parse(short, (reader) => reader.text8(10))).toBeUndefined()
  })

  test('a byte order mark is part of the text', () => {
    const bytes = new ByteWriter().text16('\uFEFFa').finish()
    expect(parse(bytes, (reader) => reader.text16(10))).toBe('\uFEFFa')
  })

  test('oneOf knows its set only', () => {
    expect(parse(Uint8Array.of(2), (reader) => reader.oneOf([1, 2], reader.u8()))).toBe(2)
    expect(parse(Uint8Array.of(3), (reader) => reader.oneOf([1, 2], reader.u8()))).toBeUndefined()
  })

  test('since gives what was consumed, as a copy', () => {
    const bytes = fromHex('0102030405')
    const reader = new ByteReader(bytes)
    reader.u8()
    const start = reader.offset
    reader.u16()
    const covered = reader.since(start)
    bytes.fill(0)
    expect(covered).toEqual(fromHex('0203'))
    expect(reader.remaining).toBe(2)
  })

  test('reads a view at its own place', () => {
    expect(parse(fromHex('ffff0102ffff').subarray(2, 4), (reader) => reader.u16())).toBe(0x0102)
  })

  test('what it returns is not part of the input', () => {
    const bytes = fromHex('aabb')
    const value = parse(bytes, (reader) => reader.rest())
    bytes.fill(0)
    expect(value).toEqual(fromHex('aabb'))
  })

  test('a defect in a codec is not taken for a malformed message', () => {
    const defect = (): never => {
      throw new TypeError('defect')
    }
    expect(() => parse(new Uint8Array(), defect)).toThrow(TypeError)
    expect(() => new ByteReader(new Uint8Array()).u8()).toThrow(MalformedError)
  })

  test('the writer refuses what does not fit', () => {
    expect(() => new ByteWriter().u8(256)).toThrow(RangeError)
    expect(() => new ByteWriter().u8(-1)).toThrow(RangeError)
    expect(() => new ByteWriter().u16(0.5)).toThrow(RangeError)
    expect(() => new ByteWriter().u64(2 ** 53)).toThrow(RangeError)
    expect(() => new ByteWriter().fixed(new Uint8Array(3), 4)).toThrow(RangeError)
    expect(() => new ByteWriter().var8(new Uint8Array(256))).toThrow(RangeError)
  })
})

describe('bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 20 })

  test('hexadecimal there and back', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(fromHex(toHex(value))).toEqual(value)
        expect(toHex(value)).toBe(Buffer.from(value).toString('hex'))
      }),
    )
    for (const text of ['a', 'zz', '0x00', ' 00', '0']) expect(() => fromHex(text)).toThrow(RangeError)
  })

  test('compare and equal agree with Node', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b))
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
        expect(equalBytes(a, Uint8Array.from(a))).toBe(true)
      }),
    )
  })

  test('erase overwrites', () => {
    const secret = Uint8Array.of(1, 2, 3)
    erase(secret)
    expect(secret).toEqual(new Uint8Array(3))
  })
})

test('a sensitive value has no printable form', () => {
  const handle = new Sensitive('alice@example.org')
  expect(`${String(handle)} ${JSON.stringify({ handle })}`).not.toContain('alice')
  expect(handle.reveal()).toBe('alice@example.org')
})
