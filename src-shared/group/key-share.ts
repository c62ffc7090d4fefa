/**
 * KeyShare (docs/protocol/group.md, section 2): a member's media key of one epoch, wrapped for one other member: ECIES over P-256 hybrid with
 * ML-KEM-768, bound to group, epoch, chain and both ends, and signed. R32: opened by its receiver, in its epoch, on its chain, and nowhere else.
 */
import { type Bytes, concatBytes, equalBytes, erase } from '../base/bytes.ts'
import type { RandomBytes } from '../base/random.ts'
import { parse } from '../base/reader.ts'
import { failure, type Result, success } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'
import { SIV_KEY_LENGTH, SIV_TAG_LENGTH, sivOpen, sivSeal } from '../crypto/aead.ts'
import {
  KEM_CIPHERTEXT_LENGTH,
  KEM_RANDOMNESS_LENGTH,
  kemDecapsulate,
  kemEncapsulate,
  P256_PUBLIC_LENGTH,
  P256_SEED_LENGTH,
} from '../crypto/agreement.ts'
import { expand, extract, hash, info } from '../crypto/hash.ts'
import { PORTABLE, type Primitives } from '../crypto/primitives.ts'
import { SIGNATURE_LENGTH } from '../crypto/signature.ts'
import { suiteById, suiteOf } from '../crypto/suites.ts'
import { HASH_LENGTH } from '../identity/certificate.ts'
import type { SuiteName } from '../ipc/snapshot.ts'
import type { EntrySigner } from './entry.ts'
import { GROUP_ID_LENGTH, memberKeyHash, type VerifiedMemberKey } from './member-key.ts'
import { memberOf } from './membership.ts'
import type { ReceiveKey } from './receive-key.ts'
import type { Roster } from './roster.ts'

export const SENDER_KEY_LENGTH = 32
const CONTEXT_LENGTH = GROUP_ID_LENGTH + 4 + 4 * HASH_LENGTH + 2 + P256_PUBLIC_LENGTH + KEM_CIPHERTEXT_LENGTH
const WRAP_LENGTH = SENDER_KEY_LENGTH + SIV_TAG_LENGTH
export const KEY_SHARE_LENGTH = CONTEXT_LENGTH + WRAP_LENGTH + SIGNATURE_LENGTH

const LABEL = 'key share'

/** The epoch that a roster is in. */
export type Epoch = Pick<Roster, 'groupId' | 'epoch' | 'epochHash'>

export interface KeyShare extends Epoch {
  readonly sender: Bytes
  readonly receiver: Bytes
  readonly memberKeyHash: Bytes
  /** As it came; the receiver may not know it. */
  readonly suite: number
  readonly ephemeral: Bytes
  readonly kemCt: Bytes
  readonly wrap: Bytes
  readonly bytes: Bytes
  readonly signature: Bytes
}

export type KeyShareRefusal =
  | 'group'
  | 'epoch'
  | 'branch' /* of another chain: same number, other epochHash */
  | 'receiver'
  | 'sender' /* no member in this epoch, or the receiver itself */
  | 'suite'
  | 'key' /* wrapped for a key that is erased, or never was */
  | 'signature'
  | 'wrap'

export interface OpenedShare {
  readonly sender: Bytes
  readonly suite: SuiteName
  readonly senderKey: Bytes
}

/** R3: `undefined` if the receiver's keys are none: this member gets no key. Draws 48 + 32 bytes. */
export function wrapSenderKey(
  input: {
    readonly epoch: Epoch
    readonly sender: EntrySigner
    /** `wrappingKey` chose it. */
    readonly receiver: VerifiedMemberKey
    readonly suite: SuiteName
    readonly senderKey: Bytes
  },
  random: RandomBytes,
  primitives: Primitives = PORTABLE,
): Uint8Array | undefined {
  const { epoch, sender, receiver, suite, senderKey } = input
  const ephemeral = primitives.p256KeyPair(random(P256_SEED_LENGTH))
  const kem = kemEncapsulate(receiver.kem, random(KEM_RANDOMNESS_LENGTH))
  const shared = primitives.p256Shared(ephemeral.secret, receiver.p256)
  erase(ephemeral.secret)
  if (kem === undefined || shared === undefined) return undefined

  const context = new ByteWriter()
    .fixed(epoch.groupId, GROUP_ID_LENGTH)
    .u32(epoch.epoch)
    .fixed(epoch.epochHash, HASH_LENGTH)
    .fixed(sender.certHash, HASH_LENGTH)
    .fixed(receiver.certHash, HASH_LENGTH)
    .fixed(memberKeyHash(receiver), HASH_LENGTH)
    .u16(suiteOf(suite).id)
    .fixed(ephemeral.public, P256_PUBLIC_LENGTH)
    .fixed(kem.ciphertext, KEM_CIPHERTEXT_LENGTH)
    .finish()
  const contextHash = hash('wrap ctx', context)
  const key = wrappingSecret(contextHash, shared, kem.secret)
  const body = concatBytes(context, sivSeal(key, contextHash, senderKey))
  erase(key)
  return concatBytes(body, primitives.signDigest(sender.signingSecret, hash(LABEL, body)))
}

export function parseKeyShare(bytes: Bytes): KeyShare | undefined {
  return parse(bytes, (reader) => ({
    groupId: reader.fixed(GROUP_ID_LENGTH),
    epoch: reader.u32(),
    epochHash: reader.fixed(HASH_LENGTH),
    sender: reader.fixed(HASH_LENGTH),
    receiver: reader.fixed(HASH_LENGTH),
    memberKeyHash: reader.fixed(HASH_LENGTH),
    suite: reader.u16(),
    ephemeral: reader.fixed(P256_PUBLIC_LENGTH),
    kemCt: reader.fixed(KEM_CIPHERTEXT_LENGTH),
    wrap: reader.fixed(WRAP_LENGTH),
    signature: reader.fixed(SIGNATURE_LENGTH),
    bytes: reader.since(0),
  }))
}

/** R32, but for "the first": the caller asks for no second one of an (epoch, sender). `roster` is the receiver's, as it was in that epoch. */
export function openKeyShare(
  share: KeyShare,
  roster: Roster,
  own: { readonly certHash: Bytes; readonly receiveKeys: readonly ReceiveKey[] },
  primitives: Primitives = PORTABLE,
): Result<OpenedShare, KeyShareRefusal> {
  if (!equalBytes(share.groupId, roster.groupId)) return failure('group')
  if (share.epoch !== roster.epoch) return failure('epoch')
  if (!equalBytes(share.epochHash, roster.epochHash)) return failure('branch')
  if (!equalBytes(share.receiver, own.certHash)) return failure('receiver')
  const receiver = memberOf(roster, own.certHash)
  const sender = memberOf(roster, share.sender)
  if (sender === undefined || receiver === undefined || sender === receiver) return failure('sender')
  const suite = suiteById(share.suite)
  if (suite === undefined || (receiver.certificate.suites & suite.bit) === 0) return failure('suite')
  const receiveKey = own.receiveKeys.find((candidate) => equalBytes(candidate.hash, share.memberKeyHash))
  if (receiveKey === undefined) return failure('key')
  const digest = hash(LABEL, share.bytes.subarray(0, -SIGNATURE_LENGTH))
  if (!primitives.verifyDigest(sender.certificate.devicePub, share.signature, digest)) return failure('signature')

  const shared = primitives.p256Shared(receiveKey.p256.secret, share.ephemeral)
  if (shared === undefined) return failure('wrap')
  const kemSecret = kemDecapsulate(receiveKey.kem.secret, share.kemCt)
  if (kemSecret === undefined) return failure('wrap')
  const contextHash = hash('wrap ctx', share.bytes.subarray(0, CONTEXT_LENGTH))
  const key = wrappingSecret(contextHash, shared, kemSecret)
  const senderKey = sivOpen(key, contextHash, share.wrap)
  erase(key)
  if (senderKey === undefined) return failure('wrap')
  return success({ sender: share.sender, suite: suite.name, senderKey })
}

/** Erases the secrets that it was given. */
function wrappingSecret(contextHash: Bytes, shared: Bytes, kemSecret: Bytes): Uint8Array {
  const input = concatBytes(shared, kemSecret)
  const extracted = extract(contextHash, input)
  const key = expand(extracted, info('wrap'), SIV_KEY_LENGTH)
  erase(input, extracted, shared, kemSecret)
  return key
}
