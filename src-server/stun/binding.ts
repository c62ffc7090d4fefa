/**
 * The one exchange of STUN that a device behind a NAT needs: a Binding request is answered with the address and port
 * that it came from (RFC 8489, sections 5 and 14.2; there called a STUN server of "Basic" kind, section 12).
 */
import { isIPv6 } from 'node:net'

const HEADER_LENGTH = 20
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const MAGIC_COOKIE = 0x2112a442
const XOR_MAPPED_ADDRESS = 0x0020
/** Attributes below must be understood by who answers; the others may be passed over. */
const OPTIONAL_FROM = 0x8000
const FAMILY = { ipv4: 1, ipv6: 2 }
/** A request has a few short attributes; nothing that is longer is worth reading. */
const REQUEST_MAX = 548

export interface Origin {
  /** IPv4 or IPv6, also an IPv4 address as IPv6 sockets write it (`::ffff:192.0.2.1`). */
  readonly address: string
  readonly port: number
}

/** `undefined` for whatever is not a Binding request without conditions: it gets no answer. */
export function bindingResponse(message: Buffer, { address, port }: Origin): Buffer | undefined {
  if (!isPlainRequest(message)) return undefined
  const cookieAndTransaction = message.subarray(4, HEADER_LENGTH)
  const bytes = addressBytes(address)
  if (bytes === undefined) return undefined
  const value = Buffer.alloc(4 + bytes.length)
  value.writeUInt16BE(bytes.length === 4 ? FAMILY.ipv4 : FAMILY.ipv6, 0)
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2)
  for (const [i, byte] of bytes.entries()) value[4 + i] = byte ^ (cookieAndTransaction[i] ?? 0)
  const head = Buffer.alloc(4)
  head.writeUInt16BE(BINDING_SUCCESS, 0)
  head.writeUInt16BE(4 + value.length, 2)
  const attribute = Buffer.alloc(4)
  attribute.writeUInt16BE(XOR_MAPPED_ADDRESS, 0)
  attribute.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, cookieAndTransaction, attribute, value])
}

function isPlainRequest(message: Buffer): boolean {
  if (message.length < HEADER_LENGTH || message.length > REQUEST_MAX || message.length % 4 !== 0) return false
  if (message.readUInt16BE(0) !== BINDING_REQUEST || message.readUInt32BE(4) !== MAGIC_COOKIE) return false
  if (message.readUInt16BE(2) !== message.length - HEADER_LENGTH) return false
  let at = HEADER_LENGTH
  while (at < message.length) {
    if (message.readUInt16BE(at) < OPTIONAL_FROM) return false
    at += 4 + Math.ceil(message.readUInt16BE(at + 2) / 4) * 4
  }
  return at === message.length
}

function addressBytes(address: string): Uint8Array | undefined {
  const ipv4 = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address)
  if (ipv4 !== null) return Uint8Array.from(ipv4.slice(1), Number)
  const [bare = ''] = address.split('%')
  if (!isIPv6(bare)) return undefined
  const [before = '', after] = bare.split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const [front, back] = [groups(before), groups(after ?? '')]
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}
