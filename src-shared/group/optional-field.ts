/** Fields that are zero where they do not apply: zero on the wire is `undefined` here. */
import type { Bytes } from '../base/bytes.ts'
import type { ByteReader } from '../base/reader.ts'

export function readUnlessZero(reader: ByteReader, length: number): Bytes | undefined {
  const bytes = reader.fixed(length)
  return bytes.every((byte) => byte === 0) ? undefined : bytes
}

export function orZero(bytes: Bytes | undefined, length: number): Bytes {
  return bytes ?? new Uint8Array(length)
}
