/** The codecs of the call's messages: what they say survives the way, and nothing else is read. */
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../../src-shared/base/bytes.ts'
import { createAccept, createOffer } from '../../../src-shared/call/handshake.ts'
import {
  encodeAcceptBox,
  encodeAcceptClear,
  encodeAccept,
  parseAccept,
  parseAcceptPlaintext,
} from '../../../src-shared/protocol/accept.ts'
import { encodeCallMessage, parseCallMessage } from '../../../src-shared/protocol/call-message.ts'
import {
  encodeAnswered,
  encodeCancel,
  encodeReply,
  parseAnswered,
  parseCancel,
  parseReply,
} from '../../../src-shared/protocol/cancel.ts'
import {
  type ControlMessage,
  encodeControlMessage,
  encodeControlRecord,
  parseControlMessage,
  parseControlRecord,
} from '../../../src-shared/protocol/control-record.ts'
import { encodeInvite, type Invite, parseInvite } from '../../../src-shared/protocol/invite.ts'
import { CANDIDATES_MAX, isCandidate } from '../../../src-shared/protocol/path-offer.ts'
import { issuePrekey, parsePrekey, verifyPrekey } from '../../../src-shared/protocol/prekey.ts'
import { expectClosed } from '../../support/foreign-bytes.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { NOW, testDevice, valueOf } from '../../support/test-device.ts'

const random = seededRandom('messages')
const callId = random(16)
const alice = testDevice('alice')
const bob = testDevice('bob')
const offer = createOffer(
  {
    callId,
    suites: ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'],
    media: { audio: true, video: false, screen: true },
    relayTicket: random(80),
    callerHandle: 'alice@example.org',
    callerName: 'Alice Åhlén',
  },
  random,
)
const invite = parseInvite(offer.invite)
if (invite === undefined) throw new Error('invite')
const { accept } = valueOf(
  createAccept(
    {
      invite,
      envDigest: random(32),
      messageId: random(16),
      own: bob.own,
      media: { audio: true, video: true, screen: false },
    },
    random,
  ),
)

const replaced = (changes: Partial<Invite>) => encodeInvite({ ...invite, ...changes })
/** The Invite's bytes with its offer and media written by hand. */
function withOffer(...bytes: number[]): Uint8Array {
  const before = 16 + 32 + 1184
  return concatBytes(offer.invite.subarray(0, before), Uint8Array.from(bytes), offer.invite.subarray(before + 6))
}

describe('Invite', () => {
  it('is read from exactly what is written', () => {
    const short = replaced({ offer: [7], relayTicket: new Uint8Array(), callerHandle: 'bob', callerName: '' })
    expectClosed(parseInvite, encodeInvite, [offer.invite, short], 5000)
  })

  it('refuses an offer that is empty, too long, repeats itself or names suite 0', () => {
    expect(parseInvite(withOffer(2, 0, 1, 0, 2, 1))).toBeDefined()
    expect(parseInvite(withOffer(0, 1))).toBeUndefined()
    expect(parseInvite(withOffer(5, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 1))).toBeUndefined()
    expect(parseInvite(withOffer(2, 0, 1, 0, 1, 1))).toBeUndefined()
    expect(parseInvite(withOffer(1, 0, 0, 1))).toBeUndefined()
    expect(() => replaced({ offer: [] })).toThrow(RangeError)
  })

  it('refuses unknown kinds of media, a long ticket, what is no handle, a long name and bytes that are no text', () => {
    expect(parseInvite(withOffer(1, 0, 1, 8))).toBeUndefined()
    expect(parseInvite(replaced({ relayTicket: new Uint8Array(513) }))).toBeUndefined()
    // None, one that is not spelled as the directory spells it, one that looks like another, one that is too long (1.3).
    for (const callerHandle of ['', 'Alice', ' alice', 'аlice', `${'a'.repeat(250)}@b.org`]) {
      expect(parseInvite(replaced({ callerHandle }))).toBeUndefined()
    }
    expect(parseInvite(replaced({ callerName: 'ä'.repeat(64) }))).toMatchObject({ callerName: 'ä'.repeat(64) })
    expect(parseInvite(replaced({ callerName: `${'ä'.repeat(64)}a` }))).toBeUndefined()
    const spoiled = offer.invite.slice()
    spoiled[spoiled.length - 1] = 0xff
    expect(parseInvite(spoiled)).toBeUndefined()
    // The Invite of an earlier draft, without a name.
    expect(parseInvite(replaced({ callerName: '' }).subarray(0, -1))).toBeUndefined()
  })
})

describe('Accept', () => {
  it('is read from exactly what is written', () => {
    const encode = (value: NonNullable<ReturnType<typeof parseAccept>>) =>
      encodeAccept(encodeAcceptClear(value), value.box)
    expectClosed(parseAccept, encode, [accept], 5000)
    const box = { certificate: bob.certificate.bytes, listVersion: 3, listHash: random(32), suite: 2 }
    const signed = encodeAcceptBox({ ...box, media: { audio: true, video: false, screen: false } })
    expectClosed(
      parseAcceptPlaintext,
      ({ box: { certificate, ...rest }, signature }) =>
        concatBytes(encodeAcceptBox({ certificate: certificate.bytes, ...rest }), signature),
      [concatBytes(signed, random(64))],
    )
  })

  it('refuses a box of any other length', () => {
    const clear = accept.subarray(0, 2 + 16 + 16 + 32 + 1088)
    expect(parseAccept(encodeAccept(clear, new Uint8Array(1584)))).toBeDefined()
    expect(parseAccept(encodeAccept(clear, new Uint8Array(1583)))).toBeUndefined()
    expect(parseAccept(encodeAccept(clear, new Uint8Array(1585)))).toBeUndefined()
  })
})

describe('Cancel, Answered, Reply', () => {
  it('are read from exactly what is written', () => {
    const reasons = ['withdrawn', 'answered-elsewhere', 'timeout', 'glare'] as const
    const cancels = reasons.map((reason) => encodeCancel({ callId, reason }))
    expect(cancels.map((bytes) => bytes.at(-1))).toEqual([1, 2, 3, 4])
    expectClosed(parseCancel, encodeCancel, cancels)
    expectClosed(parseAnswered, encodeAnswered, [encodeAnswered({ callId })])
    const replies = (['ringing', 'declined', 'busy'] as const).map((answer) => encodeReply({ callId, answer }))
    expect(replies.map((bytes) => bytes.at(-1))).toEqual([1, 2, 3])
    expectClosed(parseReply, encodeReply, replies)
    for (const code of [0, 5, 255]) expect(parseCancel(concatBytes(callId, Uint8Array.of(code)))).toBeUndefined()
    for (const code of [0, 4, 255]) expect(parseReply(concatBytes(callId, Uint8Array.of(code)))).toBeUndefined()
  })
})

const pathOffer = {
  pathId: 7,
  fingerprint: random(32),
  iceUfrag: 'abcd',
  icePwd: 'abcdefghijklmnopqrstuv',
  candidates: ['candidate:1 1 UDP 2122317823 192.0.2.7 54321 typ host', 'candidate:2 1 UDP 1 2001:db8::1 9 typ host'],
}
const controlMessages: ControlMessage[] = [
  { type: 'confirm', nonce: random(32) },
  { type: 'media', media: { audio: true, video: false, screen: true } },
  { type: 'path-offer', offer: pathOffer },
  { type: 'path-offer', offer: { ...pathOffer, candidates: [] } },
  { type: 'path-remove', pathId: 7 },
  { type: 'rekey-offer', offer: { generation: 1, x25519: random(32), kemEk: random(1184) } },
  { type: 'rekey-answer', answer: { generation: 1, x25519: random(32), kemCt: random(1088) } },
  { type: 'end', reason: 'hung-up' },
  { type: 'end', reason: 'attack' },
  { type: 'cancel', cancel: { callId, reason: 'glare' } },
  { type: 'keep-alive', received: 12_345_678_901 },
  { type: 'profile', name: 'Björn 👩‍🚀' },
  { type: 'profile', name: '' },
  { type: 'rekey-request' },
]

describe('control messages', () => {
  it('are read from exactly what is written', () => {
    for (const message of controlMessages) expect(parseControlMessage(encodeControlMessage(message))).toEqual(message)
    expectClosed(parseControlMessage, encodeControlMessage, controlMessages.map(encodeControlMessage), 10_000)
    const record = encodeControlRecord({ generation: 3, seq: 2 ** 40, ciphertext: random(60) })
    expectClosed(parseControlRecord, encodeControlRecord, [record])
  })

  it('have no other types, and no other values of a flag or a reason', () => {
    for (const type of [0, 7, 12, 255]) expect(parseControlMessage(Uint8Array.of(type, 0))).toBeUndefined()
    expect(parseControlMessage(Uint8Array.of(2, 1, 0, 2))).toBeUndefined()
    expect(parseControlMessage(Uint8Array.of(8, 0))).toBeUndefined()
    expect(parseControlMessage(Uint8Array.of(8, 4))).toBeUndefined()
  })

  it('refuse a name that is too long or no text', () => {
    const name = (...bytes: number[]) => parseControlMessage(Uint8Array.of(11, bytes.length, ...bytes))
    expect(name(...new Array<number>(128).fill(0x61))).toEqual({ type: 'profile', name: 'a'.repeat(128) })
    expect(name(...new Array<number>(129).fill(0x61))).toBeUndefined()
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x61, 0xe2, 0x82]]) {
      expect(name(...bytes)).toBeUndefined()
    }
  })

  it('let nothing into the SDP that is not a candidate or a credential (R26)', () => {
    const injected = 'candidate:1 1 UDP 1 192.0.2.7 9 typ host\r\na=fingerprint:sha-256 00'
    expect(isCandidate(injected)).toBe(false)
    const bytes = encodeControlMessage({ type: 'path-offer', offer: pathOffer })
    const at = bytes.length - 5
    for (const byte of [0x00, 0x0a, 0x0d, 0x7f, 0x80, 0xff]) {
      const spoiled = bytes.slice()
      spoiled[at] = byte
      expect(parseControlMessage(spoiled)).toBeUndefined()
    }
    const refused = [
      { iceUfrag: 'abc' },
      { iceUfrag: 'ab\r\ncd' },
      { icePwd: 'short' },
      { candidates: ['a=candidate:1'] },
      { candidates: Array.from({ length: CANDIDATES_MAX + 1 }, () => 'candidate:1 1 UDP 1 192.0.2.7 9 typ host') },
    ]
    for (const change of refused) {
      const offer = { ...pathOffer, ...change }
      expect(() => encodeControlMessage({ type: 'path-offer', offer })).toThrow(RangeError)
    }
  })

  it('fit into a record at their longest', () => {
    const longest = encodeControlMessage({
      type: 'path-offer',
      offer: {
        ...pathOffer,
        iceUfrag: 'a'.repeat(255),
        icePwd: 'b'.repeat(255),
        candidates: Array.from({ length: CANDIDATES_MAX }, () => `candidate:${'c'.repeat(245)}`),
      },
    })
    expect(parseControlMessage(longest)).toBeDefined()
    const ciphertext = new Uint8Array(longest.length + 16)
    expect(parseControlRecord(encodeControlRecord({ generation: 0, seq: 0, ciphertext }))).toBeDefined()
  })
})

describe('call messages', () => {
  it('are read from exactly what is written', () => {
    const messages = [
      encodeCallMessage({ kind: 'accept', accept }),
      encodeCallMessage({ kind: 'record', record: random(50) }),
    ]
    for (const bytes of messages) {
      const message = parseCallMessage(bytes)
      expect(message && encodeCallMessage(message)).toEqual(bytes)
    }
    expectClosed(parseCallMessage, encodeCallMessage, [encodeCallMessage({ kind: 'path-proof', proof: random(32) })])
    for (const kind of [0, 4, 255]) expect(parseCallMessage(Uint8Array.of(kind, 1, 2))).toBeUndefined()
  })
})

describe('prekey (R11)', () => {
  const fields = {
    kind: 'medium-term',
    id: 9,
    certHash: bob.certificate.certHash,
    p256: bob.keys.agreement.p256.public,
    kem: bob.keys.agreement.kem.public,
    notAfter: NOW + 1000,
  } as const
  const prekey = issuePrekey(fields, bob.keys.device.secret)

  it('is read from exactly what is written', () => {
    expectClosed(parsePrekey, ({ bytes }) => bytes, [prekey.bytes])
  })

  it('counts only for the device that it names and that signed it, and in its time', () => {
    const check = (signed: typeof prekey, device = bob, now = NOW) => {
      const parsed = parsePrekey(signed.bytes)
      if (parsed === undefined) return 'malformed'
      const result = verifyPrekey(parsed, device.verified, now)
      return result.ok ? 'ok' : result.reason
    }
    expect(check(prekey)).toBe('ok')
    expect(check(prekey, alice)).toBe('device')
    expect(check(issuePrekey(fields, alice.keys.device.secret))).toBe('signature')
    // A thief of nothing but the account key cannot make prekeys either.
    expect(check(issuePrekey(fields, bob.keys.account.secret))).toBe('signature')
    expect(check(prekey, bob, NOW + 1001)).toBe('expired')
    const altered = prekey.bytes.slice()
    altered[60] = (altered[60] ?? 0) ^ 1
    expect(check({ ...prekey, bytes: altered })).toBe('signature')
  })
})
