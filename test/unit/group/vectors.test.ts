/** The application against `test/vectors/sightline/group.json`, which was computed without it (see the README there). */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { SAFETY_WORDS } from '../../../src-shared/call/safety-words.ts'
import { PORTABLE } from '../../../src-shared/crypto/portable.ts'
import { deriveSenderKeys, type SenderKeys } from '../../../src-shared/group/group-keys.ts'
import { encodeGroupInvite, parseGroupInvite } from '../../../src-shared/group/group-invite.ts'
import { RecordReceiver, RecordSender, parseGroupRecord } from '../../../src-shared/group/group-record.ts'
import { issueHead, parseHead, verifyHead } from '../../../src-shared/group/head.ts'
import type { Change } from '../../../src-shared/group/entry.ts'
import { issueJoin, type Join, parseJoin } from '../../../src-shared/group/join.ts'
import { encodeKnock, parseKnock } from '../../../src-shared/group/knock.ts'
import { openKeyShare, parseKeyShare, wrapSenderKey } from '../../../src-shared/group/key-share.ts'
import {
  formatLink,
  knockTag,
  linkKeys,
  linkProof,
  linkTag,
  openLinkCard,
  parseLink,
  sealLinkCard,
} from '../../../src-shared/group/link.ts'
import { memberOf } from '../../../src-shared/group/membership.ts'
import { createReceiveKey, type ReceiveKey } from '../../../src-shared/group/receive-key.ts'
import { applyEntry, foundingEntry, groupIdOf, nextEntry, type Roster } from '../../../src-shared/group/roster.ts'
import { returnCallId } from '../../../src-shared/group/return.ts'
import { encodeUpgrade, parseUpgrade, upgradesCall, upgradeTag } from '../../../src-shared/group/upgrade.ts'
import { WordsRound, wordsCommitment } from '../../../src-shared/group/words.ts'
import { parseCertificate } from '../../../src-shared/identity/certificate.ts'
import { listedRandom } from '../../support/seeded-random.ts'
import { valueOf } from '../../support/test-device.ts'
import { OPENSSL, withPrimitives } from '../../support/with-primitives.ts'
import vectors from '../../vectors/sightline/group.json' with { type: 'json' }

type Name = keyof typeof vectors.devices
const bytes = fromHex
const groupId = bytes(vectors.groupId.groupId)

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('malformed')
  return value
}

function deviceOf(name: Name) {
  const { seeds, certificate, certHash } = vectors.devices[name]
  return {
    certificate: present(parseCertificate(bytes(certificate))),
    certHash: bytes(certHash),
    signingSecret: bytes(seeds.device),
    accountPub: present(parseCertificate(bytes(certificate))).accountPub,
  }
}
const [alice, bob, carol] = [deviceOf('alice'), deviceOf('bob'), deviceOf('carol')]
const names = new Map<string, Name>(
  (['alice', 'bob', 'carol'] as const).map((name) => [vectors.devices[name].certHash, name]),
)

interface KeyVector {
  readonly seeds: { readonly p256: string; readonly kem: string }
  readonly epoch: number
  readonly bytes: string
  readonly hash: string
}

function receiveKey(owner: ReturnType<typeof deviceOf>, { seeds, epoch }: KeyVector): ReceiveKey {
  const draws = listedRandom(bytes(seeds.p256), bytes(seeds.kem))
  return createReceiveKey({ groupId, certHash: owner.certHash, epoch }, owner.signingSecret, draws)
}

function joinOf(name: Name): Join {
  const { handle, nonce, fromSeq, key, ...rest } = vectors.joins[name]
  const owner = deviceOf(name)
  const tag = 'linkTag' in rest ? bytes(rest.linkTag) : undefined
  const { memberKey: joinKey } = receiveKey(owner, key)
  const fields = {
    groupId,
    certificate: owner.certificate,
    handle,
    nonce: bytes(nonce),
    fromSeq,
    joinKey,
    linkTag: tag,
  }
  return issueJoin(fields, owner.signingSecret)
}

/** The rosters after each entry. */
const rosters: Roster[] = []
for (const { bytes: entry } of vectors.chain) rosters.push(valueOf(applyEntry(rosters.at(-1), bytes(entry))))
const rosterAt = (seq: number): Roster => present(rosters[seq])
const atShare = rosterAt(vectors.keyShare.epoch - 1)

describe('the roster (section 1)', () => {
  it('has the same name, receive keys and Joins', () => {
    expect(toHex(groupIdOf(alice.certHash, bytes(vectors.groupId.seed)))).toBe(vectors.groupId.groupId)
    for (const name of ['alice', 'bob', 'carol'] as const) {
      const vector = vectors.joins[name]
      const key = receiveKey(deviceOf(name), vector.key)
      expect([toHex(key.memberKey.bytes), toHex(key.hash)]).toEqual([vector.key.bytes, vector.key.hash])
      expect(toHex(joinOf(name).bytes)).toBe(vector.bytes)
      expect(toHex(present(parseJoin(bytes(vector.bytes))).bytes)).toBe(vector.bytes)
    }
  })

  it('is written in the same entries', () => {
    const tag = bytes(vectors.upgrade.tag)
    const changes: Exclude<Change, { op: 'create' }>[] = [
      { op: 'invite', accountPub: bob.accountPub },
      { op: 'add', join: joinOf('bob') },
      { op: 'host', certHash: bob.certHash, on: true },
      { op: 'add', join: joinOf('carol') },
      { op: 'remove', certHash: carol.certHash, reason: 'removed' },
      { op: 'remove', certHash: alice.certHash, reason: 'lost' },
    ]
    const actors = [alice, alice, alice, bob, alice, bob]
    const [first, ...later] = vectors.chain
    const fields = { join: joinOf('alice'), addPolicy: 'all', upgradeTag: tag } as const
    expect(toHex(foundingEntry(fields, alice, present(first).at))).toBe(present(first).bytes)
    for (const [i, { at, bytes: entry }] of later.entries()) {
      expect(toHex(nextEntry(rosterAt(i), present(changes[i]), present(actors[i]), at))).toBe(entry)
    }
  })

  it('says the same after each entry, by both sets of primitives', () => {
    let portable: Roster | undefined
    for (const [seq, { bytes: entry, rosterHash }] of vectors.chain.entries()) {
      const roster = rosterAt(seq)
      const before = portable
      portable = withPrimitives(PORTABLE, () => valueOf(applyEntry(before, bytes(entry))))
      expect(portable).toEqual(roster)
      expect(toHex(roster.head)).toBe(rosterHash)
      const people = roster.members.map(
        ({ certHash, host }) => `${names.get(toHex(certHash)) ?? '?'}${host ? '*' : ''}`,
      )
      expect(people).toEqual(vectors.members[seq])
      expect(roster.epoch).toBe(vectors.epochs[seq])
      expect(toHex(roster.epochHash)).toBe(vectors.chain[roster.epoch - 1]?.rosterHash)
    }
    for (const name of ['alice', 'bob', 'carol'] as const) {
      const member = memberOf(rosterAt(4), deviceOf(name).certHash)
      expect(present(member).ssrcPrefix.toString(16).padStart(6, '0')).toBe(vectors.joins[name].ssrcPrefix)
    }
  })
})

describe('epochs and keys (section 2)', () => {
  const { keyShare } = vectors
  const bobsKey = receiveKey(bob, keyShare.receiverKey)

  it.each([
    ['OpenSSL', OPENSSL],
    ['noble', PORTABLE],
  ] as const)('wraps and opens the same KeyShare with %s', (_, by) => {
    const random = listedRandom(bytes(keyShare.random.ephemeral), bytes(keyShare.random.kem))
    const input = {
      epoch: atShare,
      sender: alice,
      receiver: bobsKey.memberKey,
      suite: 'AES_256_CM_HMAC_SHA1_80',
      senderKey: bytes(keyShare.senderKey),
    } as const
    const share = withPrimitives(by, () => wrapSenderKey(input, random))
    expect(toHex(present(share))).toBe(keyShare.bytes)
    const own = { certHash: bob.certHash, receiveKeys: [bobsKey] }
    const received = present(parseKeyShare(bytes(keyShare.bytes)))
    expect(valueOf(withPrimitives(by, () => openKeyShare(received, atShare, own)))).toEqual({
      sender: alice.certHash,
      suite: 'AES_256_CM_HMAC_SHA1_80',
      senderKey: bytes(keyShare.senderKey),
    })
  })

  it('derives the same keys in both suites', () => {
    const printed = ({ media, control, oneToOne }: SenderKeys) => {
      const hex = ({ key, salt }: { key: Uint8Array; salt: Uint8Array }) => ({ key: toHex(key), salt: toHex(salt) })
      return {
        audio: hex(media.audio),
        video: hex(media.video),
        screen: hex(media.screen),
        screenSound: hex(media.screenSound),
        control: { key: toHex(control.key), iv: toHex(control.iv) },
        oneToOne: toHex(oneToOne),
      }
    }
    const derived = (suite: SenderKeys['suite']) =>
      printed(deriveSenderKeys(atShare, { certHash: alice.certHash, suite }, bytes(keyShare.senderKey)))
    expect(derived('AES_256_CM_HMAC_SHA1_80')).toEqual(vectors.keys.aes256CmHmacSha1_80)
    expect(derived('AEAD_AES_256_GCM')).toEqual(vectors.keys.aeadAes256Gcm)
    const oneToOne = bytes(vectors.keys.aes256CmHmacSha1_80.oneToOne)
    expect(toHex(returnCallId({ oneToOne }, bob.certHash))).toBe(vectors.return.callId)
  })
})

describe('messages of members (section 3)', () => {
  const suite = 'AES_256_CM_HMAC_SHA1_80'
  const keys = deriveSenderKeys(atShare, { certHash: alice.certHash, suite }, bytes(vectors.keyShare.senderKey))
  const { media, chat, hand } = vectors.records

  it('seals and opens the same records', () => {
    const said = [
      { type: 'media', media: { audio: true, video: false, screen: false } },
      { type: 'chat', id: bytes(chat.id), text: chat.text },
      { type: 'hand', up: true },
    ] as const
    const records = [media, chat.record, hand]
    const sender = new RecordSender(keys, alice.signingSecret)
    expect(said.map((content) => toHex(sender.seal(content)))).toEqual(records)
    const receiver = new RecordReceiver(keys, alice.certificate.devicePub)
    for (const [i, record] of records.entries()) {
      expect(valueOf(receiver.open(present(parseGroupRecord(bytes(record)))))).toEqual(said[i])
    }
  })

  it('says the same Head', () => {
    expect(toHex(issueHead(atShare, bob, vectors.head.at))).toBe(vectors.head.bytes)
    const owner = { groupId, certHash: bob.certHash, devicePub: bob.certificate.devicePub }
    expect(verifyHead(present(parseHead(bytes(vectors.head.bytes))), owner).ok).toBe(true)
  })

  it('shows the same words (R37)', () => {
    const { nonces, commitments } = vectors.words
    const round = new WordsRound(atShare, bob.certHash, bytes(nonces.bob))
    for (const [hash, name] of names) {
      const commitment = wordsCommitment(atShare.head, bytes(hash), bytes(nonces[name]))
      expect(toHex(commitment)).toBe(commitments[name])
      round.takeCommit(bytes(hash), atShare.head, commitment)
    }
    for (const [hash, name] of names) round.takeReveal(bytes(hash), atShare.head, bytes(nonces[name]))
    expect(round.words).toEqual(Array.from(bytes(vectors.words.bytes), (byte) => SAFETY_WORDS[byte]))
  })
})

describe('getting in (section 6)', () => {
  const { link, knock, invite, upgrade } = vectors
  const keys = linkKeys(bytes(link.secret))

  it('has the same link and card (R38)', () => {
    expect({ linkId: toHex(keys.linkId), linkKey: toHex(keys.linkKey), linkSeal: toHex(keys.linkSeal) }).toEqual({
      linkId: link.linkId,
      linkKey: link.linkKey,
      linkSeal: link.linkSeal,
    })
    const parsed = present(parseLink(link.url))
    expect(parsed).toEqual({ authority: 'call.example.org', secret: bytes(link.secret) })
    expect(formatLink(parsed)).toBe(link.url)
    const card = { hostHandle: link.hostHandle, accountPub: bytes(link.accountPub), title: link.title }
    expect(toHex(sealLinkCard(keys, card))).toBe(link.card)
    expect(openLinkCard(keys, bytes(link.card))).toEqual(card)
  })

  it('has the same tags, Knock, GroupInvite and Upgrade', () => {
    const nonce = bytes(knock.nonce)
    const knocked = present(parseKnock(bytes(knock.bytes)))
    expect(knocked).toEqual({
      linkId: keys.linkId,
      nonce,
      tag: knockTag(keys.linkKey, carol.certHash, nonce),
      handle: vectors.joins.carol.handle,
      name: knock.name,
    })
    expect(toHex(encodeKnock(knocked))).toBe(knock.bytes)
    const joinNonce = bytes(vectors.joins.carol.nonce)
    expect(toHex(linkTag(keys.linkKey, { groupId, certHash: carol.certHash, nonce: joinNonce }))).toBe(
      vectors.joins.carol.linkTag,
    )

    const { createHash } = atShare
    const invited = present(parseGroupInvite(bytes(invite.bytes)))
    expect(invited).toEqual({
      groupId,
      createHash,
      ticket: bytes(invite.ticket),
      media: { audio: true, video: true, screen: false },
      linkProof: linkProof(keys.linkKey, createHash, nonce),
      callerHandle: vectors.joins.alice.handle,
      callerName: invite.callerName,
      people: [vectors.joins.alice.handle, vectors.joins.bob.handle],
    })
    expect(toHex(encodeGroupInvite(invited))).toBe(invite.bytes)

    const exporter = bytes(upgrade.exporter)
    expect(toHex(upgradeTag(exporter, groupId))).toBe(upgrade.tag)
    const upgraded = present(parseUpgrade(bytes(upgrade.bytes)))
    expect(toHex(encodeUpgrade(upgraded))).toBe(upgrade.bytes)
    const founded = valueOf(applyEntry(undefined, upgraded.entry))
    expect(upgradesCall(founded, { exporter, peerCertHash: alice.certHash })).toBe(true)
  })
})
