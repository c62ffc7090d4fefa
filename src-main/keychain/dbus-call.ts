/**
 * Method calls in the D-Bus wire format (D-Bus specification, "Message Protocol"), with the few types that ours carry.
 * Everything is aligned to its size, counted from the start of the message.
 */

export interface MethodCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly arguments?: readonly Argument[]
}

/** What our calls carry, by D-Bus type code. */
export type Argument =
  | { readonly type: 's' | 'o'; readonly value: string }
  | { readonly type: 'b'; readonly value: boolean }
  | { readonly type: 'x'; readonly value: bigint }
  | { readonly type: 'ao'; readonly value: readonly string[] }
  /** `a{sv}` with strings as values: the properties of a new keyring. */
  | { readonly type: 'a{sv}'; readonly value: Readonly<Record<string, string>> }

const METHOD_CALL = 1
const FIELD = { path: 1, interface: 2, member: 3, destination: 6, signature: 8 } as const
const encoder = new TextEncoder()

class Marshaller {
  readonly #bytes: number[] = []

  align(to: number): this {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0)
    return this
  }

  byte(value: number): this {
    this.#bytes.push(value & 0xff)
    return this
  }

  u32(value: number): this {
    this.align(4)
    for (let shift = 0; shift < 32; shift += 8) this.byte(value >>> shift)
    return this
  }

  i64(value: bigint): this {
    this.align(8)
    for (let shift = 0n; shift < 64n; shift += 8n) this.byte(Number((value >> shift) & 0xffn))
    return this
  }

  string(text: string): this {
    const bytes = encoder.encode(text)
    this.u32(bytes.length)
    this.#bytes.push(...bytes, 0)
    return this
  }

  signature(text: string): this {
    this.byte(text.length)
    this.#bytes.push(...encoder.encode(text), 0)
    return this
  }

  /** `a…`: the length counts from the first element, after its padding. */
  array(alignment: number, write: () => void): this {
    this.u32(0)
    const lengthAt = this.#bytes.length - 4
    this.align(alignment)
    const start = this.#bytes.length
    write()
    const length = this.#bytes.length - start
    for (let i = 0; i < 4; i++) this.#bytes[lengthAt + i] = (length >>> (8 * i)) & 0xff
    return this
  }

  argument(argument: Argument): this {
    switch (argument.type) {
      case 's':
      case 'o':
        return this.string(argument.value)
      case 'b':
        return this.u32(argument.value ? 1 : 0)
      case 'x':
        return this.i64(argument.value)
      case 'ao':
        return this.array(4, () => argument.value.forEach((path) => this.string(path)))
      case 'a{sv}':
        return this.array(8, () => {
          for (const [key, value] of Object.entries(argument.value)) {
            this.align(8).string(key).signature('s').string(value)
          }
        })
    }
  }

  get bytes(): readonly number[] {
    return this.#bytes
  }
}

export function encodeCall(call: MethodCall, serial: number): Uint8Array {
  const body = new Marshaller()
  for (const argument of call.arguments ?? []) body.argument(argument)
  const signature = (call.arguments ?? []).map((argument) => argument.type).join('')
  const head = new Marshaller()
  head.byte('l'.charCodeAt(0)).byte(METHOD_CALL).byte(0).byte(1).u32(body.bytes.length).u32(serial)
  head.array(8, () => {
    const field = (code: number, type: 's' | 'o', value: string) =>
      head.align(8).byte(code).signature(type).string(value)
    field(FIELD.path, 'o', call.path)
    field(FIELD.destination, 's', call.destination)
    field(FIELD.interface, 's', call.interface)
    field(FIELD.member, 's', call.member)
    if (signature !== '') head.align(8).byte(FIELD.signature).signature('g').signature(signature)
  })
  head.align(8)
  return Uint8Array.from([...head.bytes, ...body.bytes])
}
