/**
 * RTCP compound packets in the clear (RFC 3550 section 6; reduced size is allowed, RFC 5506). This file frames them;
 * `rtcp-reports.ts`, `rtcp-feedback.ts` and `rtcp-application.ts` hold what is inside. Unknown types and formats are
 * skipped, a known one that is malformed voids the whole compound: nothing is half applied.
 */
import { type Bytes, concatBytes } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import { unreachable } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'
import { DECODABLE_FORMATS, type DecodableFormats, readApplication, writeApplication } from './rtcp-application.ts'
import {
  type Feedback,
  type FeedbackLayer,
  feedbackFormat,
  PAYLOAD_FEEDBACK,
  readFeedback,
  TRANSPORT_FEEDBACK,
  writeFeedback,
} from './rtcp-feedback.ts'
import {
  type Goodbye,
  type ReceiverReport,
  readGoodbye,
  readReceiverReport,
  readSenderReport,
  readSourceDescription,
  type SenderReport,
  type SourceDescription,
  writeGoodbye,
  writeReceiverReport,
  writeSenderReport,
  writeSourceDescription,
} from './rtcp-reports.ts'

export type RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | DecodableFormats | Feedback

const VERSION = 2
const SENDER_REPORT = 200
const RECEIVER_REPORT = 201
const SOURCE_DESCRIPTION = 202
const GOODBYE = 203
const APPLICATION_DEFINED = 204

/** A compound of more packets than this is refused: no sender of the profile needs a tenth of it. */
const MAX_PACKETS = 64

/** The packets of a compound in order, without the unknown ones; `undefined` if it is malformed. */
export function parseRtcp(bytes: Bytes): RtcpPacket[] | undefined {
  return parse(bytes, (reader) => {
    const packets: RtcpPacket[] = []
    for (let count = 0; count === 0 || reader.remaining > 0; count++) {
      if (count === MAX_PACKETS) throw new MalformedError('too many packets')
      const packet = readPacket(reader)
      if (packet !== undefined) packets.push(packet)
    }
    return packets
  })
}

function readPacket(reader: ByteReader): RtcpPacket | undefined {
  const first = reader.u8()
  if (first >> 6 !== VERSION) throw new MalformedError('RTCP version')
  const type = reader.u8()
  if (type < 192 || type > 223) throw new MalformedError('not RTCP')
  let body: Bytes = reader.fixed(reader.u16() * 4)
  if ((first & 0x20) !== 0) {
    // RFC 3550 section 6.4.1: padding only on the last packet, a multiple of four.
    const padding = body[body.length - 1] ?? 0
    if (reader.remaining > 0 || padding === 0 || padding % 4 !== 0 || padding > body.length) {
      throw new MalformedError('RTCP padding')
    }
    body = body.subarray(0, body.length - padding)
  }
  const read = readerOf(type, first & 0x1f)
  if (read === undefined) return undefined
  const packet = parse(body, read)
  if (packet === undefined) throw new MalformedError('RTCP body')
  return packet === 'unknown' ? undefined : packet
}

/** `count` is the five bits of the header: a number of blocks, the format of feedback, or an application's subtype. */
function readerOf(type: number, count: number): ((body: ByteReader) => RtcpPacket | 'unknown') | undefined {
  switch (type) {
    case SENDER_REPORT:
      return (body) => readSenderReport(body, count)
    case RECEIVER_REPORT:
      return (body) => readReceiverReport(body, count)
    case SOURCE_DESCRIPTION:
      return (body) => readSourceDescription(body, count)
    case GOODBYE:
      return (body) => readGoodbye(body, count)
    case APPLICATION_DEFINED:
      return (body) => readApplication(body, count)
    case TRANSPORT_FEEDBACK:
      return (body) => readFeedback(body, 'transport', count)
    case PAYLOAD_FEEDBACK:
      return (body) => readFeedback(body, 'payload', count)
    default:
      return undefined
  }
}

export function buildRtcp(packets: readonly RtcpPacket[]): Uint8Array<ArrayBuffer> {
  if (packets.length === 0) throw new RangeError('an RTCP compound holds at least one packet')
  return concatBytes(...packets.map(buildPacket))
}

function buildPacket(packet: RtcpPacket): Uint8Array<ArrayBuffer> {
  switch (packet.kind) {
    case 'sender-report':
      return framed(SENDER_REPORT, packet.reports.length, (body) => {
        writeSenderReport(body, packet)
      })
    case 'receiver-report':
      return framed(RECEIVER_REPORT, packet.reports.length, (body) => {
        writeReceiverReport(body, packet)
      })
    case 'source-description':
      return framed(SOURCE_DESCRIPTION, packet.chunks.length, (body) => {
        writeSourceDescription(body, packet)
      })
    case 'goodbye':
      return framed(GOODBYE, packet.ssrcs.length, (body) => {
        writeGoodbye(body, packet)
      })
    case 'decodable-formats':
      return framed(APPLICATION_DEFINED, DECODABLE_FORMATS, (body) => {
        writeApplication(body, packet)
      })
    case 'picture-loss':
    case 'full-intra-request':
    case 'negative-acknowledgement':
    case 'congestion-feedback': {
      const { layer, format } = feedbackFormat(packet.kind)
      return framed(feedbackType(layer), format, (body) => {
        writeFeedback(body, packet)
      })
    }
    default:
      return unreachable(packet)
  }
}

function feedbackType(layer: FeedbackLayer): number {
  return layer === 'transport' ? TRANSPORT_FEEDBACK : PAYLOAD_FEEDBACK
}

function framed(type: number, count: number, write: (body: ByteWriter) => void): Uint8Array<ArrayBuffer> {
  if (count > 0x1f) throw new RangeError('more than 31 blocks in one RTCP packet')
  const writer = new ByteWriter()
  write(writer)
  const body = writer.finish()
  if (body.length % 4 !== 0) throw new RangeError('an RTCP packet is a multiple of four bytes')
  return new ByteWriter()
    .u8((VERSION << 6) | count)
    .u8(type)
    .u16(body.length / 4)
    .raw(body)
    .finish()
}
