/** The handshake between two honest devices, and every way in which something between them or one of them is not honest. */
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../../../src-shared/base/bytes.ts'
import { DAY } from '../../../../src-shared/base/time.ts'
import {
  chooseSuite,
  confirmMatches,
  createAccept,
  eraseOffer,
  openAccept,
  type OutgoingOffer,
} from '../../../../src-shared/call/handshake.ts'
import { eraseSession } from '../../../../src-shared/call/session.ts'
import { SAFETY_WORDS, safetyWords } from '../../../../src-shared/call/safety-words.ts'
import { acceptBoxKey, transcript1, transcript2 } from '../../../../src-shared/call/transcript.ts'
import { gcmOpen, gcmSeal } from '../../../../src-shared/crypto/aead.ts'
import { kemEncapsulate, x25519KeyPair, x25519Shared } from '../../../../src-shared/crypto/agreement.ts'
import { sign } from '../../../../src-shared/crypto/signature.ts'
import {
  encodeAccept,
  encodeAcceptBox,
  encodeAcceptClear,
  encodeAcceptPlaintext,
  parseAccept,
} from '../../../../src-shared/protocol/accept.ts'
import { encodeInvite, type Invite, parseInvite } from '../../../../src-shared/protocol/invite.ts'
import {
  acceptOf,
  alice,
  AUDIO,
  bob,
  BOTH_SUITES,
  inviteOf,
  testEnvelope,
  testOffer,
} from '../../../support/test-call.ts'
import { expectClosed } from '../../../support/foreign-bytes.ts'
import { listedRandom, seededRandom } from '../../../support/seeded-random.ts'
import { NOW, type TestDevice, testDevice, valueOf } from '../../../support/test-device.ts'

const random = seededRandom('handshake')
const phone = testDevice('bob', 'phone')
const mallory = testDevice('mallory')
type SentEnvelope = ReturnType<typeof testEnvelope>

function open(offer: OutgoingOffer, accept: Uint8Array, envelope: SentEnvelope, device = bob, now = NOW) {
  const devices = [{ certHash: device.certificate.certHash, ...envelope }]
  return openAccept(offer, { accountPub: bob.certificate.accountPub, devices, now }, accept)
}
const outcome = (result: ReturnType<typeof openAccept>) => (result.ok ? 'ok' : result.reason)

/** An Accept whose box a dishonest callee fills as it likes; it knows the secrets of its own shares. */
function forgedAccept(
  invite: Invite,
  envelope: SentEnvelope,
  forge: { signer?: TestDevice; certificate?: Uint8Array; suite?: number; callId?: Uint8Array } = {},
): Uint8Array {
  const { signer = bob, certificate = signer.certificate.bytes, suite = 1, callId = invite.callId } = forge
  const ephemeral = x25519KeyPair(random(32))
  const agreed = x25519Shared(ephemeral.secret, invite.x25519)
  const kem = kemEncapsulate(invite.kemEk, random(32))
  if (!agreed || !kem) throw new Error('shares')
  const clear = encodeAcceptClear({
    callId,
    inviteMessageId: envelope.messageId,
    x25519: ephemeral.public,
    kemCt: kem.ciphertext,
  })
  const th1 = transcript1(envelope.envDigest, clear)
  const { listVersion, listHash } = signer.own
  const signed = encodeAcceptBox({ certificate, listVersion, listHash, suite, media: AUDIO })
  const signature = sign(signer.keys.device.secret, 'accept', transcript2(th1, signed))
  const key = acceptBoxKey(th1, concatBytes(agreed, kem.secret))
  return encodeAccept(clear, gcmSeal(key, new Uint8Array(12), th1, encodeAcceptPlaintext(signed, signature)))
}

describe('handshake', () => {
  it('gives both sides the same session, and nobody else has it', () => {
    const offer = testOffer()
    const envelope = testEnvelope()
    const accepted = valueOf(acceptOf(inviteOf(offer), envelope))
    const opened = valueOf(open(offer, accepted.accept, envelope))
    expect(opened.session).toEqual({ ...accepted.session, role: 'caller' })
    expect(opened.certificate.certHash).toEqual(bob.certificate.certHash)
    expect(opened).toMatchObject({ listVersion: bob.list.version, listHash: bob.list.listHash, media: AUDIO })

    const second = valueOf(acceptOf(inviteOf(offer), envelope))
    expect(second.session.keys).not.toEqual(accepted.session.keys)
  })

  it('opens no Accept after the offer was erased (R20, R21)', () => {
    const offer = testOffer()
    const envelope = testEnvelope()
    const { accept } = valueOf(acceptOf(inviteOf(offer), envelope))
    eraseOffer(offer)
    expect(offer.x25519.secret.every((byte) => byte === 0)).toBe(true)
    expect(offer.kem.secret.every((byte) => byte === 0)).toBe(true)
    expect(outcome(open(offer, accept, envelope))).toBe('closed')
  })

  it('erases what leads to the keys: ephemeral secrets, and a session when it ends (R21)', () => {
    const draws = [random(32), random(32)]
    const given: Uint8Array[] = []
    const watched = (length: number) => {
      const bytes = listedRandom(draws[given.length] ?? new Uint8Array())(length)
      given.push(bytes)
      return bytes
    }
    const input = { invite: inviteOf(testOffer()), ...testEnvelope(), own: bob.own, media: AUDIO }
    const { session } = valueOf(createAccept(input, watched))
    expect(given).toHaveLength(2)
    for (const secret of given) expect(secret.every((byte) => byte === 0)).toBe(true)
    eraseSession(session)
    for (const secret of [
      session.keys.path,
      session.keys.rekeyBase,
      session.keys.media['caller-to-callee'].audio.key,
    ]) {
      expect(secret.every((byte) => byte === 0)).toBe(true)
    }
  })
})

describe('someone on the way', () => {
  const offer = testOffer()
  const envelope = testEnvelope()

  it('who replaces shares of the Invite is found: the box does not open', () => {
    for (const change of [{ x25519: x25519KeyPair(random(32)).public }, { kemEk: mallory.keys.agreement.kem.public }]) {
      const replaced = parseInvite(encodeInvite({ ...inviteOf(offer), ...change }))
      if (replaced === undefined) throw new Error('malformed')
      const { accept } = valueOf(acceptOf(replaced, envelope))
      expect(outcome(open(offer, accept, envelope))).toBe('box')
    }
  })

  it('who replaces shares of the Accept is found', () => {
    const parsed = parseAccept(valueOf(acceptOf(inviteOf(offer), envelope)).accept)
    if (parsed === undefined) throw new Error('malformed')
    const otherKem = kemEncapsulate(offer.kem.public, random(32))
    if (otherKem === undefined) throw new Error('kem')
    for (const change of [{ x25519: x25519KeyPair(random(32)).public }, { kemCt: otherKem.ciphertext }]) {
      const clear = encodeAcceptClear({ ...parsed, ...change })
      expect(outcome(open(offer, encodeAccept(clear, parsed.box), envelope))).toBe('box')
    }
    const zero = encodeAcceptClear({ ...parsed, x25519: new Uint8Array(32) })
    expect(outcome(open(offer, encodeAccept(zero, parsed.box), envelope))).toBe('share')
  })

  it('who replaces both shares with its own has no signature of the callee', () => {
    const accept = forgedAccept(inviteOf(offer), envelope, { signer: mallory, certificate: bob.certificate.bytes })
    expect(outcome(open(offer, accept, envelope))).toBe('signature')
  })

  it('who changes anything in the offer, the media or the commitment changes envDigest, hence every key', () => {
    const { accept } = valueOf(acceptOf(inviteOf(offer), testEnvelope()))
    const parsed = parseAccept(accept)
    if (parsed === undefined) throw new Error('malformed')
    const readdressed = encodeAccept(encodeAcceptClear({ ...parsed, inviteMessageId: envelope.messageId }), parsed.box)
    expect(outcome(open(offer, readdressed, envelope))).toBe('box')
  })

  it('who brings the Accept of another call, of another envelope or of none is refused', () => {
    const other = valueOf(acceptOf(inviteOf(testOffer()), envelope)).accept
    expect(outcome(open(offer, other, envelope))).toBe('call')
    const { accept } = valueOf(acceptOf(inviteOf(offer), testEnvelope()))
    expect(outcome(open(offer, accept, envelope))).toBe('not-invited')
    expect(outcome(open(offer, accept.subarray(1), envelope))).toBe('malformed')
  })

  it('who alters one byte of an Accept is refused', () => {
    const { accept } = valueOf(acceptOf(inviteOf(offer), envelope))
    for (let at = 0; at < accept.length; at += 211) {
      const changed = accept.slice()
      changed[at] = (changed[at] ?? 0) ^ 4
      expect(outcome(open(offer, changed, envelope))).not.toBe('ok')
    }
  })
})

describe('another answers (R20)', () => {
  const offer = testOffer()
  const envelope = testEnvelope()

  it('an account that was not invited', () => {
    const accept = forgedAccept(inviteOf(offer), envelope, { signer: mallory })
    expect(outcome(open(offer, accept, envelope))).toBe('certificate')
  })

  it('a device that an account claims without its consent (unknown key-share)', () => {
    const claimed = testDevice('mallory', 'desk', { devicePub: bob.certificate.devicePub })
    const accept = forgedAccept(inviteOf(offer), envelope, { signer: bob, certificate: claimed.certificate.bytes })
    const devices = [{ certHash: claimed.certificate.certHash, ...envelope }]
    const invited = { accountPub: claimed.certificate.accountPub, devices, now: NOW }
    expect(outcome(openAccept(offer, invited, accept))).toBe('certificate')
  })

  it('another device of the invited account than the one that this envelope went to', () => {
    const accept = forgedAccept(inviteOf(offer), envelope, { signer: phone })
    expect(outcome(open(offer, accept, envelope))).toBe('not-invited')
  })

  it('a device whose certificate has run out', () => {
    const accept = forgedAccept(inviteOf(offer), envelope)
    expect(outcome(open(offer, accept, envelope))).toBe('ok')
    expect(outcome(open(offer, accept, envelope, bob, NOW + 1000 * DAY))).toBe('certificate')
  })
})

describe('the suite (R22)', () => {
  it('is the first of the offer that the callee has, in whichever order it is offered', () => {
    for (const suites of [BOTH_SUITES, [...BOTH_SUITES].reverse(), BOTH_SUITES.slice(1)]) {
      const offer = testOffer(suites)
      const envelope = testEnvelope()
      const { accept } = valueOf(acceptOf(inviteOf(offer), envelope))
      expect(valueOf(open(offer, accept, envelope)).session.suite).toBe(suites[0])
    }
    expect(chooseSuite([9, 2, 1], 0b11)).toBe('AEAD_AES_256_GCM')
    expect(chooseSuite([9], 1 << 8)).toBeUndefined()
    expect(chooseSuite([200, 0], 0xffff)).toBeUndefined()
  })

  it('is refused when a lazy callee takes another one, or one that was not offered', () => {
    const offer = testOffer()
    const envelope = testEnvelope()
    expect(outcome(open(offer, forgedAccept(inviteOf(offer), envelope, { suite: 2 }), envelope))).toBe('suite')
    expect(outcome(open(offer, forgedAccept(inviteOf(offer), envelope, { suite: 3 }), envelope))).toBe('suite')
    const alone = testOffer(['AEAD_AES_256_GCM'])
    expect(outcome(open(alone, forgedAccept(inviteOf(alone), envelope, { suite: 1 }), envelope))).toBe('suite')
  })

  it('fails when there is none in common', () => {
    const gcmOnly = testDevice('bob', 'gcm', { suites: 2 })
    const offer = testOffer(['AES_256_CM_HMAC_SHA1_80'])
    expect(acceptOf(inviteOf(offer), testEnvelope(), gcmOnly)).toEqual({ ok: false, reason: 'suite' })
    const envelope = testEnvelope()
    const accept = forgedAccept(inviteOf(offer), envelope, { signer: gcmOnly, suite: 1 })
    expect(outcome(open(offer, accept, envelope, gcmOnly))).toBe('suite')
  })
})

describe('shares that make the outcome predictable (R3)', () => {
  it('are refused by the callee', () => {
    const invite = inviteOf(testOffer())
    const refused = { ok: false, reason: 'share' }
    expect(acceptOf({ ...invite, x25519: new Uint8Array(32) }, testEnvelope())).toEqual(refused)
    expect(acceptOf({ ...invite, kemEk: new Uint8Array(1184).fill(0xff) }, testEnvelope())).toEqual(refused)
  })
})

describe('Confirm and the words (R23)', () => {
  it('the nonce must be the one that the Invite committed to, for this call', () => {
    const offer = testOffer()
    const invite = inviteOf(offer)
    expect(confirmMatches(invite, offer.confirmNonce)).toBe(true)
    expect(confirmMatches(invite, random(32))).toBe(false)
    expect(confirmMatches({ ...invite, callId: random(16) }, offer.confirmNonce)).toBe(false)
    expect(confirmMatches({ ...invite, sasCommit: random(32) }, offer.confirmNonce)).toBe(false)
  })

  it('there are 256 different clear words, and both sides of a call see the same four', () => {
    expect(new Set(SAFETY_WORDS).size).toBe(256)
    for (const word of SAFETY_WORDS) expect(word).toMatch(/^[a-z]{4,9}$/)
    const offer = testOffer()
    const envelope = testEnvelope()
    const { accept, session } = valueOf(acceptOf(inviteOf(offer), envelope))
    const caller = valueOf(open(offer, accept, envelope)).session
    const words = safetyWords(caller.transcript, offer.confirmNonce)
    expect(words).toHaveLength(4)
    expect(safetyWords(session.transcript, offer.confirmNonce)).toEqual(words)
  })

  it('the words differ for someone in the middle, who has two transcripts', () => {
    const offer = testOffer()
    const words = [testEnvelope(), testEnvelope()].map((envelope) =>
      safetyWords(valueOf(acceptOf(inviteOf(offer), envelope)).session.transcript, offer.confirmNonce).join(' '),
    )
    expect(new Set(words).size).toBe(2)
  })
})

describe('the box', () => {
  it('hides who answers from everyone but the caller', () => {
    const offer = testOffer()
    const { accept } = valueOf(acceptOf(inviteOf(offer), testEnvelope()))
    const hex = Buffer.from(accept).toString('hex')
    expect(hex).not.toContain(Buffer.from(bob.certificate.devicePub).toString('hex'))
    expect(gcmOpen(random(32), new Uint8Array(12), random(32), accept.subarray(-1584))).toBeUndefined()
  })

  it('survives noise: an Accept opens or is refused, never throws', () => {
    const offer = testOffer()
    const envelope = testEnvelope()
    const { accept } = valueOf(acceptOf(inviteOf(offer), envelope))
    expectClosed(
      (bytes) => (open(offer, bytes, envelope).ok ? bytes : undefined),
      (bytes) => bytes,
      [accept],
      300,
    )
  })

  it('is not opened by the caller’s own device', () => {
    const offer = testOffer()
    const envelope = testEnvelope()
    const accept = forgedAccept(inviteOf(offer), envelope, { signer: alice })
    expect(outcome(open(offer, accept, envelope))).toBe('certificate')
  })
})
