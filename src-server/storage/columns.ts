/** Reads columns of a row with the type that the schema gives them. A mismatch is a defect of ours and throws. */
import type { Row } from './database.ts'

export function bytesColumn(row: Row, name: string): Uint8Array {
  const value = row[name]
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${name} holds no bytes`)
  // Exactly these bytes: a driver may hand out a view into a larger buffer.
  return new Uint8Array(value)
}

/** Also for `bigint`, which some drivers return as text: everything that is stored fits into 53 bits. */
export function numberColumn(row: Row, name: string): number {
  const value = Number(row[name])
  if (!Number.isSafeInteger(value)) throw new TypeError(`column ${name} holds no integer`)
  return value
}
