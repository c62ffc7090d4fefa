/**
 * What a device and the relay say to one another on the data channel `control` (docs/protocol/service.md, section 5, and
 * docs/protocol/group.md, section 5.2): `kind u8 | peer [8] | payload`. The relay reads nothing but this; a message's content is
 * sealed end to end. Media do not pass here: RTP and RTCP go as they are on the connection's one track.
 *
 * | kind | direction | peer | payload |
 * |---|---|---|---|
 * | 1 Message | both | receiver, or zero for all in a group's room; on arrival: sender | opaque |
 * | 2 Receivers | device → relay | zero | `count u8 | peer [8]…`: who gets this device's packets from now on; not in a group's room |
 * | 3 Left | relay → device | who is gone from the room | none; in a call's room only for members that had sent this device a message |
 * | 4 KeepAlive | both | zero | none; the relay sends each one back at once |
 * | 5 Submit | device → relay | zero | `count u8 | entry var16…`: to be appended to the group's chain, all or none |
 * | 6 Entries | relay → device | zero | `first u32 | length u32 | count u8 | entry var16…`: from `first` on, of a chain of `length` |
 * | 7 Refused | relay → device | zero | `length u32 | reason u8`: the answer to a Submit that changed nothing |
 * | 8 Entered | relay → device | who is here | none; only in a group's room |
 * | 9 Want | device → relay | zero | `downlink u32 | count u8 | (peer [8] | layer u8)…`: whose pictures it looks at, the whole list |
 * | 10 Wanted | relay → device | zero | `layers u8 | keyframes u8`: bit n for layer n of its picture |
 * | 11 Missing | both | zero | `ssrc u32 | count u8 | sequence u16…`: packets that did not arrive |
 * | 12 Keyframe | device → relay | whose picture cannot go on | none |
 * | 13 Arrivals | relay → device | zero | `report var16`: when its packets came in, an RTCP packet of RFC 8888 |
 */
import { type Bytes, fromHex, toHex } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import { unreachable } from '../base/result.ts'
import { type Ms, SECOND } from '../base/time.ts'
import { ByteWriter } from '../base/writer.ts'
import { ENTRY_MAX } from '../group/entry.ts'
import { namedCodes } from './named-codes.ts'

/** The first 8 bytes of a device's certHash, lower-case hexadecimal: how members of a relay room address each other. */
export type MemberAddress = string

export const MEMBER_ADDRESS_LENGTH = 8
/** The largest group has 33 members, so each has 32 others. */
export const RELAY_RECEIVERS_MAX = 32
/** Bytes of any payload. An Accept takes 2.8 kB, a group's record 9.1 kB, an entry that adds somebody 3.1 kB. */
export const RELAY_MESSAGE_MAX = 65_000
/** Entries of a group's chain in one frame. */
export const RELAY_ENTRIES_MAX = 64
/** A device sends a KeepAlive this often; a relay hears every member at least so often. */
export const RELAY_KEEP_ALIVE: Ms = 1.5 * SECOND
/** Without any frame or packet for so long the connection is dead, seen from either side: three KeepAlives were lost on a reliable channel. */
export const RELAY_SILENCE: Ms = 5 * SECOND

/** Packets in one Missing. */
export const MISSING_MAX = 64
/** Layers of a picture are numbered 0 to 7. */
export const LAYERS_MAX = 8

/** A member's picture that is looked at, and the largest layer of it that makes a difference. */
export interface PictureWant {
  readonly member: MemberAddress
  readonly layer: number
}

export type RelayFrame =
  | { readonly kind: 'message'; readonly peer: MemberAddress; readonly message: Bytes }
  | { readonly kind: 'receivers'; readonly receivers: readonly MemberAddress[] }
  | { readonly kind: 'left'; readonly peer: MemberAddress }
  | { readonly kind: 'keep-alive' }
  | { readonly kind: 'submit'; readonly entries: readonly Bytes[] }
  | { readonly kind: 'entries'; readonly first: number; readonly length: number; readonly entries: readonly Bytes[] }
  | { readonly kind: 'refused'; readonly length: number; readonly reason: SubmitRefusal }
  | { readonly kind: 'entered'; readonly peer: MemberAddress }
  /** The most important first. `downlink`: what the network carries towards the device, kbit/s; 0: no limit was met. */
  | { readonly kind: 'want'; readonly downlink: number; readonly pictures: readonly PictureWant[] }
  /** Which layers of the own picture anybody gets, and of which a keyframe is needed, ascending. */
  | { readonly kind: 'wanted'; readonly layers: readonly number[]; readonly keyframes: readonly number[] }
  | { readonly kind: 'missing'; readonly ssrc: number; readonly sequenceNumbers: readonly number[] }
  | { readonly kind: 'keyframe'; readonly peer: MemberAddress }
  | { readonly kind: 'arrivals'; readonly report: Bytes }

const SUBMIT_REFUSALS = [
  'not-next' /* another entry was first, or the first of these is not the next */,
  'does-not-count' /* R28, or a rule of the room */,
  'too-long' /* the chain is as long as chains may be */,
  'present' /* removes a device as lost that is in the room (R34) */,
] as const

/** Why nothing of a Submit was appended. */
export type SubmitRefusal = (typeof SUBMIT_REFUSALS)[number]

const MESSAGE = 1
const RECEIVERS = 2
const LEFT = 3
const KEEP_ALIVE = 4
const SUBMIT = 5
const ENTRIES = 6
const REFUSED = 7
const ENTERED = 8
const WANT = 9
const WANTED = 10
const MISSING = 11
const KEYFRAME = 12
const ARRIVALS = 13
const KINDS = [
  MESSAGE,
  RECEIVERS,
  LEFT,
  KEEP_ALIVE,
  SUBMIT,
  ENTRIES,
  REFUSED,
  ENTERED,
  WANT,
  WANTED,
  MISSING,
  KEYFRAME,
  ARRIVALS,
] as const
const NOBODY: MemberAddress = '0'.repeat(2 * MEMBER_ADDRESS_LENGTH)
/** As the receiver of a message: all others in a group's room. */
export const EVERYBODY: MemberAddress = NOBODY
const refusals = namedCodes(SUBMIT_REFUSALS)

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
    case 'submit':
      if (frame.entries.length === 0) throw new RangeError('nothing to submit')
      return withEntries(header(SUBMIT, NOBODY), frame.entries)
    case 'entries':
      return withEntries(header(ENTRIES, NOBODY).u32(frame.first).u32(frame.length), frame.entries)
    case 'refused':
      return header(REFUSED, NOBODY).u32(frame.length).u8(refusals.code(frame.reason)).finish()
    case 'entered':
      return header(ENTERED, frame.peer).finish()
    case 'want': {
      if (frame.pictures.length > RELAY_RECEIVERS_MAX) throw new RangeError('too many pictures')
      const writer = header(WANT, NOBODY).u32(frame.downlink).u8(frame.pictures.length)
      for (const { member, layer } of frame.pictures) writer.fixed(fromHex(member), MEMBER_ADDRESS_LENGTH).u8(layer)
      return writer.finish()
    }
    case 'wanted':
      return header(WANTED, NOBODY).u8(bitsOf(frame.layers)).u8(bitsOf(frame.keyframes)).finish()
    case 'missing': {
      const { ssrc, sequenceNumbers } = frame
      if (sequenceNumbers.length === 0 || sequenceNumbers.length > MISSING_MAX) throw new RangeError('none or too many')
      const writer = header(MISSING, NOBODY).u32(ssrc).u8(sequenceNumbers.length)
      for (const sequenceNumber of sequenceNumbers) writer.u16(sequenceNumber)
      return writer.finish()
    }
    case 'keyframe':
      return header(KEYFRAME, frame.peer).finish()
    case 'arrivals':
      return header(ARRIVALS, NOBODY).var16(frame.report).finish()
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

/** How many of `entries` from `from` on one frame takes: at least one, if there are any. */
export function entriesThatFit(entries: readonly Bytes[], from: number): number {
  // `first`, `length` and `count` stand before them.
  let left = RELAY_MESSAGE_MAX - 9
  let count = 0
  for (const entry of entries.slice(from, from + RELAY_ENTRIES_MAX)) {
    left -= 2 + entry.length
    if (left < 0) break
    count += 1
  }
  return count
}

function withEntries(writer: ByteWriter, entries: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  if (entries.length > RELAY_ENTRIES_MAX) throw new RangeError('too many entries')
  writer.u8(entries.length)
  for (const entry of entries) {
    if (entry.length > ENTRY_MAX) throw new RangeError('entry too long')
    writer.var16(entry)
  }
  const frame = writer.finish()
  if (frame.length > 1 + MEMBER_ADDRESS_LENGTH + RELAY_MESSAGE_MAX) throw new RangeError('entries of too many bytes')
  return frame
}

function readFrame(reader: ByteReader): RelayFrame {
  const kind = reader.oneOf(KINDS, reader.u8())
  const peer = readAddress(reader)
  if (reader.remaining > RELAY_MESSAGE_MAX) throw new MalformedError('payload too long')
  switch (kind) {
    case MESSAGE:
      return { kind: 'message', peer, message: reader.rest() }
    case RECEIVERS:
      requireNobody(peer)
      return { kind: 'receivers', receivers: readReceivers(reader) }
    case LEFT:
      return { kind: 'left', peer }
    case KEEP_ALIVE:
      requireNobody(peer)
      return { kind: 'keep-alive' }
    case SUBMIT:
      requireNobody(peer)
      return { kind: 'submit', entries: readEntries(reader, 1) }
    case ENTRIES:
      requireNobody(peer)
      return { kind: 'entries', first: reader.u32(), length: reader.u32(), entries: readEntries(reader, 0) }
    case REFUSED:
      requireNobody(peer)
      return { kind: 'refused', length: reader.u32(), reason: refusals.read(reader) }
    case ENTERED:
      return { kind: 'entered', peer }
    case WANT:
      requireNobody(peer)
      return { kind: 'want', downlink: reader.u32(), pictures: readPictures(reader) }
    case WANTED:
      requireNobody(peer)
      return { kind: 'wanted', layers: layersOf(reader.u8()), keyframes: layersOf(reader.u8()) }
    case MISSING:
      requireNobody(peer)
      return { kind: 'missing', ssrc: reader.u32(), sequenceNumbers: readSequenceNumbers(reader) }
    case KEYFRAME:
      return { kind: 'keyframe', peer }
    case ARRIVALS:
      requireNobody(peer)
      return { kind: 'arrivals', report: reader.var16(RELAY_MESSAGE_MAX) }
    default:
      return unreachable(kind)
  }
}

function readReceivers(reader: ByteReader): MemberAddress[] {
  const count = reader.u8()
  if (count > RELAY_RECEIVERS_MAX) throw new MalformedError('too many receivers')
  return Array.from({ length: count }, () => readAddress(reader))
}

function readPictures(reader: ByteReader): PictureWant[] {
  const count = reader.u8()
  if (count > RELAY_RECEIVERS_MAX) throw new MalformedError('too many pictures')
  return Array.from({ length: count }, () => {
    const member = readAddress(reader)
    const layer = reader.u8()
    if (layer >= LAYERS_MAX) throw new MalformedError('no such layer')
    return { member, layer }
  })
}

function readSequenceNumbers(reader: ByteReader): number[] {
  const count = reader.u8()
  if (count === 0 || count > MISSING_MAX) throw new MalformedError('too many packets, or none')
  return Array.from({ length: count }, () => reader.u16())
}

function bitsOf(layers: readonly number[]): number {
  return layers.reduce((bits, layer) => bits | (1 << layer), 0)
}

function layersOf(bits: number): number[] {
  return Array.from({ length: LAYERS_MAX }, (_, layer) => layer).filter((layer) => ((bits >> layer) & 1) === 1)
}

function readEntries(reader: ByteReader, min: number): Uint8Array[] {
  const count = reader.u8()
  if (count < min || count > RELAY_ENTRIES_MAX) throw new MalformedError('too many entries, or none')
  return Array.from({ length: count }, () => reader.var16(ENTRY_MAX))
}

function readAddress(reader: ByteReader): MemberAddress {
  return toHex(reader.fixed(MEMBER_ADDRESS_LENGTH))
}

function requireNobody(peer: MemberAddress): void {
  if (peer !== NOBODY) throw new MalformedError('this kind of frame names nobody')
}
