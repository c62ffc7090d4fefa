/** How a value of the service protocol is written and read. `read` runs inside `parse` and throws `MalformedError` only. */
import { type ByteReader, MalformedError } from '../../base/reader.ts'
import type { ByteWriter } from '../../base/writer.ts'

const encoder = new TextEncoder()

export interface Codec<Value> {
  readonly write: (writer: ByteWriter, value: Value) => void
  readonly read: (reader: ByteReader) => Value
}

/** No bytes at all. */
export const nothing: Codec<undefined> = { write: () => undefined, read: () => undefined }

/** `u8`, 0 or 1. */
export const flag: Codec<boolean> = {
  write: (writer, value) => writer.u8(value ? 1 : 0),
  read: (reader) => reader.oneOf([0, 1], reader.u8()) === 1,
}

export const number32: Codec<number> = {
  write: (writer, value) => writer.u32(value),
  read: (reader) => reader.u32(),
}

/** Exactly `length` bytes. */
export function fixedBytes(length: number): Codec<Uint8Array> {
  return { write: (writer, value) => writer.fixed(value, length), read: (reader) => reader.fixed(length) }
}

/** `var16` of at most `max` bytes. */
export function bytes16(max: number): Codec<Uint8Array> {
  return {
    write: (writer, value) => {
      if (value.length > max) throw new RangeError(`field of ${String(value.length)} bytes, at most ${String(max)}`)
      writer.var16(value)
    },
    read: (reader) => reader.var16(max),
  }
}

/** UTF-8 behind a `u16` length, of at most `max` bytes. */
export function text16(max: number): Codec<string> {
  return {
    write: (writer, value) => {
      const bytes = encoder.encode(value)
      if (bytes.length > max) throw new RangeError(`text of ${String(bytes.length)} bytes, at most ${String(max)}`)
      writer.var16(bytes)
    },
    read: (reader) => reader.text16(max),
  }
}

/** `count u8`, between `min` and `max`, then the items. */
export function list8<Item>(item: Codec<Item>, min: number, max: number): Codec<readonly Item[]> {
  return {
    write: (writer, items) => {
      if (items.length < min || items.length > max) throw new RangeError(`${String(items.length)} items`)
      writer.u8(items.length)
      for (const each of items) item.write(writer, each)
    },
    read: (reader) => {
      const count = reader.u8()
      if (count < min || count > max) throw new MalformedError('count out of range')
      return Array.from({ length: count }, () => item.read(reader))
    },
  }
}
