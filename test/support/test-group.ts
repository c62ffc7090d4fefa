/** Group calls for tests: devices with Joins, and chains of entries, all made from names. */
import * as crypto from 'node:crypto'
import { opensslPrimitives } from '../../src-shared/crypto/openssl.ts'
import { type AddPolicy, type Change, type EntrySigner } from '../../src-shared/group/entry.ts'
import { issueJoin, type Join, type JoinFields } from '../../src-shared/group/join.ts'
import type { VerifiedMemberKey } from '../../src-shared/group/member-key.ts'
import { createReceiveKey, type ReceiveKey } from '../../src-shared/group/receive-key.ts'
import { applyEntry, type EntryRefusal, foundingEntry, nextEntry, type Roster } from '../../src-shared/group/roster.ts'
import { seededRandom } from './seeded-random.ts'
import { NOW, type TestDevice, testDevice, valueOf } from './test-device.ts'

export const primitives = opensslPrimitives(crypto)
export const GROUP_ID = new Uint8Array(16).fill(0x67)

export function signerOf({ certificate, keys }: TestDevice): EntrySigner {
  return { certHash: certificate.certHash, signingSecret: keys.device.secret }
}

export function testMemberKey(device: TestDevice, epoch: number, groupId: Uint8Array = GROUP_ID): ReceiveKey {
  const { certHash } = device.certificate
  const random = seededRandom(`member key ${Buffer.from(certHash).toString('hex')} ${String(epoch)}`)
  return createReceiveKey({ groupId, certHash, epoch }, device.keys.device.secret, random, primitives)
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
  return issueJoin(fields, device.keys.device.secret, primitives)
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
  return valueOf(applyEntry(undefined, foundingEntry(fields, signerOf(founder), NOW, primitives), primitives))
}

export type LaterChange = Exclude<Change, { readonly op: 'create' }>

export function attempt(roster: Roster, actor: TestDevice, change: LaterChange): Roster | EntryRefusal {
  const result = applyEntry(roster, nextEntry(roster, change, signerOf(actor), NOW, primitives), primitives)
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
