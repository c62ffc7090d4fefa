/** MemberKey, Join and Entry (docs/protocol/group.md, section 1.1): their layouts, and what their readers refuse. */
import { describe, expect, it } from 'vitest'
import { concatBytes, toHex } from '../../../src-shared/base/bytes.ts'
import { hash } from '../../../src-shared/crypto/hash.ts'
import { signDigest } from '../../../src-shared/crypto/signature.ts'
import { ENTRY_MAX, issueEntry, NO_ENTRY, parseEntry, rosterHash } from '../../../src-shared/group/entry.ts'
import { issueJoin, type Join, JOIN_MAX, parseJoin, verifyJoin } from '../../../src-shared/group/join.ts'
import {
  issueMemberKey,
  MEMBER_KEY_LENGTH,
  memberKeyHash,
  parseMemberKey,
  verifyMemberKey,
} from '../../../src-shared/group/member-key.ts'
import { groupIdOf } from '../../../src-shared/group/roster.ts'
import { ssrcPrefix } from '../../../src-shared/group/ssrc.ts'
import { groupSsrc, prefixOfSsrc } from '../../../src-shared/media/ssrc.ts'
import { parseCertificate } from '../../../src-shared/identity/certificate.ts'
import { expectClosed } from '../../support/foreign-bytes.ts'
import { NOW, testDevice } from '../../support/test-device.ts'
import { change, GROUP_ID, signerOf, testJoin, testMemberKey } from '../../support/test-group.ts'

const alice = testDevice('alice')
const mallory = testDevice('mallory')
const OTHER_GROUP = new Uint8Array(16).fill(9)

function joinVerdict(join: Join | undefined, groupId = GROUP_ID): string {
  if (join === undefined) return 'malformed'
  const result = verifyJoin(join, groupId)
  return result.ok ? 'ok' : result.reason
}

describe('MemberKey', () => {
  const { memberKey } = testMemberKey(alice, 7)
  const owner = { groupId: GROUP_ID, ...alice.certificate }
  const verdict = (bytes: Uint8Array, by = owner) => {
    const key = parseMemberKey(bytes)
    const result = key && verifyMemberKey(key, by)
    return result === undefined ? 'malformed' : result.ok ? 'ok' : result.reason
  }

  it('has 1365 bytes and verifies', () => {
    expect(memberKey.bytes).toHaveLength(MEMBER_KEY_LENGTH)
    expect(MEMBER_KEY_LENGTH).toBe(1365)
    expect(verdict(memberKey.bytes)).toBe('ok')
    expect(memberKeyHash(memberKey)).toEqual(hash('member key hash', memberKey.bytes))
  })

  it('R31: is refused for another group, of another device, or not signed by its own', () => {
    expect(verdict(memberKey.bytes, { ...owner, groupId: OTHER_GROUP })).toBe('group')
    expect(verdict(memberKey.bytes, { groupId: GROUP_ID, ...mallory.certificate })).toBe('device')
    expect(verdict(issueMemberKey(memberKey, mallory.keys.device.secret).bytes)).toBe('signature')
    for (let at = 0; at < MEMBER_KEY_LENGTH; at += 17) {
      const changed = memberKey.bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(verdict(changed)).not.toBe('ok')
    }
  })

  it('is parsed from exactly what it encodes to', () => {
    expectClosed(
      parseMemberKey,
      (key) => concatBytes(issueMemberKey(key, alice.keys.device.secret).bytes.subarray(0, -64), key.signature),
      [memberKey.bytes],
      1000,
    )
  })
})

describe('Join', () => {
  const join = testJoin(alice, 3, 5)
  const linkTag = new Uint8Array(32).fill(4)
  const byLink = testJoin(alice, 3, 5, { linkTag, handle: 'a.b-c' })

  it('has the layout of the protocol and verifies', () => {
    expect(joinVerdict(parseJoin(join.bytes))).toBe('ok')
    expect(joinVerdict(parseJoin(byLink.bytes))).toBe('ok')
    const longest = `${'a'.repeat(60)}@${'b.'.repeat(96)}de`
    expect(testJoin(alice, 0, 0, { handle: longest }).bytes.length).toBe(JOIN_MAX - 320 + longest.length)
    expect(parseJoin(byLink.bytes)?.linkTag).toEqual(linkTag)
    expect(parseJoin(join.bytes)?.linkTag).toBeUndefined()
  })

  it('R28: is refused for another group', () => {
    expect(joinVerdict(join, OTHER_GROUP)).toBe('group')
  })

  it('R28: is refused without its own signature', () => {
    expect(joinVerdict(issueJoin(join, mallory.keys.device.secret))).toBe('signature')
    const label = join.bytes.slice(0, -64)
    const otherLabel = concatBytes(label, signDigest(alice.keys.device.secret, hash('member key', label)))
    expect(joinVerdict(parseJoin(otherLabel))).toBe('signature')
  })

  it('R28: is refused with a certificate that its account or its device did not sign', () => {
    const { certificate } = mallory
    const stolen = testDevice('mallory', 'desk', { devicePub: alice.certificate.devicePub })
    const joinKey = testMemberKey({ ...mallory, certificate: stolen.certificate }, 0).memberKey
    expect(joinVerdict(testJoin(mallory, 0, 0, { certificate: stolen.certificate, joinKey }))).toBe(
      'certificate-device-signature',
    )
    const unvouched = parseCertificate(
      concatBytes(certificate.bytes.subarray(0, -128), certificate.deviceSig, certificate.deviceSig),
    )
    if (unvouched === undefined) throw new Error('malformed')
    expect(joinVerdict(testJoin(mallory, 0, 0, { certificate: unvouched }))).toBe('certificate-account-signature')
    expect(joinVerdict(testJoin(testDevice('alice', 'desk', { minVersion: 2 }), 0))).toBe('certificate-version')
  })

  it('R28: is refused with the receive key of another device, group or epoch', () => {
    expect(joinVerdict(testJoin(alice, 0, 0, { joinKey: testMemberKey(mallory, 0).memberKey }))).toBe('key-device')
    expect(joinVerdict(testJoin(alice, 0, 0, { joinKey: testMemberKey(alice, 0, OTHER_GROUP).memberKey }))).toBe(
      'key-group',
    )
    expect(joinVerdict(testJoin(alice, 0, 0, { joinKey: testMemberKey(alice, 1).memberKey }))).toBe('key-epoch')
    const forged = issueMemberKey(testMemberKey(alice, 0).memberKey, mallory.keys.device.secret)
    expect(joinVerdict(testJoin(alice, 0, 0, { joinKey: forged }))).toBe('key-signature')
  })

  it('is refused after any change', () => {
    for (let at = 0; at < join.bytes.length; at += 61) {
      const changed = join.bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x10
      expect(joinVerdict(parseJoin(changed))).not.toBe('ok')
    }
  })

  it('is refused with a handle that no directory has', () => {
    for (const handle of ['', 'Someone@example.org', 'a\u202eb@example.org', 'two words']) {
      expect(parseJoin(testJoin(alice, 0, 0, { handle }).bytes)).toBeUndefined()
    }
  })

  it('is parsed from exactly what it encodes to', () => {
    expectClosed(
      parseJoin,
      (parsed) => concatBytes(issueJoin(parsed, alice.keys.device.secret).bytes.subarray(0, -64), parsed.signature),
      [join.bytes, byLink.bytes],
      1000,
    )
  })
})

describe('Entry', () => {
  const place = { groupId: GROUP_ID, seq: 4, prev: new Uint8Array(32).fill(8) }
  const join = testJoin(alice, 2)
  const changes = [
    { op: 'create', join, addPolicy: 'hosts', upgradeTag: undefined },
    { op: 'create', join, addPolicy: 'all', upgradeTag: new Uint8Array(32).fill(3) },
    change.invite(mallory),
    change.add(join),
    change.remove(mallory, 'removed'),
    change.remove(mallory, 'left'),
    change.remove(mallory, 'lost'),
    change.host(mallory, true),
    change.host(mallory, false),
  ] as const
  const entries = changes.map((made) => issueEntry(place, made, signerOf(alice), NOW))

  it('reads what it wrote', () => {
    for (const [i, bytes] of entries.entries()) {
      const entry = parseEntry(bytes)
      expect(entry).toMatchObject({ ...place, actor: alice.certificate.certHash, at: NOW })
      const { op } = changes[i] ?? {}
      expect(entry?.change.op).toBe(op)
      if (op === 'remove' || op === 'host' || op === 'invite') expect(entry?.change).toEqual(changes[i])
    }
    expect(toHex(rosterHash(NO_ENTRY, Uint8Array.of(1)))).toBe(
      toHex(hash('roster', new Uint8Array(32), Uint8Array.of(1))),
    )
  })

  it('is parsed from exactly what it encodes to', () => {
    expectClosed(
      parseEntry,
      (entry) => {
        const again = issueEntry(entry, entry.change, { ...signerOf(alice), certHash: entry.actor }, entry.at)
        return concatBytes(again.subarray(0, -64), entry.signature)
      },
      entries,
      3000,
    )
  })

  it('is refused when it is too long, and of unknown ops, reasons, policies and flags', () => {
    expect(parseEntry(new Uint8Array(ENTRY_MAX + 1))).toBeUndefined()
    const opAt = 16 + 4 + 32
    const altered = (bytes: Uint8Array | undefined, at: number, value: number) => {
      const copy = bytes?.slice() ?? new Uint8Array()
      copy[at < 0 ? copy.length + at : at] = value
      return parseEntry(copy)
    }
    const tail = 32 + 8 + 64
    for (const op of [0, 6, 255]) expect(altered(entries[2], opAt, op)).toBeUndefined()
    expect(altered(entries[0], -(tail + 32 + 1), 2)).toBeUndefined()
    for (const reason of [0, 4]) expect(altered(entries[4], -(tail + 1), reason)).toBeUndefined()
    expect(altered(entries[7], -(tail + 1), 2)).toBeUndefined()
  })
})

describe('names that follow from others', () => {
  const { certHash } = alice.certificate

  it('groupId is the founder’s and the seed’s', () => {
    const seed = new Uint8Array(16).fill(1)
    expect(groupIdOf(certHash, seed)).toEqual(hash('group id', certHash, seed).slice(0, 16))
    expect(groupIdOf(mallory.certificate.certHash, seed)).not.toEqual(groupIdOf(certHash, seed))
  })

  it('an SSRC has the prefix of the Join, the number of the stream and the kind', () => {
    const nonce = new Uint8Array(16).fill(2)
    const prefix = ssrcPrefix({ groupId: GROUP_ID, certHash, nonce })
    expect(prefix.toString(16).padStart(6, '0')).toBe(toHex(hash('group ssrc', GROUP_ID, certHash, nonce)).slice(0, 6))
    expect(groupSsrc(0xabcdef, 63, 'screen')).toBe(0xabcdefff)
    expect(groupSsrc(0xffffff, 0, 'audio')).toBe(0xffffff01)
    expect(groupSsrc(0x000001, 1, 'video')).toBe(0x00000106)
    expect(prefixOfSsrc(groupSsrc(0xabcdef, 5, 'video'))).toBe(0xabcdef)
    expect(() => groupSsrc(1, 64, 'audio')).toThrow(RangeError)
  })
})
