/** Replies and errors in the D-Bus wire format (D-Bus specification, "Message Protocol"): foreign bytes, whoever sits on the bus. */
import type { Bytes } from '../../src-shared/base/bytes.ts'

export type Value = string | number | bigint | boolean | readonly Value[]

export interface Reply {
  readonly replyTo: number
  /** `undefined` in a method's return; the error's name otherwise. */
  readonly error: string | undefined
  readonly values: readonly Value[]
}

const METHOD_RETURN = 2
const ERROR = 3
const FIELD = { errorName: 4, replySerial: 5, signature: 8 } as const
const FIXED_HEADER = 16
/** Far above any answer that we ask for; the specification allows 128 MiB. */
const MAX_MESSAGE = 1 << 20
const MAX_DEPTH = 16

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
    for (const entry of isList(list) ? list : []) {
      const [code, value] = isList(entry) ? entry : []
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

function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value)
}
