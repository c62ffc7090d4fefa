/** Group calls for tests: devices with Joins, and chains of entries, all made from names. */
import * as crypto from 'node:crypto'
import { memberKeyHash } from '../../src-shared/group/member-key.ts'
import { kemKeyPair, type KeyPair, p256KeyPair } from '../../src-shared/crypto/agreement.ts'
import { choosePrimitives } from '../../src-shared/crypto/chosen-primitives.ts'
import { opensslPrimitives } from '../../src-shared/crypto/openssl.ts'
import { type AddPolicy, type Change, type EntrySigner } from '../../src-shared/group/entry.ts'
import { issueJoin, type Join, type JoinFields } from '../../src-shared/group/join.ts'
import { issueMemberKey, type VerifiedMemberKey } from '../../src-shared/group/member-key.ts'
import { applyEntry, type EntryRefusal, foundingEntry, nextEntry, type Roster } from '../../src-shared/group/roster.ts'
import { seededRandom } from './seeded-random.ts'
import { NOW, type TestDevice, testDevice, valueOf } from './test-device.ts'

// Chains of dozens of signed entries would take noble most of a minute.
choosePrimitives(opensslPrimitives(crypto))
export const GROUP_ID = new Uint8Array(16).fill(0x67)

/** The private halves of a MemberKey, as it was published. */
export interface TestMemberKey {
  readonly memberKey: VerifiedMemberKey
  readonly hash: Uint8Array
  readonly p256: KeyPair
  readonly kem: KeyPair
}

export function signerOf({ certificate, keys }: TestDevice): EntrySigner {
  return { certHash: certificate.certHash, signingSecret: keys.device.secret }
}

export function testMemberKey(device: TestDevice, epoch: number, groupId: Uint8Array = GROUP_ID): TestMemberKey {
  const { certHash } = device.certificate
  const random = seededRandom(`member key ${Buffer.from(certHash).toString('hex')} ${String(epoch)}`)
  const p256 = p256KeyPair(random(48))
  const kem = kemKeyPair(random(64))
  const fields = { groupId, certHash, epoch, p256: p256.public, kem: kem.public }
  const memberKey = issueMemberKey(fields, device.keys.device.secret)
  return { memberKey, hash: memberKeyHash(memberKey), p256, kem }
}

/** `nonce` in one byte: another one is another Join. */
export function testJoin(device: TestDevice, fromSeq: number, nonce = 0, changed: Partial<JoinFields> = {}): Join {
  const fields = {
    groupId: GROUP_ID,
    certificate: device.certificate,
    handle: 'someone@example.org',
    nonce: new Uint8Array(16).fill(nonce),
    fromSeq,
    joinKey: firstKeyOf(device),
    linkTag: undefined,
    ...changed,
  }
  return issueJoin(fields, device.keys.device.secret)
}

/** The Join's key is made once for each device: making it is most of the work. */
function firstKeyOf(device: TestDevice): VerifiedMemberKey {
  const known = firstKeys.get(device) ?? testMemberKey(device, 0).memberKey
  firstKeys.set(device, known)
  return known
}
const firstKeys = new WeakMap<TestDevice, VerifiedMemberKey>()

export function foundedBy(founder: TestDevice, addPolicy: AddPolicy = 'hosts'): Roster {
  const fields = { join: testJoin(founder, 0), addPolicy, upgradeTag: undefined }
  return valueOf(applyEntry(undefined, foundingEntry(fields, signerOf(founder), NOW)))
}

export type LaterChange = Exclude<Change, { readonly op: 'create' }>

export function attempt(roster: Roster, actor: TestDevice, change: LaterChange): Roster | EntryRefusal {
  const result = applyEntry(roster, nextEntry(roster, change, signerOf(actor), NOW))
  return result.ok ? result.value : result.reason
}

/** The chain with these changes; a refusal fails the test. */
export function withChanges(roster: Roster, ...changes: readonly (readonly [TestDevice, LaterChange])[]): Roster {
  return changes.reduce((current, [actor, change]) => {
    const next = attempt(current, actor, change)
    if (typeof next === 'string') throw new Error(`${change.op} refused: ${next}`)
    return next
  }, roster)
}

export const change = {
  invite: ({ certificate }: TestDevice): LaterChange => ({ op: 'invite', accountPub: certificate.accountPub }),
  add: (join: Join): LaterChange => ({ op: 'add', join }),
  remove: ({ certificate }: TestDevice, reason: 'removed' | 'left' | 'lost'): LaterChange => ({
    op: 'remove',
    certHash: certificate.certHash,
    reason,
  }),
  host: ({ certificate }: TestDevice, on: boolean): LaterChange => ({ op: 'host', certHash: certificate.certHash, on }),
}

/** `founder` and `others` in one call, `founder` its host. */
export function callOf(founder: TestDevice, others: readonly TestDevice[], addPolicy: AddPolicy = 'hosts'): Roster {
  return others.reduce(
    (roster, device) => withChanges(roster, [founder, change.add(testJoin(device, roster.hashes.length))]),
    foundedBy(founder, addPolicy),
  )
}

/** So many devices of so many accounts. */
export function testCrowd(count: number): readonly TestDevice[] {
  return Array.from({ length: count }, (_, i) => testDevice(`crowd ${String(i)}`))
}
