/**
 * MemberKey (docs/protocol/group.md, section 1.1): the public half of a receive key, which serves one epoch (R31).
 * `parseMemberKey` believes nothing; senders wrap only for what `verifyMemberKey` returns.
 */
import { type Bytes, concatBytes, equalBytes } from '../base/bytes.ts'
import { type ByteReader, parse } from '../base/reader.ts'
import { failure, type Result, success } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'
import { KEM_PUBLIC_LENGTH } from '../crypto/agreement.ts'
import { P256_PUBLIC_LENGTH, SIGNATURE_LENGTH } from '../crypto/primitives.ts'
import { signDigest, verifyDigest } from '../crypto/signature.ts'
import { hash } from '../crypto/hash.ts'
import { HASH_LENGTH } from '../identity/certificate.ts'

export const GROUP_ID_LENGTH = 16
const BODY_LENGTH = GROUP_ID_LENGTH + HASH_LENGTH + 4 + P256_PUBLIC_LENGTH + KEM_PUBLIC_LENGTH
export const MEMBER_KEY_LENGTH = BODY_LENGTH + SIGNATURE_LENGTH

const LABEL = 'member key'

export interface MemberKeyFields {
  readonly groupId: Bytes
  /** Whose it is. */
  readonly certHash: Bytes
  /** Serves the first epoch after this one that its owner enters; 0 in a Join. */
  readonly epoch: number
  readonly p256: Bytes
  readonly kem: Bytes
}

export interface MemberKey extends MemberKeyFields {
  /** All 1365 bytes: what memberKeyHash covers. */
  readonly bytes: Bytes
  readonly signature: Bytes
}

declare const checked: unique symbol

/** A key that its device signed for this group. That it is a point of the curve and an ML-KEM key shows when it is used (R3). */
export type VerifiedMemberKey = MemberKey & { readonly [checked]: 'member-key' }

export type MemberKeyRefusal = 'group' | 'device' /* names another one */ | 'signature'

/** Who must have signed, and for which group. */
export interface GroupDevice {
  readonly groupId: Bytes
  readonly certHash: Bytes
  readonly devicePub: Bytes
}

export function issueMemberKey(fields: MemberKeyFields, deviceSecret: Bytes): VerifiedMemberKey {
  const body = new ByteWriter()
    .fixed(fields.groupId, GROUP_ID_LENGTH)
    .fixed(fields.certHash, HASH_LENGTH)
    .u32(fields.epoch)
    .fixed(fields.p256, P256_PUBLIC_LENGTH)
    .fixed(fields.kem, KEM_PUBLIC_LENGTH)
    .finish()
  const signature = signDigest(deviceSecret, hash(LABEL, body))
  const key: MemberKey = { ...fields, bytes: concatBytes(body, signature), signature }
  // Signed a line above.
  return key as VerifiedMemberKey
}

export function parseMemberKey(bytes: Bytes): MemberKey | undefined {
  return parse(bytes, readMemberKey)
}

/** The next 1365 bytes as a MemberKey, inside a codec. */
export function readMemberKey(reader: ByteReader): MemberKey {
  const start = reader.offset
  const fields = {
    groupId: reader.fixed(GROUP_ID_LENGTH),
    certHash: reader.fixed(HASH_LENGTH),
    epoch: reader.u32(),
    p256: reader.fixed(P256_PUBLIC_LENGTH),
    kem: reader.fixed(KEM_PUBLIC_LENGTH),
  }
  const signature = reader.fixed(SIGNATURE_LENGTH)
  return { ...fields, bytes: reader.since(start), signature }
}

export function verifyMemberKey(key: MemberKey, owner: GroupDevice): Result<VerifiedMemberKey, MemberKeyRefusal> {
  if (!equalBytes(key.groupId, owner.groupId)) return failure('group')
  if (!equalBytes(key.certHash, owner.certHash)) return failure('device')
  const digest = hash(LABEL, key.bytes.subarray(0, BODY_LENGTH))
  if (!verifyDigest(owner.devicePub, key.signature, digest)) return failure('signature')
  // The one place where a foreign key becomes a verified one.
  return success(key as VerifiedMemberKey)
}

/** Names the key in a KeyShare (R32). */
export function memberKeyHash(key: MemberKey): Uint8Array {
  return hash('member key hash', key.bytes)
}
