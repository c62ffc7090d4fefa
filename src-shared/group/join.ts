/**
 * Join (docs/protocol/group.md, section 1.1): a device's own consent to be in this call, once. Without it nobody can add the device (R28).
 * `parseJoin` believes nothing; `verifyJoin` checks all that can be checked without clock, directory and chain.
 */
import { type Bytes, concatBytes, equalBytes } from '../base/bytes.ts'
import { type ByteReader, parse } from '../base/reader.ts'
import { failure, type Result, success } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'
import { hash } from '../crypto/hash.ts'
import { PORTABLE, type Primitives } from '../crypto/primitives.ts'
import { SIGNATURE_LENGTH } from '../crypto/signature.ts'
import {
  type Certificate,
  CERTIFICATE_LENGTH,
  type CertificateSignatureRefusal,
  readCertificate,
  type SignedCertificate,
  verifyCertificateSignatures,
} from '../identity/certificate.ts'
import { HANDLE_MAX, readHandle } from '../identity/handle.ts'
import {
  GROUP_ID_LENGTH,
  type MemberKey,
  MEMBER_KEY_LENGTH,
  type MemberKeyRefusal,
  readMemberKey,
  type VerifiedMemberKey,
  verifyMemberKey,
} from './member-key.ts'
import { orZero, readUnlessZero } from './optional-field.ts'

export const JOIN_NONCE_LENGTH = 16
export const LINK_TAG_LENGTH = 32
/** Bytes, with the longest handle. */
export const JOIN_MAX =
  GROUP_ID_LENGTH +
  CERTIFICATE_LENGTH +
  2 +
  HANDLE_MAX +
  JOIN_NONCE_LENGTH +
  4 +
  MEMBER_KEY_LENGTH +
  LINK_TAG_LENGTH +
  SIGNATURE_LENGTH

const LABEL = 'join'

export interface JoinFields {
  readonly groupId: Bytes
  readonly certificate: Certificate
  /** Under which the directory knows the device's account. A claim until the directory was asked (R35). */
  readonly handle: string
  readonly nonce: Bytes
  /** The first seq at which it may be used: the length of the chain that its device has read. */
  readonly fromSeq: number
  readonly joinKey: MemberKey
  /** R38: of who comes by link; checked by hosts. */
  readonly linkTag: Bytes | undefined
}

export interface Join extends JoinFields {
  readonly bytes: Bytes
  readonly signature: Bytes
}

declare const checked: unique symbol

/** All its signatures fit. Whether the account is who the handle says, and whether the chain takes it, are other questions. */
export type VerifiedJoin = Join & {
  readonly certificate: SignedCertificate
  readonly joinKey: VerifiedMemberKey
  readonly [checked]: 'join'
}

export type JoinRefusal =
  | 'group'
  | 'signature'
  | `certificate-${CertificateSignatureRefusal}`
  | `key-${MemberKeyRefusal}`
  | 'key-epoch' /* not the device's first receive key */

export function issueJoin(fields: JoinFields, deviceSecret: Bytes, primitives: Primitives = PORTABLE): Join {
  const body = new ByteWriter()
    .fixed(fields.groupId, GROUP_ID_LENGTH)
    .fixed(fields.certificate.bytes, CERTIFICATE_LENGTH)
    .text16(fields.handle)
    .fixed(fields.nonce, JOIN_NONCE_LENGTH)
    .u32(fields.fromSeq)
    .fixed(fields.joinKey.bytes, MEMBER_KEY_LENGTH)
    .fixed(orZero(fields.linkTag, LINK_TAG_LENGTH), LINK_TAG_LENGTH)
    .finish()
  const signature = primitives.signDigest(deviceSecret, hash(LABEL, body))
  return { ...fields, bytes: concatBytes(body, signature), signature }
}

export function parseJoin(bytes: Bytes): Join | undefined {
  return parse(bytes, readJoin)
}

export function readJoin(reader: ByteReader): Join {
  const start = reader.offset
  const fields = {
    groupId: reader.fixed(GROUP_ID_LENGTH),
    certificate: readCertificate(reader),
    handle: readHandle(reader),
    nonce: reader.fixed(JOIN_NONCE_LENGTH),
    fromSeq: reader.u32(),
    joinKey: readMemberKey(reader),
    linkTag: readUnlessZero(reader, LINK_TAG_LENGTH),
  }
  const signature = reader.fixed(SIGNATURE_LENGTH)
  return { ...fields, bytes: reader.since(start), signature }
}

/** R28 for the Join in an entry: certificate signatures, minVersion, joinKey, its own signature, and one device and group in all. */
export function verifyJoin(
  join: Join,
  groupId: Bytes,
  primitives: Primitives = PORTABLE,
): Result<VerifiedJoin, JoinRefusal> {
  if (!equalBytes(join.groupId, groupId)) return failure('group')
  if (join.joinKey.epoch !== 0) return failure('key-epoch')
  const certificate = verifyCertificateSignatures(join.certificate, primitives)
  if (!certificate.ok) return failure(`certificate-${certificate.reason}`)
  const { certHash, devicePub } = certificate.value
  const joinKey = verifyMemberKey(join.joinKey, { groupId, certHash, devicePub }, primitives)
  if (!joinKey.ok) return failure(`key-${joinKey.reason}`)
  const digest = hash(LABEL, join.bytes.subarray(0, -SIGNATURE_LENGTH))
  if (!primitives.verifyDigest(devicePub, join.signature, digest)) return failure('signature')
  // The one place where a Join becomes a verified one.
  return success(join as VerifiedJoin)
}
