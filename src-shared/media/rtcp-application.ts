/**
 * The profile's one application-defined packet (RFC 3550 section 6.7; docs/protocol/media.md, section 2): which payload
 * types its sender can decode in streams of the kind that the compound is about.
 */
import { type ByteReader, MalformedError } from '../base/reader.ts'
import type { ByteWriter } from '../base/writer.ts'

export interface DecodableFormats {
  readonly kind: 'decodable-formats'
  readonly sender: number
  /** All different. Those that this version has no format for are among them. */
  readonly payloadTypes: readonly number[]
}

/** ASCII "SLIN". */
const NAME = 0x534c_494e
/** The subtype, which stands where other packets have a count. */
export const DECODABLE_FORMATS = 0
const MAX_PAYLOAD_TYPE = 0x7f

/** Packets of other names and subtypes are somebody else's, or a later version's. */
export function readApplication(body: ByteReader, subtype: number): DecodableFormats | 'unknown' {
  const sender = body.u32()
  if (body.u32() !== NAME || subtype !== DECODABLE_FORMATS) {
    body.rest()
    return 'unknown'
  }
  const payloadTypes = [...body.var8()]
  if (payloadTypes.some((payloadType) => payloadType > MAX_PAYLOAD_TYPE)) throw new MalformedError('payload type')
  if (new Set(payloadTypes).size < payloadTypes.length) throw new MalformedError('the same payload type twice')
  while (body.offset % 4 !== 0) if (body.u8() !== 0) throw new MalformedError('APP padding')
  return { kind: 'decodable-formats', sender, payloadTypes }
}

export function writeApplication(body: ByteWriter, { sender, payloadTypes }: DecodableFormats): void {
  body.u32(sender).u32(NAME).var8(Uint8Array.from(payloadTypes))
  for (let length = 1 + payloadTypes.length; length % 4 !== 0; length++) body.u8(0)
}
