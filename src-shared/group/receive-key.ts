/**
 * Receive keys (docs/protocol/group.md, R31): what others wrap their media keys for. Each serves one epoch; keys that lived as long as
 * the call would open every recorded wrap of it to a thief.
 */
import { type Bytes, erase } from '../base/bytes.ts'
import type { RandomBytes } from '../base/random.ts'
import { KEM_SEED_LENGTH, kemKeyPair, P256_SEED_LENGTH } from '../crypto/agreement.ts'
import { PORTABLE, type Primitives } from '../crypto/primitives.ts'
import type { AgreementKeys } from '../identity/keys.ts'
import { issueMemberKey, memberKeyHash, type VerifiedMemberKey } from './member-key.ts'
import type { Member } from './membership.ts'

/** With its private halves. */
export interface ReceiveKey extends AgreementKeys {
  /** For the others. */
  readonly memberKey: VerifiedMemberKey
  readonly hash: Bytes
}

/** Draws 48 + 64 bytes. */
export function createReceiveKey(
  owner: { readonly groupId: Bytes; readonly certHash: Bytes; readonly epoch: number },
  deviceSecret: Bytes,
  random: RandomBytes,
  primitives: Primitives = PORTABLE,
): ReceiveKey {
  const p256 = primitives.p256KeyPair(random(P256_SEED_LENGTH))
  const seed = random(KEM_SEED_LENGTH)
  const kem = kemKeyPair(seed)
  erase(seed)
  const fields = { ...owner, p256: p256.public, kem: kem.public }
  const memberKey = issueMemberKey(fields, deviceSecret, primitives)
  return { memberKey, hash: memberKeyHash(memberKey), p256, kem }
}

/** R31: when all KeyShares of its epoch are in, at the latest 5 s after the next began. */
export function eraseReceiveKey({ p256, kem }: ReceiveKey): void {
  erase(p256.secret, kem.secret)
}

/**
 * R31: the one of a member's keys to wrap for in `epoch`: the newest that names an earlier one, but none of the time before its Add, which
 * a device that came anew has lost. Its Join's key is the first.
 */
export function wrappingKey(
  member: Member,
  announced: readonly VerifiedMemberKey[],
  epoch: number,
): VerifiedMemberKey | undefined {
  if (epoch < member.firstEpoch) return undefined
  const later = announced.filter((key) => key.epoch >= member.firstEpoch && key.epoch < epoch)
  return later.reduce<VerifiedMemberKey>(
    (newest, key) => (key.epoch > newest.epoch ? key : newest),
    member.join.joinKey,
  )
}
