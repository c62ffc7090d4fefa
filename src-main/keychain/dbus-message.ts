/**
 * The D-Bus wire format (D-Bus specification, "Message Protocol") as far as a client needs it that calls a few methods:
 * method calls out, replies and errors in. Everything is aligned to its size, counted from the start of the message.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'

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

export type Value = string | number | bigint | boolean | readonly Value[]

export interface Reply {
  readonly replyTo: number
  /** `undefined` in a method's return; the error's name otherwise. */
  readonly error: string | undefined
  readonly values: readonly Value[]
}

const METHOD_CALL = 1
const METHOD_RETURN = 2
const ERROR = 3
const FIELD = { path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5, destination: 6, signature: 8 } as const
const FIXED_HEADER = 16
/** Far above any answer that we ask for; the specification allows 128 MiB. */
const MAX_MESSAGE = 1 << 20
const MAX_DEPTH = 16
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

/** Thrown inside this file only. */
class MalformedMessage extends Error {}

class Unmarshaller {
  readonly #view: DataView
  readonly #little: boolean
  #at: number

  constructor(bytes: Bytes, little: boolean, at: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#little = little
    this.#at = at
  }

  get at(): number {
    return this.#at
  }

  align(to: number): void {
    this.#at = Math.ceil(this.#at / to) * to
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u32(): number {
    this.align(4)
    return this.#view.getUint32(this.#take(4), this.#little)
  }

  /** All values of a signature, in order. */
  values(signature: string, depth = 0): Value[] {
    const values: Value[] = []
    for (let rest = signature; rest !== '';) {
      const type = firstType(rest)
      values.push(this.#value(type, depth))
      rest = rest.slice(type.length)
    }
    return values
  }

  #value(type: string, depth: number): Value {
    if (depth > MAX_DEPTH) throw new MalformedMessage()
    switch (type[0]) {
      case 'y':
        return this.byte()
      case 'b':
        return this.u32() !== 0
      case 'n':
        this.align(2)
        return this.#view.getInt16(this.#take(2), this.#little)
      case 'q':
        this.align(2)
        return this.#view.getUint16(this.#take(2), this.#little)
      case 'i':
        this.align(4)
        return this.#view.getInt32(this.#take(4), this.#little)
      case 'u':
      case 'h':
        return this.u32()
      case 'x':
        this.align(8)
        return this.#view.getBigInt64(this.#take(8), this.#little)
      case 't':
        this.align(8)
        return this.#view.getBigUint64(this.#take(8), this.#little)
      case 'd':
        this.align(8)
        return this.#view.getFloat64(this.#take(8), this.#little)
      case 's':
      case 'o':
        return this.#text(this.u32())
      case 'g':
        return this.#text(this.byte())
      case 'v': {
        const [value] = this.values(oneType(this.#text(this.byte())), depth + 1)
        if (value === undefined) throw new MalformedMessage()
        return value
      }
      case '(':
      case '{':
        this.align(8)
        return this.values(type.slice(1, -1), depth + 1)
      case 'a':
        return this.#array(type.slice(1), depth + 1)
      default:
        throw new MalformedMessage()
    }
  }

  #array(type: string, depth: number): Value[] {
    const length = this.u32()
    this.align(alignmentOf(type))
    const end = this.#at + length
    if (end > this.#view.byteLength) throw new MalformedMessage()
    const values: Value[] = []
    while (this.#at < end) values.push(this.#value(type, depth))
    if (this.#at !== end) throw new MalformedMessage()
    return values
  }

  #text(length: number): string {
    const start = this.#take(length + 1)
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length)
    return new TextDecoder().decode(bytes)
  }

  #take(length: number): number {
    const start = this.#at
    if (start + length > this.#view.byteLength) throw new MalformedMessage()
    this.#at = start + length
    return start
  }
}

function alignmentOf(type: string): number {
  if ('xtd({'.includes(type[0] ?? '')) return 8
  if ('nq'.includes(type[0] ?? '')) return 2
  return 'ygv'.includes(type[0] ?? '') ? 1 : 4
}

/** The first complete type of a signature: one letter, or a container with what it contains. */
function firstType(signature: string, depth = 0): string {
  const first = signature[0]
  if (first === undefined || depth > MAX_DEPTH) throw new MalformedMessage()
  if (first === 'a') return first + firstType(signature.slice(1), depth + 1)
  if (first !== '(' && first !== '{') return first
  let length = 1
  while (signature[length] !== (first === '(' ? ')' : '}')) {
    length += firstType(signature.slice(length), depth + 1).length
  }
  return signature.slice(0, length + 1)
}

function oneType(signature: string): string {
  if (firstType(signature) !== signature) throw new MalformedMessage()
  return signature
}

/** How long the message at the start of `bytes` is: `undefined` while that cannot be told, `0` if it is not a message. */
export function messageLength(bytes: Bytes): number | undefined {
  if (bytes.length < FIXED_HEADER) return undefined
  if (bytes[0] !== 0x6c && bytes[0] !== 0x42) return 0
  const header = new Unmarshaller(bytes, bytes[0] === 0x6c, 4)
  const bodyLength = header.u32()
  header.u32()
  const fieldsLength = header.u32()
  const length = Math.ceil((FIXED_HEADER + fieldsLength) / 8) * 8 + bodyLength
  return length > MAX_MESSAGE ? 0 : length
}

/** `undefined` for everything that answers no call of ours, and for what is malformed. */
export function decodeReply(message: Bytes): Reply | undefined {
  if (messageLength(message) !== message.length) return undefined
  const type = message[1]
  if (type !== METHOD_RETURN && type !== ERROR) return undefined
  try {
    const reader = new Unmarshaller(message, message[0] === 0x6c, 12)
    const fields = new Map<number, Value>()
    const [list] = reader.values('a(yv)')
    for (const entry of Array.isArray(list) ? list : []) {
      if (!Array.isArray(entry)) continue
      const [code, value] = entry
      if (typeof code === 'number' && value !== undefined) fields.set(code, value)
    }
    reader.align(8)
    const replyTo = fields.get(FIELD.replySerial)
    const signature = fields.get(FIELD.signature) ?? ''
    const error = type === ERROR ? String(fields.get(FIELD.errorName)) : undefined
    if (typeof replyTo !== 'number' || typeof signature !== 'string') return undefined
    const values = reader.values(signature)
    return reader.at === message.length ? { replyTo, error, values } : undefined
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined
    throw error
  }
}
