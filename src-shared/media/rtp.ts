/**
 * src-shared/media: RTP and RTCP, payload formats, buffers and statistics of one call's media, as pure pieces. No codec,
 * no encryption, no socket, no timer: every call that depends on time gets `now`, milliseconds on one monotonic local
 * clock that all pieces of a call share. This file: RTP packets in the clear (RFC 3550 section 5.1) with header
 * extensions (RFC 8285).
 *
 * Sending one stream, and receiving one:
 *
 *     const sender = new RtpSender({ ssrc: newSsrc('video', random, used), clockRate: clockRateOf('video'), random })
 *     const packetizer = videoPacketizer('VP8', firstPictureId)
 *     // for each encoded frame; `answers` is a KeyframeAnswers, asked before the frame was encoded
 *     const payloads = packetizer.packetize({ data, keyframe })
 *     const packets = sender.packets({ payloadType: payloadTypeOf('VP8'), payloads, timestampUs, capturedAt, marker: true })
 *     // protect, send; once a second protect and send buildRtcp([sender.senderReport(now, blocks) ?? receiverReport, …])
 *
 *     const receiver = new VideoReceiver()
 *     // for each packet that `isRtcp` and `kindOfSsrc` led to the right key, and that was authentic
 *     receiver.insert(packet, now)
 *     for (const frame of receiver.poll(now)) decode(frame)
 *     if (receiver.takeKeyframeRequest(now, roundTrip)) sendPli()
 *     // poll again at receiver.nextPollAt(now)
 *
 * `AudioReceiver` is the same for sound, but is pulled: one `pull` for each 20 ms that the output needs.
 */
import { type Bytes, concatBytes } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'

/** The payload, with its descriptor, of the packets that this side makes; bytes. */
export const MAX_PAYLOAD_LENGTH = 1100

/** The whole packet before protection; bytes. With two SRTP layers around it, it stays below 1456 (docs/protocol/media.md, section 5). */
export const MAX_PACKET_LENGTH = 1200

export interface HeaderExtension {
  /** 1 to 14 in the one-byte form, 1 to 255 in the two-byte form. */
  readonly id: number
  readonly data: Bytes
}

export interface RtpPacket {
  readonly payloadType: number
  readonly marker: boolean
  readonly sequenceNumber: number
  readonly timestamp: number
  readonly ssrc: number
  readonly csrcs: readonly number[]
  /** Empty also for an extension of a form that is neither of RFC 8285: such a one is skipped. */
  readonly extensions: readonly HeaderExtension[]
  /** Without padding. */
  readonly payload: Bytes
}

const VERSION = 2
const FIXED_LENGTH = 12
const ONE_BYTE_PROFILE = 0xbede
/** The low four bits are free ("appbits"). */
const TWO_BYTE_PROFILE = 0x1000

/** RFC 5761 section 4: told by the second byte, which is never encrypted. */
export function isRtcp(packet: Bytes): boolean {
  const type = packet[1] ?? 0
  return type >= 192 && type <= 223
}

/** `undefined` if any length does not fit, the version is not 2, or a header extension is malformed. */
/** Of an RTP packet, protected or not: this part is in the clear (RFC 3550 section 5.1). */
export function ssrcOf(packet: Bytes): number {
  return new DataView(packet.buffer, packet.byteOffset, packet.byteLength).getUint32(8)
}

/** Like `ssrcOf`. */
export function sequenceNumberOf(packet: Bytes): number {
  return new DataView(packet.buffer, packet.byteOffset, packet.byteLength).getUint16(2)
}

export function parseRtp(bytes: Bytes): RtpPacket | undefined {
  return parse(bytes, (reader) => {
    const first = reader.u8()
    if (first >> 6 !== VERSION) throw new MalformedError('RTP version')
    const second = reader.u8()
    const sequenceNumber = reader.u16()
    const timestamp = reader.u32()
    const ssrc = reader.u32()
    const csrcs: number[] = []
    for (let i = 0; i < (first & 0x0f); i++) csrcs.push(reader.u32())
    const extensions = (first & 0x10) !== 0 ? readExtensions(reader) : []
    const rest = reader.rest()
    const payload = (first & 0x20) !== 0 ? withoutPadding(rest) : rest
    return {
      payloadType: second & 0x7f,
      marker: second >> 7 === 1,
      sequenceNumber,
      timestamp,
      ssrc,
      csrcs,
      extensions,
      payload,
    }
  })
}

/** The last byte counts the padding, itself included. */
function withoutPadding(payload: Uint8Array<ArrayBuffer>): Bytes {
  const count = payload[payload.length - 1] ?? 0
  if (count === 0 || count > payload.length) throw new MalformedError('RTP padding')
  return payload.subarray(0, payload.length - count)
}

function readExtensions(reader: ByteReader): HeaderExtension[] {
  const profile = reader.u16()
  const body = reader.fixed(reader.u16() * 4)
  const oneByte = profile === ONE_BYTE_PROFILE
  if (!oneByte && (profile & 0xfff0) !== TWO_BYTE_PROFILE) return []
  const extensions: HeaderExtension[] = []
  for (let at = 0; at < body.length;) {
    const head = body[at++] ?? 0
    const id = oneByte ? head >> 4 : head
    if (head === 0) continue // padding
    // RFC 8285 section 4.2: id 15, and id 0 with a length, end the reading; what came before them counts.
    if (oneByte && (id === 0 || id === 15)) break
    const length = oneByte ? (head & 0x0f) + 1 : body[at++]
    if (length === undefined || at + length > body.length) throw new MalformedError('RTP header extension')
    extensions.push({ id, data: body.subarray(at, at + length) })
    at += length
  }
  return extensions
}

/** A field out of range is a defect of ours and throws. */
export function buildRtp(packet: RtpPacket): Uint8Array<ArrayBuffer> {
  const { csrcs, extensions, payload } = packet
  checkRange(csrcs.length, 15)
  checkRange(packet.payloadType, 0x7f)
  checkRange(packet.sequenceNumber, 0xffff)
  checkRange(packet.timestamp, 0xffff_ffff)
  checkRange(packet.ssrc, 0xffff_ffff)
  const extension = extensions.length === 0 ? new Uint8Array() : buildExtensions(extensions)
  const extensionAt = FIXED_LENGTH + 4 * csrcs.length
  const bytes = new Uint8Array(extensionAt + extension.length + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, (VERSION << 6) | (extensions.length === 0 ? 0 : 0x10) | csrcs.length)
  view.setUint8(1, (packet.marker ? 0x80 : 0) | packet.payloadType)
  view.setUint16(2, packet.sequenceNumber)
  view.setUint32(4, packet.timestamp)
  view.setUint32(8, packet.ssrc)
  csrcs.forEach((csrc, i) => {
    checkRange(csrc, 0xffff_ffff)
    view.setUint32(FIXED_LENGTH + 4 * i, csrc)
  })
  bytes.set(extension, extensionAt)
  bytes.set(payload, extensionAt + extension.length)
  return bytes
}

/** The one-byte form where it suffices, for its size. */
function buildExtensions(extensions: readonly HeaderExtension[]): Uint8Array<ArrayBuffer> {
  const oneByte = extensions.every(({ id, data }) => id <= 14 && data.length >= 1 && data.length <= 16)
  const parts: Bytes[] = []
  for (const { id, data } of extensions) {
    checkRange(id - 1, 0xfe)
    checkRange(data.length, 0xff)
    parts.push(Uint8Array.of(...(oneByte ? [(id << 4) | (data.length - 1)] : [id, data.length])), data)
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const words = Math.ceil(length / 4)
  const head = new Uint8Array(4)
  const view = new DataView(head.buffer)
  view.setUint16(0, oneByte ? ONE_BYTE_PROFILE : TWO_BYTE_PROFILE)
  view.setUint16(2, words)
  return concatBytes(head, ...parts, new Uint8Array(4 * words - length))
}

function checkRange(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`RTP field out of range: ${String(value)}`)
}
