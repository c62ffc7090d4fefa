/**
 * Accept, callee → caller over the relay: a clear part `ver u8=1 | 2 u8 | callId [16] | inviteMsgId [16] | x25519 [32] | kemCt [1088]`
 * and `box var16`, which holds `calleeCert [1465] | listVersion u32 | listHash [32] | suite u16 | media u8 | sig [64]`.
 */
import { type Bytes, concatBytes } from '../base/bytes.ts'
import { MalformedError, parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { GCM_TAG_LENGTH } from '../crypto/aead.ts'
import { KEM_CIPHERTEXT_LENGTH, X25519_LENGTH } from '../crypto/agreement.ts'
import { SIGNATURE_LENGTH } from '../crypto/primitives.ts'
import {
  type Certificate,
  CERTIFICATE_LENGTH,
  HASH_LENGTH,
  PROTOCOL_VERSION,
  readCertificate,
} from '../identity/certificate.ts'
import { CALL_ID_LENGTH } from './invite.ts'
import { mediaBits, type MediaKinds, readMediaKinds } from './media-kinds.ts'

export const MESSAGE_ID_LENGTH = 16
const ACCEPT_TYPE = 2
const BOX_SIGNED_LENGTH = CERTIFICATE_LENGTH + 4 + HASH_LENGTH + 2 + 1
const BOX_LENGTH = BOX_SIGNED_LENGTH + SIGNATURE_LENGTH + GCM_TAG_LENGTH

export interface AcceptClear {
  readonly callId: Bytes
  /** The message id of the envelope that this answers: tells the caller which envDigest to use. */
  readonly inviteMessageId: Bytes
  readonly x25519: Bytes
  readonly kemCt: Bytes
}

export interface Accept extends AcceptClear {
  /** The clear part as it travelled: what TH1 covers. */
  readonly clear: Bytes
  readonly box: Bytes
}

export interface AcceptBox {
  readonly certificate: Certificate
  readonly listVersion: number
  readonly listHash: Bytes
  readonly suite: number
  readonly media: MediaKinds
}

export function encodeAcceptClear(clear: AcceptClear): Uint8Array {
  return new ByteWriter()
    .u8(PROTOCOL_VERSION)
    .u8(ACCEPT_TYPE)
    .fixed(clear.callId, CALL_ID_LENGTH)
    .fixed(clear.inviteMessageId, MESSAGE_ID_LENGTH)
    .fixed(clear.x25519, X25519_LENGTH)
    .fixed(clear.kemCt, KEM_CIPHERTEXT_LENGTH)
    .finish()
}

export function encodeAccept(clear: Bytes, box: Bytes): Uint8Array {
  return new ByteWriter().raw(clear).var16(box).finish()
}

export function parseAccept(bytes: Bytes): Accept | undefined {
  return parse(bytes, (reader) => {
    reader.oneOf([PROTOCOL_VERSION], reader.u8())
    reader.oneOf([ACCEPT_TYPE], reader.u8())
    const fields = {
      callId: reader.fixed(CALL_ID_LENGTH),
      inviteMessageId: reader.fixed(MESSAGE_ID_LENGTH),
      x25519: reader.fixed(X25519_LENGTH),
      kemCt: reader.fixed(KEM_CIPHERTEXT_LENGTH),
    }
    const clear = reader.since(0)
    const box = reader.var16(BOX_LENGTH)
    if (box.length !== BOX_LENGTH) throw new MalformedError('box of wrong length')
    return { ...fields, clear, box }
  })
}

/** The box's plaintext without its signature: what TH2 covers. */
export function encodeAcceptBox(box: {
  readonly certificate: Bytes
  readonly listVersion: number
  readonly listHash: Bytes
  readonly suite: number
  readonly media: MediaKinds
}): Uint8Array {
  return new ByteWriter()
    .fixed(box.certificate, CERTIFICATE_LENGTH)
    .u32(box.listVersion)
    .fixed(box.listHash, HASH_LENGTH)
    .u16(box.suite)
    .u8(mediaBits(box.media))
    .finish()
}

export function encodeAcceptPlaintext(signed: Bytes, signature: Bytes): Uint8Array {
  return concatBytes(signed, signature)
}

/** The box's plaintext in two: what was signed, parsed and as bytes, and the signature. */
export function parseAcceptPlaintext(
  plaintext: Bytes,
): { readonly box: AcceptBox; readonly signed: Bytes; readonly signature: Bytes } | undefined {
  return parse(plaintext, (reader) => {
    const box = {
      certificate: readCertificate(reader),
      listVersion: reader.u32(),
      listHash: reader.fixed(HASH_LENGTH),
      suite: reader.u16(),
      media: readMediaKinds(reader),
    }
    return { box, signed: reader.since(0), signature: reader.fixed(SIGNATURE_LENGTH) }
  })
}
