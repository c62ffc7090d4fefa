/**
 * What a device and the relay say to one another on the data channel `control` (docs/protocol.md, "Relay"): `kind u8 | peer [8] | payload`.
 * The relay reads nothing but this; a message's content is sealed end to end. Media do not pass here: RTP and RTCP go as they are
 * on the connection's one track.
 *
 * | kind | direction | peer | payload |
 * |---|---|---|---|
 * | 1 Message | both | receiver; on arrival: sender | opaque, at most `RELAY_MESSAGE_MAX` |
 * | 2 Receivers | device → relay | zero | `count u8 | peer [8]…`: who gets this device's packets from now on |
 * | 3 Left | relay → device | who is gone from the room | none; only for members that this device has exchanged messages with |
 * | 4 KeepAlive | both | zero | none; the relay sends each one back at once |
 */
import { type Bytes, fromHex, toHex } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import { unreachable } from '../base/result.ts'
import { type Ms, SECOND } from '../base/time.ts'
import { ByteWriter } from '../base/writer.ts'

/** The first 8 bytes of a device's certHash, lower-case hexadecimal: how members of a relay room address each other. */
export type MemberAddress = string

export const MEMBER_ADDRESS_LENGTH = 8
/** The largest group has 33 members, so each has 32 others. */
export const RELAY_RECEIVERS_MAX = 32
/** Bytes. An Accept takes 2.8 kB, a roster of 33 members with certificates about 55 kB. */
export const RELAY_MESSAGE_MAX = 65_000
/** A device sends a KeepAlive this often; a relay hears every member at least so often. */
export const RELAY_KEEP_ALIVE: Ms = 1.5 * SECOND
/** Without any frame or packet for so long the connection is dead, seen from either side: three KeepAlives were lost on a reliable channel. */
export const RELAY_SILENCE: Ms = 5 * SECOND

export type RelayFrame =
  | { readonly kind: 'message'; readonly peer: MemberAddress; readonly message: Bytes }
  | { readonly kind: 'receivers'; readonly receivers: readonly MemberAddress[] }
  | { readonly kind: 'left'; readonly peer: MemberAddress }
  | { readonly kind: 'keep-alive' }

const MESSAGE = 1
const RECEIVERS = 2
const LEFT = 3
const KEEP_ALIVE = 4
const NOBODY: MemberAddress = '0'.repeat(2 * MEMBER_ADDRESS_LENGTH)

export function memberAddress(certHash: Bytes): MemberAddress {
  return toHex(certHash.subarray(0, MEMBER_ADDRESS_LENGTH))
}

export function encodeRelayFrame(frame: RelayFrame): Uint8Array<ArrayBuffer> {
  switch (frame.kind) {
    case 'message': {
      if (frame.message.length > RELAY_MESSAGE_MAX) throw new RangeError('message too long for the relay')
      return header(MESSAGE, frame.peer).raw(frame.message).finish()
    }
    case 'receivers': {
      if (frame.receivers.length > RELAY_RECEIVERS_MAX) throw new RangeError('too many receivers')
      const writer = header(RECEIVERS, NOBODY).u8(frame.receivers.length)
      for (const receiver of frame.receivers) writer.fixed(fromHex(receiver), MEMBER_ADDRESS_LENGTH)
      return writer.finish()
    }
    case 'left':
      return header(LEFT, frame.peer).finish()
    case 'keep-alive':
      return header(KEEP_ALIVE, NOBODY).finish()
    default:
      return unreachable(frame)
  }
}

/** `undefined` for anything that `encodeRelayFrame` does not make. */
export function parseRelayFrame(bytes: Bytes): RelayFrame | undefined {
  return parse(bytes, readFrame)
}

function header(kind: number, peer: MemberAddress): ByteWriter {
  return new ByteWriter().u8(kind).fixed(fromHex(peer), MEMBER_ADDRESS_LENGTH)
}

function readFrame(reader: ByteReader): RelayFrame {
  const kind = reader.oneOf([MESSAGE, RECEIVERS, LEFT, KEEP_ALIVE], reader.u8())
  const peer = readAddress(reader)
  switch (kind) {
    case MESSAGE:
      if (reader.remaining > RELAY_MESSAGE_MAX) throw new MalformedError('message too long')
      return { kind: 'message', peer, message: reader.rest() }
    case RECEIVERS:
      requireNobody(peer)
      return { kind: 'receivers', receivers: readReceivers(reader) }
    case LEFT:
      return { kind: 'left', peer }
    case KEEP_ALIVE:
      requireNobody(peer)
      return { kind: 'keep-alive' }
    default:
      return unreachable(kind)
  }
}

function readReceivers(reader: ByteReader): MemberAddress[] {
  const count = reader.u8()
  if (count > RELAY_RECEIVERS_MAX) throw new MalformedError('too many receivers')
  return Array.from({ length: count }, () => readAddress(reader))
}

function readAddress(reader: ByteReader): MemberAddress {
  return toHex(reader.fixed(MEMBER_ADDRESS_LENGTH))
}

function requireNobody(peer: MemberAddress): void {
  if (peer !== NOBODY) throw new MalformedError('this kind of frame names nobody')
}
