/** Records, Heads and words of members (docs/protocol/group.md, section 3: R34, R37). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareBytes, concatBytes, toHex } from '../../../src-shared/base/bytes.ts'
import { ByteWriter } from '../../../src-shared/base/writer.ts'
import { wordsOf } from '../../../src-shared/call/safety-words.ts'
import { gcmSeal } from '../../../src-shared/crypto/aead.ts'
import { hash } from '../../../src-shared/crypto/hash.ts'
import { deriveSenderKeys } from '../../../src-shared/group/group-keys.ts'
import {
  encodeGroupRecord,
  type GroupRecord,
  parseGroupRecord,
  RecordReceiver,
  RecordSender,
} from '../../../src-shared/group/group-record.ts'
import { compareHead, HEAD_LATE, HeadWatch, issueHead, parseHead, verifyHead } from '../../../src-shared/group/head.ts'
import {
  encodeRecordContent,
  parseRecordContent,
  type RecordContent,
} from '../../../src-shared/group/record-content.ts'
import type { Roster } from '../../../src-shared/group/roster.ts'
import { WordsRound, wordsCommitment } from '../../../src-shared/group/words.ts'
import { expectClosed } from '../../support/foreign-bytes.ts'
import { NOW, type TestDevice, testDevice, valueOf } from '../../support/test-device.ts'
import { callOf, change, GROUP_ID, primitives, signerOf, withChanges } from '../../support/test-group.ts'

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => testDevice(name)) as [
  TestDevice,
  TestDevice,
  TestDevice,
]
const roster = callOf(alice, [bob, carol])
const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

const contents: readonly RecordContent[] = [
  { type: 'media', media: { audio: true, video: false, screen: true } },
  { type: 'profile', name: 'Alice Åhlén' },
  { type: 'chat', id: filled(16, 1), text: 'hello 👋' },
  { type: 'reaction', emoji: '👍🏽' },
  { type: 'hand', up: true },
  { type: 'mute-request', certHash: filled(32, 2) },
  { type: 'words-commit', rosterHash: filled(32, 3), commitment: filled(32, 4) },
  { type: 'words-reveal', rosterHash: filled(32, 3), nonce: filled(32, 5) },
]

describe('what records say', () => {
  it('is parsed from exactly what it encodes to', () => {
    expect(contents.map((content) => encodeRecordContent(content)[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expectClosed(parseRecordContent, encodeRecordContent, contents.map(encodeRecordContent))
  })

  it('has limits', () => {
    const chat = (length: number) => encodeRecordContent({ type: 'chat', id: filled(16, 1), text: 'a'.repeat(length) })
    expect(parseRecordContent(chat(4096))).toBeDefined()
    expect(parseRecordContent(chat(4097))).toBeUndefined()
    expect(parseRecordContent(encodeRecordContent({ type: 'reaction', emoji: 'a'.repeat(33) }))).toBeUndefined()
    expect(parseRecordContent(encodeRecordContent({ type: 'profile', name: 'a'.repeat(129) }))).toBeUndefined()
    expect(parseRecordContent(Uint8Array.of(9))).toBeUndefined()
    expect(parseRecordContent(Uint8Array.of(5, 2))).toBeUndefined()
    expect(parseRecordContent(filled(9001, 1))).toBeUndefined()
  })
})

describe('records', () => {
  const suite = 'AEAD_AES_256_GCM'
  const keysOf = (device: TestDevice, at: Roster = roster) =>
    deriveSenderKeys(at, { certHash: device.certificate.certHash, suite }, filled(32, 9))
  const keys = keysOf(alice)
  const senderOf = () => new RecordSender(keys, alice.keys.device.secret, primitives)
  const receiverOf = (device = alice, of = keys) => new RecordReceiver(of, device.certificate.devicePub, primitives)
  const parsed = (bytes: Uint8Array): GroupRecord => {
    const record = parseGroupRecord(bytes)
    if (record === undefined) throw new Error('malformed')
    return record
  }
  const verdict = (receiver: RecordReceiver, record: GroupRecord) => {
    const result = receiver.open(record)
    return result.ok ? result.value : result.reason
  }

  it('come out as they went in, in order', () => {
    const [sender, receiver] = [senderOf(), receiverOf()]
    for (const content of contents) expect(verdict(receiver, parsed(sender.seal(content)))).toEqual(content)
  })

  it('are taken once, and never a lower one after a higher', () => {
    const [sender, receiver] = [senderOf(), receiverOf()]
    const [first, second, third] = [0, 1, 2].map(() => parsed(sender.seal({ type: 'hand', up: true })))
    if (!first || !second || !third) throw new Error('no record')
    expect(verdict(receiver, second)).toMatchObject({ type: 'hand' })
    expect(verdict(receiver, second)).toBe('repeated')
    expect(verdict(receiver, first)).toBe('repeated')
    expect(verdict(receiver, { ...third, seq: 5 })).toBe('seal')
    expect(verdict(receiver, third)).toMatchObject({ type: 'hand' })
  })

  it('are of one epoch, one chain and one sender', () => {
    const record = parsed(senderOf().seal({ type: 'hand', up: true }))
    const later = withChanges(roster, [alice, change.remove(carol, 'removed')])
    expect(verdict(receiverOf(alice, keysOf(alice, later)), record)).toBe('epoch')
    const otherBranch = keysOf(alice, { ...roster, epochHash: filled(32, 1) })
    expect(verdict(receiverOf(alice, otherBranch), record)).toBe('seal')
    expect(verdict(receiverOf(alice, { ...keys, epochHash: filled(32, 1) }), record)).toBe('seal')
    expect(verdict(receiverOf(alice, { ...keys, certHash: bob.certificate.certHash }), record)).toBe('seal')
    expect(verdict(receiverOf(), { ...record, epoch: record.epoch + 1 })).toBe('epoch')
  })

  it('of one member do not pass for another’s, though all have the key', () => {
    const byCarol = new RecordSender(keys, carol.keys.device.secret, primitives)
    expect(verdict(receiverOf(), parsed(byCarol.seal({ type: 'hand', up: true })))).toBe('signature')
    // Carol seals again what Alice signed, at another place.
    const place = (seq: number) => new ByteWriter().u32(roster.epoch).u64(seq).finish()
    const content = encodeRecordContent({ type: 'hand', up: true })
    const { certHash } = alice.certificate
    const signature = primitives.signDigest(
      alice.keys.device.secret,
      hash('group record', roster.epochHash, certHash, place(0), content),
    )
    const sealedAt = (seq: number): GroupRecord => {
      const counter = concatBytes(filled(4, 0), place(seq).subarray(4))
      const nonce = keys.control.iv.map((byte, i) => byte ^ (counter[i] ?? 0))
      const ad = concatBytes(roster.epochHash, certHash, place(seq))
      return {
        epoch: roster.epoch,
        seq,
        ciphertext: gcmSeal(keys.control.key, nonce, ad, concatBytes(content, signature)),
      }
    }
    expect(verdict(receiverOf(), sealedAt(0))).toMatchObject({ type: 'hand' })
    expect(verdict(receiverOf(), sealedAt(1))).toBe('signature')
  })

  it('that are signed but say nothing known are refused, and a refusal changes nothing', () => {
    const receiver = receiverOf()
    const strange = new RecordSender(keys, alice.keys.device.secret, primitives)
    const chat = { type: 'chat', id: filled(16, 1), text: 'a'.repeat(4097) } as const
    expect(verdict(receiver, parsed(strange.seal(chat)))).toBe('content')
    const record = parsed(senderOf().seal({ type: 'hand', up: false }))
    const damaged = { ...record, ciphertext: record.ciphertext.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) }
    expect(verdict(receiver, damaged)).toBe('seal')
    expect(verdict(receiver, { ...record, ciphertext: record.ciphertext.subarray(0, 20) })).toBe('seal')
    expect(verdict(receiver, record)).toMatchObject({ type: 'hand' })
  })

  it('are over when their keys are erased', () => {
    const [sender, receiver] = [senderOf(), receiverOf()]
    const record = parsed(sender.seal({ type: 'hand', up: true }))
    sender.erase()
    receiver.erase()
    expect(() => sender.seal({ type: 'hand', up: true })).toThrow()
    expect(verdict(receiver, record)).toBe('erased')
    // They had copies: the epoch's own keys are its owner's to erase.
    expect(keys.control.key.some((byte) => byte !== 0)).toBe(true)
  })

  it('are parsed from exactly what they encode to', () => {
    const sender = senderOf()
    const bytes = contents.map((content) => sender.seal(content))
    expectClosed(parseGroupRecord, encodeGroupRecord, bytes)
    expect(parseGroupRecord(encodeGroupRecord({ epoch: 1, seq: 1, ciphertext: filled(9081, 0) }))).toBeUndefined()
    const long = { type: 'chat', id: filled(16, 1), text: 'a'.repeat(9000) } as const
    expect(() => sender.seal(long)).toThrow(RangeError)
  })
})

describe('Head (R34)', () => {
  const owner = { groupId: GROUP_ID, ...alice.certificate }
  const headOf = (at: Roster, now = NOW, by = alice) => {
    const head = parseHead(issueHead(at, signerOf(by), now, primitives))
    if (head === undefined) throw new Error('malformed')
    return head
  }
  const verified = (at: Roster, now = NOW) => valueOf(verifyHead(headOf(at, now), owner, primitives))

  it('has 160 bytes, and is its member’s', () => {
    expect(headOf(roster).bytes).toHaveLength(16 + 32 + 4 + 32 + 4 + 8 + 64)
    expect(verifyHead(headOf(roster), owner).ok).toBe(true)
    const reasonOf = (result: ReturnType<typeof verifyHead>) => (result.ok ? 'ok' : result.reason)
    expect(reasonOf(verifyHead(headOf(roster, NOW, bob), owner))).toBe('device')
    expect(reasonOf(verifyHead(headOf({ ...roster, groupId: filled(16, 0) }), owner))).toBe('group')
    const forged = { ...signerOf(alice), signingSecret: bob.keys.device.secret }
    const head = parseHead(issueHead(roster, forged, NOW, primitives))
    expect(head && reasonOf(verifyHead(head, owner))).toBe('signature')
    expectClosed(parseHead, ({ bytes }) => bytes, [headOf(roster).bytes], 500)
  })

  it('says whether its sender is behind, ahead or on another branch', () => {
    const next = withChanges(roster, [alice, change.host(bob, true)])
    const branch = withChanges(roster, [alice, change.host(carol, true)])
    expect(compareHead(next, verified(next))).toBe('same')
    expect(compareHead(next, verified(roster))).toBe('behind')
    expect(compareHead(roster, verified(next))).toBe('ahead')
    expect(compareHead(next, verified(branch))).toBe('fork')
    const longer = withChanges(next, [bob, change.host(carol, true)])
    expect(compareHead(longer, verified(branch))).toBe('fork')
  })

  it('confirms once, and not when it was kept back', () => {
    const watch = new HeadWatch()
    // The clocks of the two differ by an hour.
    const skew = 3_600_000
    const heard = (at: number, now: number) => watch.take(verified(roster, NOW + at), NOW + skew + now)
    expect(heard(0, 200)).toBe('fresh')
    expect(heard(0, 9_000)).toBe('repeated')
    expect(heard(10_000, 10_050)).toBe('fresh')
    expect(heard(20_000, 20_050 + HEAD_LATE)).toBe('fresh')
    // The relay lets through one of three: the way gets longer each time, and it shows.
    expect(heard(30_000, 50_000)).toBe('late')
    expect(heard(40_000, 80_000)).toBe('late')
    expect(heard(90_000, 90_100)).toBe('fresh')
    watch.forget(alice.certificate.certHash)
    expect(heard(0, 500_000)).toBe('fresh')
  })

  it('stays fresh over a day of clocks that go apart', () => {
    const watch = new HeadWatch()
    const day = 86_400_000
    for (let at = 0; at <= day; at += day / 200) {
      const head = verified(roster, NOW + Math.round(at * (1 - 5e-5)))
      expect(watch.take(head, NOW + at)).toBe('fresh')
    }
  })
})

describe('words (R37)', () => {
  const people = [alice, bob, carol]
  const nonceOf = (i: number) => filled(32, 0x40 + i)
  const rounds = (at: Roster = roster) =>
    people.map(({ certificate }, i) => new WordsRound(at, certificate.certHash, nonceOf(i)))

  const exchange = (all: readonly WordsRound[], pick: 'commit' | 'reveal') => {
    for (const [from, round] of all.entries()) {
      const content = round[pick]
      if (content === undefined) throw new Error('nothing to say')
      for (const other of all) {
        const { certHash } = people[from]?.certificate ?? alice.certificate
        if (content.type === 'words-commit') other.takeCommit(certHash, content.rosterHash, content.commitment)
        if (content.type === 'words-reveal') other.takeReveal(certHash, content.rosterHash, content.nonce)
      }
    }
  }

  it('are the same for all who have the same roster', () => {
    const all = rounds()
    expect(all[0]?.reveal).toBeUndefined()
    exchange(all, 'commit')
    expect(all[0]?.words).toBeUndefined()
    exchange(all, 'reveal')
    const parts = people.map(({ certificate }, i) => concatBytes(certificate.certHash, nonceOf(i)))
    parts.sort(compareBytes)
    const expected = wordsOf(hash('words', roster.head, ...parts))
    expect(expected).toHaveLength(4)
    for (const round of all) expect(round.words).toEqual(expected)
    const next = rounds(withChanges(roster, [alice, change.host(bob, true)]))
    exchange(next, 'commit')
    exchange(next, 'reveal')
    expect(next[0]?.words).not.toEqual(expected)
  })

  it('nobody reveals before all have committed', () => {
    const all = rounds()
    const [mine, his] = all
    const commit = his?.commit
    if (mine === undefined || commit?.type !== 'words-commit') throw new Error('no round')
    mine.takeCommit(bob.certificate.certHash, commit.rosterHash, commit.commitment)
    expect(mine.reveal).toBeUndefined()
    // One for another roster, or of somebody else, is none.
    mine.takeCommit(carol.certificate.certHash, filled(32, 0), filled(32, 1))
    mine.takeCommit(testDevice('dave').certificate.certHash, roster.head, filled(32, 1))
    expect(mine.reveal).toBeUndefined()
  })

  it('nobody chooses after the others have revealed', () => {
    const all = rounds()
    exchange(all, 'commit')
    const [mine] = all
    const { certHash } = carol.certificate
    expect(mine?.takeReveal(certHash, roster.head, filled(32, 1))).toBe('mismatch')
    // A second commitment does not replace the first.
    mine?.takeCommit(certHash, roster.head, wordsCommitment(roster.head, certHash, filled(32, 1)))
    expect(mine?.takeReveal(certHash, roster.head, filled(32, 1))).toBe('mismatch')
    // Nor is another's nonce one's own, or what nobody committed to.
    expect(mine?.takeReveal(certHash, roster.head, nonceOf(1))).toBe('mismatch')
    expect(mine?.takeReveal(certHash, filled(32, 0), nonceOf(2))).toBe('ignored')
    expect(mine?.takeReveal(certHash, roster.head, nonceOf(2))).toBe('taken')
    expect(mine?.words).toBeUndefined()
  })

  it('have a commitment for each roster and device', () => {
    const nonces = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(nonces, nonces, nonces, (rosterHash, certHash, nonce) => {
        const made = wordsCommitment(rosterHash, certHash, nonce)
        return toHex(made) === toHex(hash('words commit', rosterHash, certHash, nonce))
      }),
      { numRuns: 20 },
    )
  })
})
