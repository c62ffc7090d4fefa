/**
 * Reads the protocol's byte layouts (docs/protocol.md, section 0): big-endian unsigned integers,
 * fixed fields and length-prefixed fields. Foreign bytes go through `parse`, which turns every
 * violation into `undefined`, so a half-read message never leaves a codec.
 */
import { type Bytes, concatBytes } from './bytes.ts'

/** Thrown inside `parse` only. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

export class ByteReader {
  #at = 0
  readonly #bytes: Bytes
  readonly #view: DataView

  constructor(bytes: Bytes) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get offset(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4))
  }

  /** Refuses values above 2^53 − 1, which no field of the protocol reaches. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8))
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedError('u64 out of range')
    return Number(value)
  }

  /** A copy of the next `length` bytes. */
  fixed(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#advance(length)
    return concatBytes(this.#bytes.subarray(start, start + length))
  }

  var8(max = 0xff): Uint8Array<ArrayBuffer> {
    return this.#limited(this.u8(), max)
  }

  var16(max: number): Uint8Array<ArrayBuffer> {
    return this.#limited(this.u16(), max)
  }

  var32(max: number): Uint8Array<ArrayBuffer> {
    return this.#limited(this.u32(), max)
  }

  /** UTF-8 of at most `max` bytes behind a u16 length; malformed sequences are refused. */
  text16(max: number): string {
    return textOf(this.var16(max))
  }

  /** The same behind a u8 length. */
  text8(max: number): string {
    return textOf(this.var8(max))
  }

  /** One of a closed set of numbers. */
  oneOf<const Member extends number>(members: readonly Member[], value: number): Member {
    const member = members.find((candidate) => candidate === value)
    if (member === undefined) throw new MalformedError('unknown value')
    return member
  }

  /** The bytes consumed since `start`, as a copy: what a signature or a transcript covers. */
  since(start: number): Uint8Array<ArrayBuffer> {
    return concatBytes(this.#bytes.subarray(start, this.#at))
  }

  rest(): Uint8Array<ArrayBuffer> {
    return this.fixed(this.remaining)
  }

  #limited(length: number, max: number): Uint8Array<ArrayBuffer> {
    if (length > max) throw new MalformedError('field too long')
    return this.fixed(length)
  }

  #advance(length: number): number {
    const start = this.#at
    if (length > this.remaining) throw new MalformedError('truncated')
    this.#at = start + length
    return start
  }
}

function textOf(bytes: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new MalformedError('not UTF-8')
  }
}

/**
 * Runs `read` over the whole of `bytes`. `undefined` if a field is malformed or bytes are left over;
 * any other error is a defect of ours and passes through.
 */
export function parse<Value>(bytes: Bytes, read: (reader: ByteReader) => Value): Value | undefined {
  const reader = new ByteReader(bytes)
  try {
    const value = read(reader)
    return reader.remaining === 0 ? value : undefined
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
