/**
 * The envelope's layout (docs/protocol.md, section 2): a clear header that says for whom it is and to which keys it is sealed,
 * and a box. Sealing and opening are `crypto/envelope.ts`.
 */
import { type Bytes, concatBytes } from '../base/bytes.ts'
import { MalformedError, parse } from '../base/reader.ts'
import { DAY, MINUTE, type Ms, SECOND, type UnixMs } from '../base/time.ts'
import { ByteWriter } from '../base/writer.ts'
import { SIV_TAG_LENGTH } from '../crypto/aead.ts'
import { KEM_CIPHERTEXT_LENGTH } from '../crypto/agreement.ts'
import { P256_PUBLIC_LENGTH, SIGNATURE_LENGTH } from '../crypto/primitives.ts'
import {
  type Certificate,
  CERTIFICATE_LENGTH,
  HASH_LENGTH,
  PROTOCOL_VERSION,
  readCertificate,
} from '../identity/certificate.ts'
import { MESSAGE_ID_LENGTH } from './accept.ts'
import { namedCodes } from './named-codes.ts'
import { type PrekeyKind, prekeyKinds } from './prekey.ts'

export type EnvelopeType = 'invite' | 'cancel' | 'group-invite' | 'message' | 'answered' | 'reply' | 'knock'

const types = namedCodes<EnvelopeType>(['invite', 'cancel', 'group-invite', 'message', 'answered', 'reply', 'knock'])

/** R13: how long a message of each type may live at most. */
export const ENVELOPE_LIFE: Readonly<Record<EnvelopeType, Ms>> = {
  invite: 60 * SECOND,
  cancel: 30 * DAY,
  'group-invite': DAY,
  message: 30 * DAY,
  answered: 30 * DAY,
  reply: 30 * DAY,
  knock: 10 * MINUTE,
}

/** Bytes; keeps a whole envelope below 2^16. */
export const PAYLOAD_MAX = 61_440
/** The box's plaintext has a length that is a multiple of this: the service cannot tell similar messages apart by size. */
export const PADDING = 256
const FIXED_BODY_LENGTH = CERTIFICATE_LENGTH + 4 + HASH_LENGTH + MESSAGE_ID_LENGTH + 8 + 8 + 1 + 4 + SIGNATURE_LENGTH
const BOX_MAX = Math.ceil((FIXED_BODY_LENGTH + PAYLOAD_MAX) / PADDING) * PADDING + SIV_TAG_LENGTH

export interface EnvelopeHeader {
  /** Which of the device's prekeys it is sealed to, beside the device's own agreement keys (R11). */
  readonly kind: PrekeyKind
  readonly prekeyId: number
  readonly toCertHash: Bytes
  readonly ephemeral: Bytes
  /** To the device's own ML-KEM key. */
  readonly deviceCt: Bytes
  /** To the prekey's ML-KEM key. */
  readonly prekeyCt: Bytes
}

export interface Envelope extends EnvelopeHeader {
  /** Everything before the box, as it travelled. */
  readonly header: Bytes
  readonly box: Bytes
}

/** What the sender says and signs, but for the certificate. */
export interface EnvelopeContent {
  readonly listVersion: number
  readonly listHash: Bytes
  readonly messageId: Bytes
  readonly sentAt: UnixMs
  readonly expiresAt: UnixMs
  readonly type: EnvelopeType
  readonly payload: Bytes
}

export interface EnvelopeBody extends EnvelopeContent {
  readonly certificate: Certificate
  /** From listVersion up to the payload: what envDigest covers. */
  readonly signed: Bytes
  readonly signature: Bytes
}

export function encodeEnvelopeHeader(header: EnvelopeHeader): Uint8Array {
  return new ByteWriter()
    .u8(PROTOCOL_VERSION)
    .u8(prekeyKinds.code(header.kind))
    .fixed(header.toCertHash, HASH_LENGTH)
    .u32(header.prekeyId)
    .fixed(header.ephemeral, P256_PUBLIC_LENGTH)
    .fixed(header.deviceCt, KEM_CIPHERTEXT_LENGTH)
    .fixed(header.prekeyCt, KEM_CIPHERTEXT_LENGTH)
    .finish()
}

export function encodeEnvelope(header: Bytes, box: Bytes): Uint8Array {
  return new ByteWriter().raw(header).var32(box).finish()
}

export function parseEnvelope(bytes: Bytes): Envelope | undefined {
  return parse(bytes, (reader) => {
    reader.oneOf([PROTOCOL_VERSION], reader.u8())
    const fields = {
      kind: prekeyKinds.read(reader),
      toCertHash: reader.fixed(HASH_LENGTH),
      prekeyId: reader.u32(),
      ephemeral: reader.fixed(P256_PUBLIC_LENGTH),
      deviceCt: reader.fixed(KEM_CIPHERTEXT_LENGTH),
      prekeyCt: reader.fixed(KEM_CIPHERTEXT_LENGTH),
    }
    return { ...fields, header: reader.since(0), box: reader.var32(BOX_MAX) }
  })
}

export function encodeEnvelopeContent(content: EnvelopeContent): Uint8Array {
  if (content.payload.length > PAYLOAD_MAX) throw new RangeError('payload too long')
  return new ByteWriter()
    .u32(content.listVersion)
    .fixed(content.listHash, HASH_LENGTH)
    .fixed(content.messageId, MESSAGE_ID_LENGTH)
    .u64(content.sentAt)
    .u64(content.expiresAt)
    .u8(types.code(content.type))
    .var32(content.payload)
    .finish()
}

/** Certificate, content and signature, padded. */
export function encodeEnvelopeBody(certificate: Bytes, signed: Bytes, signature: Bytes): Uint8Array {
  const body = concatBytes(certificate, signed, signature)
  return concatBytes(body, new Uint8Array((PADDING - (body.length % PADDING)) % PADDING))
}

export function parseEnvelopeBody(bytes: Bytes): EnvelopeBody | undefined {
  return parse(bytes, (reader) => {
    if (bytes.length % PADDING !== 0) throw new MalformedError('not padded')
    const certificate = readCertificate(reader)
    const start = reader.offset
    const content = {
      listVersion: reader.u32(),
      listHash: reader.fixed(HASH_LENGTH),
      messageId: reader.fixed(MESSAGE_ID_LENGTH),
      sentAt: reader.u64(),
      expiresAt: reader.u64(),
      type: types.read(reader),
      payload: reader.var32(PAYLOAD_MAX),
    }
    const signed = reader.since(start)
    const signature = reader.fixed(SIGNATURE_LENGTH)
    const padding = reader.rest()
    if (padding.length >= PADDING || padding.some((byte) => byte !== 0)) throw new MalformedError('padding')
    return { certificate, ...content, signed, signature }
  })
}
