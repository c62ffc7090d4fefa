/**
 * PathOffer (R26): one end of a direct path, `pathId u32 | fingerprint [32] | ufrag var8 | pwd var8 | count u8 | candidate var8…`.
 * Its texts end up in an SDP, so their alphabet is checked here: a line break in one would write lines of its own.
 */
import type { Bytes } from '../base/bytes.ts'
import { type ByteReader, MalformedError } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'

export const FINGERPRINT_LENGTH = 32
export const CANDIDATES_MAX = 32

export interface PathOffer {
  /** Chosen by the caller, rising; the callee answers with the same. */
  readonly pathId: number
  /** SHA-256 of the DTLS certificate. */
  readonly fingerprint: Bytes
  readonly iceUfrag: string
  readonly icePwd: string
  /** `candidate:…` of RFC 8839 section 5.1 without `a=`; at most 32. */
  readonly candidates: readonly string[]
}

/** RFC 8839 section 5.4: `4*256ice-char` and `22*256ice-char`; one byte of length makes it 255. */
const UFRAG = /^[A-Za-z0-9+/]{4,255}$/
const PWD = /^[A-Za-z0-9+/]{22,255}$/
const CANDIDATE = /^candidate:[\x20-\x7e]{1,245}$/

export function encodePathOffer(offer: PathOffer): Uint8Array {
  if (offer.candidates.length > CANDIDATES_MAX) throw new RangeError('too many candidates')
  const writer = new ByteWriter()
    .u32(offer.pathId)
    .fixed(offer.fingerprint, FINGERPRINT_LENGTH)
    .var8(ascii(offer.iceUfrag, UFRAG))
    .var8(ascii(offer.icePwd, PWD))
    .u8(offer.candidates.length)
  for (const candidate of offer.candidates) writer.var8(ascii(candidate, CANDIDATE))
  return writer.finish()
}

export function readPathOffer(reader: ByteReader): PathOffer {
  const pathId = reader.u32()
  const fingerprint = reader.fixed(FINGERPRINT_LENGTH)
  const iceUfrag = readAscii(reader, UFRAG)
  const icePwd = readAscii(reader, PWD)
  const count = reader.u8()
  if (count > CANDIDATES_MAX) throw new MalformedError('too many candidates')
  return {
    pathId,
    fingerprint,
    iceUfrag,
    icePwd,
    candidates: Array.from({ length: count }, () => readAscii(reader, CANDIDATE)),
  }
}

/** What `encodePathOffer` takes: an ICE library may find candidates that do not fit. */
export function isCandidate(text: string): boolean {
  return CANDIDATE.test(text)
}

function ascii(text: string, form: RegExp): Uint8Array {
  if (!form.test(text)) throw new RangeError('not of the form that the field has')
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function readAscii(reader: ByteReader, form: RegExp): string {
  const text = String.fromCharCode(...reader.var8())
  if (!form.test(text)) throw new MalformedError('not of the form that the field has')
  return text
}
