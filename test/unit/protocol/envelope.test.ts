/** Who can open an envelope, and what an opened one proves (R11 to R14). */
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../../src-shared/base/bytes.ts'
import { DAY, SECOND } from '../../../src-shared/base/time.ts'
import { sivOpen, sivSeal } from '../../../src-shared/crypto/aead.ts'
import {
  kemDecapsulate,
  kemEncapsulate,
  kemKeyPair,
  p256KeyPair,
  p256Shared,
} from '../../../src-shared/crypto/agreement.ts'
import { openEnvelope, type PrekeySecrets, sealEnvelope } from '../../../src-shared/crypto/envelope.ts'
import { expand, extract, hash, info } from '../../../src-shared/crypto/hash.ts'
import {
  encodeEnvelope,
  encodeEnvelopeBody,
  encodeEnvelopeContent,
  encodeEnvelopeHeader,
  type EnvelopeContent,
  PADDING,
  parseEnvelope,
  parseEnvelopeBody,
  PAYLOAD_MAX,
} from '../../../src-shared/protocol/envelope.ts'
import { issuePrekey, type VerifiedPrekey, verifyPrekey } from '../../../src-shared/protocol/prekey.ts'
import { acceptOnce, checkTimes, CLOCK_ERROR, REPLAY_MARGIN } from '../../../src-shared/protocol/replay.ts'
import { expectClosed } from '../../support/foreign-bytes.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { NOW, type TestDevice, testDevice, valueOf } from '../../support/test-device.ts'

const random = seededRandom('envelopes')
const alice = testDevice('alice')
const bob = testDevice('bob')
const carol = testDevice('carol')

interface TestPrekey {
  readonly prekey: VerifiedPrekey
  readonly secrets: PrekeySecrets
}

function prekeyOf(device: TestDevice, id: number): TestPrekey {
  const p256 = p256KeyPair(random(48))
  const kem = kemKeyPair(random(64))
  const prekey = issuePrekey(
    {
      kind: 'one-time',
      id,
      certHash: device.certificate.certHash,
      p256: p256.public,
      kem: kem.public,
      notAfter: NOW + DAY,
    },
    device.keys.device.secret,
  )
  return { prekey: valueOf(verifyPrekey(prekey, device.verified, NOW)), secrets: { bytes: prekey.bytes, p256, kem } }
}
const bobs = prekeyOf(bob, 1)
const carols = prekeyOf(carol, 1)

const content: EnvelopeContent = {
  listVersion: alice.list.version,
  listHash: alice.list.listHash,
  messageId: random(16),
  sentAt: NOW,
  expiresAt: NOW + 60 * SECOND,
  type: 'invite',
  payload: random(1900),
}

function seal(
  changes: {
    content?: Partial<EnvelopeContent>
    recipient?: TestDevice
    prekey?: TestPrekey
    sender?: TestDevice
  } = {},
) {
  const { recipient = bob, prekey = bobs, sender = alice } = changes
  const sealed = sealEnvelope(
    {
      recipient: recipient.verified,
      prekey: prekey.prekey,
      sender: sender.own,
      content: { ...content, ...changes.content },
    },
    random,
  )
  if (sealed === undefined) throw new Error('not sealed')
  return sealed
}

function open(bytes: Uint8Array, device = bob, { secrets } = bobs, now = NOW) {
  const envelope = parseEnvelope(bytes)
  if (envelope === undefined) return 'malformed'
  const opened = openEnvelope(envelope, { agreement: device.keys.agreement, prekey: secrets }, now)
  return opened.ok ? opened.value : opened.reason
}

/** What Bob finds in an envelope to him, byte for byte. */
function plaintextOf(bytes: Uint8Array): Uint8Array {
  const envelope = parseEnvelope(bytes)
  if (envelope === undefined) throw new Error('malformed')
  const { agreement } = bob.keys
  const parts = [
    p256Shared(agreement.p256.secret, envelope.ephemeral),
    p256Shared(bobs.secrets.p256.secret, envelope.ephemeral),
    kemDecapsulate(agreement.kem.secret, envelope.deviceCt),
    kemDecapsulate(bobs.secrets.kem.secret, envelope.prekeyCt),
  ]
  const headerHash = hash('env header', envelope.header, bobs.secrets.bytes)
  const secrets = concatBytes(...parts.map((part) => part ?? new Uint8Array()))
  const key = expand(extract(headerHash, secrets), info('env key', bob.certificate.certHash), 64)
  const plaintext = sivOpen(key, headerHash, envelope.box)
  if (plaintext === undefined) throw new Error('does not open')
  return plaintext
}

describe('envelope', () => {
  it('erases what it drew (R21)', () => {
    const drawn: Uint8Array[] = []
    const noting = (length: number) => {
      const bytes = random(length)
      drawn.push(bytes)
      return bytes
    }
    sealEnvelope({ recipient: bob.verified, prekey: bobs.prekey, sender: alice.own, content }, noting)
    expect(drawn.map(({ length }) => length)).toEqual([48, 32, 32])
    for (const bytes of drawn) expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('brings the content, its sender and its digest to the recipient', () => {
    const sealed = seal()
    expect(open(sealed.bytes)).toMatchObject({ ...content, envDigest: sealed.envDigest })
    expect(open(sealed.bytes)).toMatchObject({ senderCertificate: { certHash: alice.certificate.certHash } })
  })

  it('opens neither for another device, nor with another prekey, nor without either key (R11)', () => {
    const { bytes } = seal()
    expect(open(bytes, carol)).toBe('box')
    expect(open(bytes, bob, prekeyOf(bob, 1))).toBe('box')
    expect(open(bytes, bob, carols)).toBe('box')
    // A prekey that a thief of the signing key made does not open what was also sealed to the certified keys.
    const thief = { ...carol, keys: { ...bob.keys, agreement: carol.keys.agreement } }
    expect(open(bytes, thief, bobs)).toBe('box')
  })

  it('binds the prekey as it was published, signature and all', () => {
    const { bytes } = seal()
    const other = {
      ...bobs,
      secrets: { ...bobs.secrets, bytes: bobs.secrets.bytes.map((byte, i) => (i > 1300 ? byte ^ 1 : byte)) },
    }
    expect(open(bytes, bob, other)).toBe('box')
  })

  it('does not open after any byte changed', () => {
    const { bytes } = seal()
    for (let at = 0; at < bytes.length; at += 97) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x20
      expect(typeof open(changed)).toBe('string')
    }
  })

  it('cannot be re-sealed to a third device as if it had been meant for it (R12)', () => {
    // Bob opens Alice's envelope and seals its very plaintext, her certificate and signature included, to Carol.
    const body = plaintextOf(seal().bytes)
    const kem = {
      device: kemEncapsulate(carol.certificate.agreeKem, random(32)),
      prekey: kemEncapsulate(carols.prekey.kem, random(32)),
    }
    const ephemeral = p256KeyPair(random(48))
    const dh = [carol.certificate.agreeP256, carols.prekey.p256].map((peer) => p256Shared(ephemeral.secret, peer))
    if (!kem.device || !kem.prekey || !dh[0] || !dh[1]) throw new Error('keys')
    const header = encodeEnvelopeHeader({
      kind: 'one-time',
      toCertHash: carol.certificate.certHash,
      prekeyId: carols.prekey.id,
      ephemeral: ephemeral.public,
      deviceCt: kem.device.ciphertext,
      prekeyCt: kem.prekey.ciphertext,
    })
    const headerHash = hash('env header', header, carols.prekey.bytes)
    const secrets = concatBytes(dh[0], dh[1], kem.device.secret, kem.prekey.secret)
    const key = expand(extract(headerHash, secrets), info('env key', carol.certificate.certHash), 64)
    const resealed = encodeEnvelope(header, sivSeal(key, headerHash, body))
    expect(open(resealed, carol, carols)).toBe('signature')
    // Signed by himself it is a message from Bob.
    const own = seal({ recipient: carol, prekey: carols, sender: bob })
    expect(open(own.bytes, carol, carols)).toMatchObject({ senderCertificate: { certHash: bob.certificate.certHash } })
  })

  it('is refused when the sender’s certificate does not verify (R4)', () => {
    expect(open(seal({ sender: testDevice('alice', 'desk', { notAfter: NOW - 1 }) }).bytes)).toBe('certificate-expired')
    // A foreign device in the sender's own account: the device never agreed.
    const claimed = testDevice('mallory', 'desk', { devicePub: alice.certificate.devicePub })
    expect(open(seal({ sender: claimed }).bytes)).toBe('certificate-device-signature')
  })

  it('is refused when header or box are of the wrong form', () => {
    const envelope = parseEnvelope(seal().bytes)
    if (envelope === undefined) throw new Error('malformed')
    const wrongPoint = encodeEnvelopeHeader({ ...envelope, ephemeral: new Uint8Array(65).fill(4) })
    expect(open(encodeEnvelope(wrongPoint, envelope.box))).toBe('box')
    expect(open(encodeEnvelope(envelope.header, new Uint8Array(3)))).toBe('box')
    expect(open(new Uint8Array())).toBe('malformed')
  })

  it('cannot be sealed to keys that are none (R3)', () => {
    const broken = testDevice('bob', 'desk', { agreeP256: new Uint8Array(65).fill(4) })
    const input = { prekey: bobs.prekey, sender: alice.own, content }
    expect(sealEnvelope({ ...input, recipient: broken.verified }, random)).toBeUndefined()
    const modulus = testDevice('bob', 'desk', { agreeKem: new Uint8Array(1184).fill(0xff) })
    expect(sealEnvelope({ ...input, recipient: modulus.verified }, random)).toBeUndefined()
  })

  it('hides the exact length', () => {
    const lengths = new Set([1, 60, 120].map((length) => seal({ content: { payload: random(length) } }).bytes.length))
    expect(lengths.size).toBe(1)
    expect(seal({ content: { payload: new Uint8Array(PAYLOAD_MAX) } }).bytes.length).toBeLessThan(2 ** 16)
    expect(() => seal({ content: { payload: new Uint8Array(PAYLOAD_MAX + 1) } })).toThrow(RangeError)
  })

  it('is parsed from exactly what it encodes to', () => {
    const encode = (value: NonNullable<ReturnType<typeof parseEnvelope>>) =>
      encodeEnvelope(encodeEnvelopeHeader(value), value.box)
    expectClosed(parseEnvelope, encode, [seal().bytes], 5000)
    const signed = encodeEnvelopeContent(content)
    const body = encodeEnvelopeBody(alice.certificate.bytes, signed, random(64))
    expectClosed(
      parseEnvelopeBody,
      (value) => encodeEnvelopeBody(value.certificate.bytes, encodeEnvelopeContent(value), value.signature),
      [body],
    )
    expect(parseEnvelopeBody(concatBytes(body, new Uint8Array(PADDING)))).toBeUndefined()
    const smuggled = body.slice()
    smuggled[smuggled.length - 1] = 1
    expect(parseEnvelopeBody(smuggled)).toBeUndefined()
  })
})

describe('times and repetition (R13)', () => {
  const check = (changes: Partial<EnvelopeContent>, now = NOW) => {
    const result = checkTimes({ ...content, ...changes }, now)
    return result.ok ? 'ok' : result.reason
  }

  it('accepts a message in its life, allowing for clocks that are apart', () => {
    expect(check({})).toBe('ok')
    expect(check({}, content.expiresAt + CLOCK_ERROR)).toBe('ok')
    expect(check({}, content.expiresAt + CLOCK_ERROR + 1)).toBe('expired')
    expect(check({}, content.sentAt - CLOCK_ERROR)).toBe('ok')
    expect(check({}, content.sentAt - CLOCK_ERROR - 1)).toBe('early')
  })

  it('refuses a life that is longer than the type’s, or negative', () => {
    expect(check({ expiresAt: NOW + 60 * SECOND + 1 })).toBe('life')
    expect(check({ expiresAt: NOW - 1 })).toBe('life')
    expect(check({ type: 'cancel', expiresAt: NOW + 30 * DAY })).toBe('ok')
    expect(check({ type: 'cancel', expiresAt: NOW + 30 * DAY + 1 })).toBe('life')
  })

  it('accepts once, and remembers for longer than it could be accepted', () => {
    const kept = new Map<string, number>()
    const memory = {
      remember: (sender: Uint8Array, id: Uint8Array, until: number) => {
        const key = `${Buffer.from(sender).toString('hex')} ${Buffer.from(id).toString('hex')}`
        if (kept.has(key)) return false
        kept.set(key, until)
        return true
      },
    }
    const sender = alice.certificate.certHash
    expect(acceptOnce(memory, sender, content)).toBe(true)
    expect(acceptOnce(memory, sender, content)).toBe(false)
    expect(acceptOnce(memory, bob.certificate.certHash, content)).toBe(true)
    expect(acceptOnce(memory, sender, { ...content, messageId: random(16) })).toBe(true)
    for (const until of kept.values()) expect(until).toBe(content.expiresAt + REPLAY_MARGIN)
    expect(REPLAY_MARGIN).toBeGreaterThan(CLOCK_ERROR)
  })
})
