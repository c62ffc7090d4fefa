/** Writes the protocol's byte layouts (docs/protocol.md, section 0). A value out of range is a defect of ours and throws. */
import { type Bytes, concatBytes } from './bytes.ts'

const encoder = new TextEncoder()

export class ByteWriter {
  readonly #parts: Bytes[] = []

  u8(value: number): this {
    return this.#integer(value, 1, (view) => view.setUint8(0, value))
  }

  u16(value: number): this {
    return this.#integer(value, 2, (view) => view.setUint16(0, value))
  }

  u32(value: number): this {
    return this.#integer(value, 4, (view) => view.setUint32(0, value))
  }

  u64(value: number): this {
    return this.#integer(value, 8, (view) => view.setBigUint64(0, BigInt(value)))
  }

  /** Exactly `length` bytes. */
  fixed(bytes: Bytes, length: number): this {
    if (bytes.length !== length) throw new RangeError(`expected ${String(length)} bytes, got ${String(bytes.length)}`)
    this.#parts.push(bytes)
    return this
  }

  var8(bytes: Bytes): this {
    return this.u8(bytes.length).raw(bytes)
  }

  var16(bytes: Bytes): this {
    return this.u16(bytes.length).raw(bytes)
  }

  var32(bytes: Bytes): this {
    return this.u32(bytes.length).raw(bytes)
  }

  text8(text: string): this {
    return this.var8(encoder.encode(text))
  }

  text16(text: string): this {
    return this.var16(encoder.encode(text))
  }

  raw(bytes: Bytes): this {
    this.#parts.push(bytes)
    return this
  }

  finish(): Uint8Array<ArrayBuffer> {
    return concatBytes(...this.#parts)
  }

  #integer(value: number, length: number, write: (view: DataView) => void): this {
    if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** length) {
      throw new RangeError(`${String(value)} does not fit into ${String(length)} bytes`)
    }
    const part = new Uint8Array(length)
    write(new DataView(part.buffer))
    this.#parts.push(part)
    return this
  }
}
