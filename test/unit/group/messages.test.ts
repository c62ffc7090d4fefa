/** What members say to each other and how people get in (docs/protocol/group.md, sections 3 and 6): the table of kinds, Knock, GroupInvite, Upgrade, links. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../../../src-shared/base/base64url.ts'
import { toHex } from '../../../src-shared/base/bytes.ts'
import { encodeGroupInvite, type GroupInvite, parseGroupInvite } from '../../../src-shared/group/group-invite.ts'
import { encodeGroupMessage, type GroupMessage, parseGroupMessage } from '../../../src-shared/group/group-message.ts'
import { encodeKnock, type Knock, parseKnock } from '../../../src-shared/group/knock.ts'
import {
  formatLink,
  knockTag,
  linkKeys,
  linkProof,
  linkTag,
  openLinkCard,
  parseLink,
  sealLinkCard,
  tagMatches,
} from '../../../src-shared/group/link.ts'
import { applyEntry, foundingEntry } from '../../../src-shared/group/roster.ts'
import { encodeUpgrade, parseUpgrade, upgradesCall, upgradeTag } from '../../../src-shared/group/upgrade.ts'
import { expectClosed, foreignBytes } from '../../support/foreign-bytes.ts'
import { NOW, testDevice, valueOf } from '../../support/test-device.ts'
import { GROUP_ID, primitives, signerOf, testJoin } from '../../support/test-group.ts'

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const alice = testDevice('alice')
const bob = testDevice('bob')

describe('group messages', () => {
  const messages: readonly GroupMessage[] = [
    { kind: 'join', join: filled(5, 1) },
    { kind: 'member-key', memberKey: filled(5, 2) },
    { kind: 'key-share', keyShare: filled(5, 3) },
    { kind: 'head', head: filled(5, 4) },
    { kind: 'key-request', epoch: 7 },
    { kind: 'record', record: filled(5, 6) },
  ]

  it('have the kinds of the table', () => {
    expect(messages.map((message) => encodeGroupMessage(message)[0])).toEqual([1, 2, 3, 4, 5, 6])
    for (const message of messages) expect(parseGroupMessage(encodeGroupMessage(message))).toEqual(message)
    expect(parseGroupMessage(Uint8Array.of(0))).toBeUndefined()
    expect(parseGroupMessage(Uint8Array.of(7))).toBeUndefined()
    expect(parseGroupMessage(new Uint8Array())).toBeUndefined()
    expect(parseGroupMessage(Uint8Array.of(5, 0, 0, 0, 1, 0))).toBeUndefined()
  })

  it('are the one encoding of what they parse to', () => {
    fc.assert(
      fc.property(foreignBytes(...messages.map(encodeGroupMessage)), (bytes) => {
        const message = parseGroupMessage(bytes)
        return message === undefined || Buffer.compare(encodeGroupMessage(message), bytes) === 0
      }),
      { numRuns: 2000 },
    )
  })
})

describe('GroupInvite', () => {
  const invite: GroupInvite = {
    groupId: GROUP_ID,
    createHash: filled(32, 1),
    ticket: filled(100, 2),
    media: { audio: true, video: false, screen: false },
    linkProof: undefined,
    callerHandle: 'alice@example.org',
    callerName: 'Alice Åhlén',
    people: ['alice@example.org', 'bob'],
  }
  const byLink = { ...invite, linkProof: filled(32, 3), people: [] }

  it('is parsed from exactly what it encodes to', () => {
    expect(parseGroupInvite(encodeGroupInvite(byLink))).toEqual(byLink)
    expectClosed(parseGroupInvite, encodeGroupInvite, [invite, byLink].map(encodeGroupInvite))
  })

  it('names at most 33 people, and no one by what is no handle', () => {
    const crowd = (count: number) => Array.from({ length: count }, (_, i) => `person${String(i)}`)
    expect(parseGroupInvite(encodeGroupInvite({ ...invite, people: crowd(33) }))?.people).toHaveLength(33)
    expect(() => encodeGroupInvite({ ...invite, people: crowd(34) })).toThrow(RangeError)
    expect(parseGroupInvite(encodeGroupInvite({ ...invite, people: ['Bob'] }))).toBeUndefined()
    expect(parseGroupInvite(encodeGroupInvite({ ...invite, callerHandle: 'a b' }))).toBeUndefined()
    expect(parseGroupInvite(encodeGroupInvite({ ...invite, ticket: filled(513, 0) }))).toBeUndefined()
  })
})

describe('links (R38)', () => {
  const secret = filled(32, 5)
  const keys = linkKeys(secret)
  const link = { authority: 'call.example.org:8443', secret }

  it('are written and read, and name what follows from their secret', () => {
    const url = formatLink(link)
    expect(url).toBe(`https://call.example.org:8443/j/${toBase64Url(keys.linkId)}#${toBase64Url(secret)}`)
    expect(parseLink(url)).toEqual(link)
    expect(parseLink(formatLink({ ...link, authority: '[2001:db8::1]' }))).toEqual({
      authority: '[2001:db8::1]',
      secret,
    })
  })

  it('are refused in any other form', () => {
    const url = formatLink(link)
    const otherId = toBase64Url(linkKeys(filled(32, 6)).linkId)
    for (const bad of [
      url.replace('https', 'http'),
      url.replace('/j/', '/k/'),
      url.replace('#', '?'),
      url.replace(/j\/[^#]+/, `j/${otherId}`),
      url.slice(0, -1),
      `${url}A`,
      `${url}=`,
      ` ${url}`,
      `${url}\n`,
      url.replace('call.example.org', 'call.example.org@evil.example'),
      url.replace('call.example.org', 'call..example'),
      url.replace('8443', '99999'),
      'https://',
      '',
    ]) {
      expect(parseLink(bad)).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), fc.nat(url.length), (noise, at) => {
        expect(parseLink(noise)).toBeUndefined()
        const changed = url.slice(0, at) + noise.slice(0, 3) + url.slice(at + 1)
        const parsed = parseLink(changed)
        if (parsed !== undefined) expect(formatLink(parsed)).toBe(changed)
      }),
    )
  })

  it('have keys that are all different, and change with the secret: a new one voids the old link', () => {
    const other = linkKeys(filled(32, 6))
    const all = [keys, other].flatMap(({ linkId, linkKey, linkSeal }) => [linkId, linkKey, linkSeal].map(toHex))
    expect(new Set(all).size).toBe(6)
    expect([keys.linkId.length, keys.linkKey.length, keys.linkSeal.length]).toEqual([16, 32, 64])
  })

  it('have a card that only who has the link reads, of this link', () => {
    const card = { hostHandle: 'alice@example.org', accountPub: alice.certificate.accountPub, title: 'Monday' }
    const sealed = sealLinkCard(keys, card)
    expect(openLinkCard(keys, sealed)).toEqual(card)
    expect(openLinkCard(linkKeys(filled(32, 6)), sealed)).toBeUndefined()
    expect(openLinkCard({ ...keys, linkId: filled(16, 1) }, sealed)).toBeUndefined()
    expect(openLinkCard(keys, sealed.subarray(1))).toBeUndefined()
    expect(openLinkCard(keys, sealLinkCard(keys, { ...card, hostHandle: 'A' }))).toBeUndefined()
  })

  it('have tags for one device, one group and one nonce, none of which passes for another', () => {
    const { certHash } = bob.certificate
    const nonce = filled(16, 7)
    const tag = linkTag(keys.linkKey, { groupId: GROUP_ID, certHash, nonce })
    expect(tagMatches(linkTag(keys.linkKey, { groupId: GROUP_ID, certHash, nonce }), tag)).toBe(true)
    expect(tagMatches(tag, undefined)).toBe(false)
    const tags = [
      tag,
      linkTag(keys.linkKey, { groupId: filled(16, 1), certHash, nonce }),
      linkTag(keys.linkKey, { groupId: GROUP_ID, certHash: alice.certificate.certHash, nonce }),
      linkTag(keys.linkKey, { groupId: GROUP_ID, certHash, nonce: filled(16, 8) }),
      linkTag(linkKeys(filled(32, 6)).linkKey, { groupId: GROUP_ID, certHash, nonce }),
      knockTag(keys.linkKey, certHash, nonce),
      knockTag(keys.linkKey, certHash, filled(16, 8)),
      linkProof(keys.linkKey, certHash, nonce),
      linkProof(keys.linkKey, filled(32, 1), nonce),
    ]
    expect(new Set(tags.map(toHex)).size).toBe(tags.length)
  })

  it('Knock is parsed from exactly what it encodes to', () => {
    const knock: Knock = {
      linkId: keys.linkId,
      nonce: filled(16, 7),
      tag: knockTag(keys.linkKey, bob.certificate.certHash, filled(16, 7)),
      handle: 'bob',
      name: 'Bob 李',
    }
    expectClosed(parseKnock, encodeKnock, [encodeKnock(knock), encodeKnock({ ...knock, name: '' })])
    expect(parseKnock(encodeKnock({ ...knock, handle: 'B' }))).toBeUndefined()
  })
})

describe('Upgrade (R36)', () => {
  const exporter = filled(32, 1)
  const call = { exporter, peerCertHash: alice.certificate.certHash }
  const founded = (tag: Uint8Array | undefined) => {
    const fields = { join: testJoin(alice, 0), addPolicy: 'all', upgradeTag: tag } as const
    const entry = foundingEntry(fields, signerOf(alice), NOW, primitives)
    return { entry, roster: valueOf(applyEntry(undefined, entry, primitives)) }
  }
  const { entry, roster } = founded(upgradeTag(exporter, GROUP_ID))

  it('is of the same two devices and the same call', () => {
    expect(upgradesCall(roster, call)).toBe(true)
    expect(upgradesCall(roster, { ...call, peerCertHash: bob.certificate.certHash })).toBe(false)
    expect(upgradesCall(roster, { ...call, exporter: filled(32, 2) })).toBe(false)
    expect(upgradesCall(founded(undefined).roster, call)).toBe(false)
    expect(upgradesCall(founded(upgradeTag(exporter, filled(16, 0))).roster, call)).toBe(false)
  })

  it('is parsed from exactly what it encodes to', () => {
    const bytes = encodeUpgrade({ ticket: filled(100, 1), entry })
    expect(parseUpgrade(bytes)).toEqual({ ticket: filled(100, 1), entry })
    expectClosed(parseUpgrade, encodeUpgrade, [bytes], 1000)
  })
})
