/** KeyShares, receive keys and what is derived from them (docs/protocol/group.md, section 2: R31, R32). */
import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes } from '../../../src-shared/base/bytes.ts'
import { hash } from '../../../src-shared/crypto/hash.ts'
import { PORTABLE } from '../../../src-shared/crypto/primitives.ts'
import { commonSuite, deriveSenderKeys, epochMki, eraseSenderKeys } from '../../../src-shared/group/group-keys.ts'
import { KEY_SHARE_LENGTH, openKeyShare, parseKeyShare, wrapSenderKey } from '../../../src-shared/group/key-share.ts'
import { issueMemberKey } from '../../../src-shared/group/member-key.ts'
import { memberOf } from '../../../src-shared/group/membership.ts'
import {
  createReceiveKey,
  eraseReceiveKey,
  type ReceiveKey,
  wrappingKey,
} from '../../../src-shared/group/receive-key.ts'
import type { Roster } from '../../../src-shared/group/roster.ts'
import { expectClosed } from '../../support/foreign-bytes.ts'
import { listedRandom, seededRandom } from '../../support/seeded-random.ts'
import { type TestDevice, testDevice } from '../../support/test-device.ts'
import {
  callOf,
  change,
  GROUP_ID,
  primitives,
  signerOf,
  testJoin,
  testMemberKey,
  withChanges,
} from '../../support/test-group.ts'

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => testDevice(name)) as [
  TestDevice,
  TestDevice,
  TestDevice,
]
const roster = callOf(alice, [bob, carol])
const random = seededRandom('key shares')
const senderKey = random(32)
const bobsKey = testMemberKey(bob, 2)

interface Wrap {
  readonly epoch?: Roster
  readonly sender?: TestDevice
  readonly receiver?: ReceiveKey
}

function wrapped({ epoch = roster, sender = alice, receiver = bobsKey }: Wrap = {}): Uint8Array {
  const share = wrapSenderKey(
    { epoch, sender: signerOf(sender), receiver: receiver.memberKey, suite: 'AEAD_AES_256_GCM', senderKey },
    random,
    primitives,
  )
  if (share === undefined) throw new Error('not wrapped')
  return share
}

interface Open {
  readonly at?: Roster
  readonly by?: TestDevice
  readonly keys?: readonly ReceiveKey[]
}

function opened(bytes: Uint8Array, { at = roster, by = bob, keys = [bobsKey] }: Open = {}): string {
  const share = parseKeyShare(bytes)
  if (share === undefined) return 'malformed'
  const own = { certHash: by.certificate.certHash, receiveKeys: keys }
  const result = openKeyShare(share, at, own, primitives)
  if (!result.ok) return result.reason
  return equalBytes(result.value.senderKey, senderKey) ? 'ok' : 'another key'
}

/** Signed anew after a change, as a malicious member would. */
function resigned(bytes: Uint8Array, change: (body: Uint8Array) => void, by = alice): Uint8Array {
  const body = bytes.slice(0, -64)
  change(body)
  return concatBytes(body, primitives.signDigest(by.keys.device.secret, hash('key share', body)))
}

describe('KeyShare (R32)', () => {
  it('has 1415 bytes and opens for its receiver, by both sets of primitives', () => {
    const bytes = wrapped()
    expect(bytes).toHaveLength(KEY_SHARE_LENGTH)
    expect(KEY_SHARE_LENGTH).toBe(1415)
    expect(opened(bytes)).toBe('ok')
    const share = parseKeyShare(bytes)
    if (share === undefined) throw new Error('malformed')
    const own = { certHash: bob.certificate.certHash, receiveKeys: [testMemberKey(bob, 0), bobsKey] }
    expect(openKeyShare(share, roster, own, PORTABLE)).toEqual({
      ok: true,
      value: { sender: alice.certificate.certHash, suite: 'AEAD_AES_256_GCM', senderKey },
    })
    const input = {
      epoch: roster,
      sender: signerOf(alice),
      receiver: bobsKey.memberKey,
      suite: 'AEAD_AES_256_GCM',
      senderKey,
    } as const
    const draws = () => listedRandom(new Uint8Array(48).fill(3), new Uint8Array(32).fill(4))
    expect(wrapSenderKey(input, draws(), primitives)).toEqual(wrapSenderKey(input, draws(), PORTABLE))
  })

  it('uses a fresh key for each', () => {
    const [one, other] = [parseKeyShare(wrapped()), parseKeyShare(wrapped())]
    expect(one?.ephemeral).not.toEqual(other?.ephemeral)
    expect(one?.kemCt).not.toEqual(other?.kemCt)
    expect(one?.wrap).not.toEqual(other?.wrap)
  })

  it('of another epoch is refused: no replay into a later one', () => {
    const later = withChanges(roster, [alice, change.remove(carol, 'removed')])
    expect(opened(wrapped(), { at: later })).toBe('epoch')
    expect(opened(wrapped({ epoch: later }))).toBe('epoch')
    // Nor does it when its sender signs the old wrap anew for the new epoch: the wrap is bound to it.
    const moved = resigned(wrapped(), (body) => {
      body.set([0, 0, 0, later.epoch], 16)
      body.set(later.epochHash, 20)
    })
    expect(opened(moved, { at: later })).toBe('wrap')
  })

  it('of another branch is refused, with the same number', () => {
    const removed = withChanges(roster, [alice, change.remove(carol, 'removed')])
    const left = withChanges(roster, [carol, change.remove(carol, 'left')])
    expect(removed.epoch).toBe(left.epoch)
    expect(opened(wrapped({ epoch: removed }), { at: left })).toBe('branch')
  })

  it('of another group is refused', () => {
    expect(opened(wrapped(), { at: { ...roster, groupId: new Uint8Array(16) } })).toBe('group')
  })

  it('for another receiver is refused: no misdirection', () => {
    expect(opened(wrapped(), { by: carol })).toBe('receiver')
    const carols = testMemberKey(carol, 2)
    const redirected = resigned(wrapped(), (body) => body.set(carol.certificate.certHash, 16 + 4 + 32 + 32))
    expect(opened(redirected, { by: carol, keys: [bobsKey] })).toBe('wrap')
    expect(opened(redirected, { by: carol, keys: [carols] })).toBe('key')
  })

  it('from who is no member there is refused, and from the receiver itself', () => {
    const dave = testDevice('dave')
    expect(opened(wrapped({ sender: dave }))).toBe('sender')
    const without = withChanges(roster, [alice, change.remove(carol, 'removed')])
    expect(opened(wrapped({ sender: carol, epoch: without }), { at: without })).toBe('sender')
    expect(opened(wrapped({ sender: bob }))).toBe('sender')
  })

  it('in the name of another member is refused', () => {
    const named = { certHash: alice.certificate.certHash, signingSecret: carol.keys.device.secret }
    const forged = wrapSenderKey(
      { epoch: roster, sender: named, receiver: bobsKey.memberKey, suite: 'AEAD_AES_256_GCM', senderKey },
      random,
      primitives,
    )
    expect(opened(forged ?? new Uint8Array())).toBe('signature')
    // Carol takes Alice's wrap for her own: she cannot know the key, and nobody takes it for hers.
    const stolen = resigned(wrapped(), (body) => body.set(carol.certificate.certHash, 16 + 4 + 32), carol)
    expect(opened(stolen)).toBe('wrap')
  })

  it('R31: for a key that is gone is refused', () => {
    expect(opened(wrapped(), { keys: [testMemberKey(bob, 3)] })).toBe('key')
    expect(opened(wrapped(), { keys: [] })).toBe('key')
  })

  it('with a suite that the receiver has not is refused', () => {
    expect(opened(resigned(wrapped(), (body) => body.set([0, 9], 16 + 4 + 4 * 32)))).toBe('suite')
    const onlyCm = testDevice('bob', 'old', { suites: 1 })
    const at = withChanges(roster, [alice, change.add(testJoin(onlyCm, roster.hashes.length))])
    const key = testMemberKey(onlyCm, 0)
    expect(opened(wrapped({ epoch: at, receiver: key }), { at, by: onlyCm, keys: [key] })).toBe('suite')
  })

  it('is refused after any change', () => {
    const bytes = wrapped()
    for (let at = 0; at < bytes.length; at += 29) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(opened(changed)).not.toBe('ok')
    }
    // Also if its sender signs what was changed: everything before the wrap is bound to it.
    for (let at = 16 + 4 + 4 * 32; at < 1303 + 48; at += 37) {
      expect(opened(resigned(bytes, (body) => (body[at] = (body[at] ?? 0) ^ 1)))).not.toBe('ok')
    }
  })

  it('R3: is not made for a key that is none', () => {
    const off = bobsKey.p256.public.slice()
    off[40] = (off[40] ?? 0) ^ 1
    const kem = new Uint8Array(1184).fill(0xff)
    for (const bad of [{ p256: off }, { kem }]) {
      const receiver = issueMemberKey({ ...bobsKey.memberKey, ...bad }, bob.keys.device.secret, primitives)
      const input = { epoch: roster, sender: signerOf(alice), receiver, suite: 'AEAD_AES_256_GCM', senderKey } as const
      expect(wrapSenderKey(input, random, primitives)).toBeUndefined()
      expect(wrapSenderKey(input, random, PORTABLE)).toBeUndefined()
    }
  })

  it('is parsed from exactly what it encodes to', () => {
    expectClosed(parseKeyShare, ({ bytes }) => bytes, [wrapped(), wrapped({ sender: carol })], 1000)
  })
})

describe('receive keys (R31)', () => {
  it('are erased', () => {
    const key = createReceiveKey(
      { groupId: GROUP_ID, certHash: bob.certificate.certHash, epoch: 4 },
      bob.keys.device.secret,
      random,
      primitives,
    )
    expect(key.memberKey.epoch).toBe(4)
    expect(opened(wrapped({ receiver: key }), { keys: [key] })).toBe('ok')
    const share = wrapped({ receiver: key })
    eraseReceiveKey(key)
    expect([...key.p256.secret, ...key.kem.secret].every((byte) => byte === 0)).toBe(true)
    expect(opened(share, { keys: [key] })).toBe('wrap')
  })

  it('the newest of an earlier epoch is wrapped for, the Join’s until there is one', () => {
    const member = memberOf(roster, bob.certificate.certHash)
    if (member === undefined) throw new Error('no member')
    const first = member.firstEpoch
    const keys = [first, first + 3, first + 1].map((epoch) => testMemberKey(bob, epoch).memberKey)
    expect(wrappingKey(member, [], first)).toBe(member.join.joinKey)
    expect(wrappingKey(member, keys, first)).toBe(member.join.joinKey)
    expect(wrappingKey(member, keys, first + 1)).toBe(keys[0])
    expect(wrappingKey(member, keys, first + 3)).toBe(keys[2])
    expect(wrappingKey(member, keys, first + 9)).toBe(keys[1])
    expect(wrappingKey(member, keys, first - 1)).toBeUndefined()
  })

  it('of before a device came anew are not used again: it has lost them', () => {
    const anew = withChanges(roster, [bob, change.add(testJoin(bob, roster.hashes.length, 1))])
    const member = memberOf(anew, bob.certificate.certHash)
    if (member === undefined) throw new Error('no member')
    const old = testMemberKey(bob, roster.epoch).memberKey
    expect(wrappingKey(member, [old], anew.epoch)).toBe(member.join.joinKey)
    expect(wrappingKey(member, [old], anew.epoch + 5)).toBe(member.join.joinKey)
  })
})

describe('the keys of an epoch', () => {
  const sender = { certHash: alice.certificate.certHash, suite: 'AES_256_CM_HMAC_SHA1_80' } as const
  const keys = deriveSenderKeys(roster, sender, senderKey)
  const flat = ({ media, control }: typeof keys) =>
    [...Object.values(media), control].flatMap((pair) => Object.values<Uint8Array>(pair))

  it('have the lengths of their suite, and no two are equal', () => {
    expect([keys.media.audio.key.length, keys.media.audio.salt.length]).toEqual([32, 14])
    const gcm = deriveSenderKeys(roster, { ...sender, suite: 'AEAD_AES_256_GCM' }, senderKey)
    expect([gcm.media.video.key.length, gcm.media.video.salt.length]).toEqual([32, 12])
    const others = [
      gcm,
      deriveSenderKeys(roster, { ...sender, certHash: bob.certificate.certHash }, senderKey),
      deriveSenderKeys({ ...roster, epoch: roster.epoch + 1 }, sender, senderKey),
      deriveSenderKeys({ ...roster, epochHash: new Uint8Array(32) }, sender, senderKey),
      deriveSenderKeys({ ...roster, groupId: new Uint8Array(16) }, sender, senderKey),
      deriveSenderKeys(roster, sender, new Uint8Array(32)),
    ]
    const all = [keys, ...others].flatMap(flat).map((bytes) => Buffer.from(bytes).toString('hex'))
    expect(new Set(all).size).toBe(all.length)
  })

  it('are erased', () => {
    const derived = deriveSenderKeys(roster, sender, senderKey)
    eraseSenderKeys(derived)
    expect(flat(derived).every((bytes) => bytes.every((byte) => byte === 0))).toBe(true)
  })

  it('name their epoch in two bytes', () => {
    expect([...epochMki(0x0102)]).toEqual([1, 2])
    expect([...epochMki(0x1_0203)]).toEqual([2, 3])
  })

  it('are for the first suite of the sender’s preference that all have', () => {
    const order = ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'] as const
    expect(commonSuite(roster, order)).toBe('AES_256_CM_HMAC_SHA1_80')
    const onlyGcm = testDevice('dave', 'new', { suites: 2 })
    const mixed = withChanges(roster, [alice, change.add(testJoin(onlyGcm, roster.hashes.length))])
    expect(commonSuite(mixed, order)).toBe('AEAD_AES_256_GCM')
    expect(commonSuite(mixed, ['AES_256_CM_HMAC_SHA1_80'])).toBeUndefined()
  })
})
