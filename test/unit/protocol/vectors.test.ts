/** The application against `test/vectors/sightline/vectors.json`, which was computed without it (see the README there). */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { ControlChannel } from '../../../src-shared/call/control-channel.ts'
import { confirmMatches, createAccept, createOffer, openAccept } from '../../../src-shared/call/handshake.ts'
import { pathProof, verifyPathProof } from '../../../src-shared/call/path-proof.ts'
import { answerRekey, finishRekey, startRekey } from '../../../src-shared/call/rekey.ts'
import { SAFETY_WORDS, safetyWords } from '../../../src-shared/call/safety-words.ts'
import { openEnvelope, sealEnvelope } from '../../../src-shared/crypto/envelope.ts'
import { type CallKeys, deriveCallKeys } from '../../../src-shared/crypto/key-schedule.ts'
import { p256KeyPair, kemKeyPair } from '../../../src-shared/crypto/agreement.ts'
import { issueCertificate, parseCertificate, verifyCertificate } from '../../../src-shared/identity/certificate.ts'
import { issueDeviceList, parseDeviceList, verifyDeviceList } from '../../../src-shared/identity/device-list.ts'
import { identityKeys } from '../../../src-shared/identity/keys.ts'
import { safetyNumber } from '../../../src-shared/identity/safety-number.ts'
import { encodeRekeyAnswer, encodeRekeyOffer } from '../../../src-shared/protocol/control-record.ts'
import { parseEnvelope } from '../../../src-shared/protocol/envelope.ts'
import { parseInvite } from '../../../src-shared/protocol/invite.ts'
import { issuePrekey, parsePrekey, verifyPrekey } from '../../../src-shared/protocol/prekey.ts'
import { listedRandom } from '../../support/seeded-random.ts'
import { valueOf } from '../../support/test-device.ts'
import vectors from '../../vectors/sightline/vectors.json'

const { now } = vectors
const bytes = fromHex

function identity(who: (typeof vectors)['alice']) {
  const seeds = {
    account: bytes(who.seeds.account),
    device: bytes(who.seeds.device),
    agreeP256: bytes(who.seeds.agreeP256),
    agreeKem: bytes(who.seeds.agreeKem),
  }
  const keys = identityKeys(seeds)
  const parsed = parseCertificate(bytes(who.certificate))
  if (parsed === undefined) throw new Error('certificate')
  const certificate = valueOf(verifyCertificate(parsed, { accountPub: bytes(who.accountPub), now }))
  return { keys, certificate, listHash: bytes(who.listHash), listVersion: who.deviceListFields.version }
}
const alice = identity(vectors.alice)
const bob = identity(vectors.bob)
const ownOf = ({ certificate, listHash, listVersion, keys }: typeof alice) => ({
  certificate: certificate.bytes,
  certHash: certificate.certHash,
  listVersion,
  listHash,
  signingSecret: keys.device.secret,
})

const suites = ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'] as const

describe('identity (section 1)', () => {
  it.each([vectors.alice, vectors.bob])('makes the same keys, certificate and device list', (who) => {
    const { keys } = identity(who)
    expect(toHex(keys.account.public)).toBe(who.accountPub)
    expect(toHex(keys.device.public)).toBe(who.devicePub)
    expect(toHex(keys.agreement.p256.public)).toBe(who.agreeP256)
    expect(toHex(keys.agreement.kem.public)).toBe(who.agreeKem)
    const certificate = issueCertificate(
      {
        accountPub: keys.account.public,
        devicePub: keys.device.public,
        agreeP256: keys.agreement.p256.public,
        agreeKem: keys.agreement.kem.public,
        ...who.certificateFields,
      },
      { accountSecret: keys.account.secret, deviceSecret: keys.device.secret },
    )
    expect(toHex(certificate.bytes)).toBe(who.certificate)
    expect(toHex(certificate.certHash)).toBe(who.certHash)
    const list = issueDeviceList(
      { accountPub: keys.account.public, certHashes: [certificate.certHash], ...who.deviceListFields },
      keys.account.secret,
    )
    expect(toHex(list.bytes)).toBe(who.deviceList)
    expect(toHex(list.listHash)).toBe(who.listHash)
    const parsed = parseDeviceList(bytes(who.deviceList))
    expect(parsed && verifyDeviceList(parsed, keys.account.public)).toBeDefined()
  })

  it('shows the same safety number, whoever asks (R8)', () => {
    expect(safetyNumber(alice.certificate.accountPub, bob.certificate.accountPub)).toEqual(vectors.safetyNumber)
    expect(safetyNumber(bob.certificate.accountPub, alice.certificate.accountPub)).toEqual(vectors.safetyNumber)
  })
})

const prekeySecrets = {
  bytes: bytes(vectors.prekey.bytes),
  p256: p256KeyPair(bytes(vectors.prekey.seeds.p256)),
  kem: kemKeyPair(bytes(vectors.prekey.seeds.kem)),
}

describe('envelope (section 2)', () => {
  it('signs the same prekey', () => {
    const prekey = issuePrekey(
      {
        kind: 'one-time',
        id: vectors.prekey.id,
        certHash: bob.certificate.certHash,
        p256: prekeySecrets.p256.public,
        kem: prekeySecrets.kem.public,
        notAfter: vectors.prekey.notAfter,
      },
      bob.keys.device.secret,
    )
    expect(toHex(prekey.bytes)).toBe(vectors.prekey.bytes)
  })

  it('seals the same bytes and opens them', () => {
    const prekey = parsePrekey(bytes(vectors.prekey.bytes))
    if (prekey === undefined) throw new Error('prekey')
    const { random } = vectors.envelope
    const sealed = sealEnvelope(
      {
        recipient: bob.certificate,
        prekey: valueOf(verifyPrekey(prekey, bob.certificate, now)),
        sender: ownOf(alice),
        content: {
          listVersion: alice.listVersion,
          listHash: alice.listHash,
          messageId: bytes(vectors.envelope.messageId),
          sentAt: vectors.envelope.sentAt,
          expiresAt: vectors.envelope.expiresAt,
          type: 'invite',
          payload: bytes(vectors.invite.bytes),
        },
      },
      listedRandom(bytes(random.ephemeral), bytes(random.deviceKem), bytes(random.prekeyKem)),
    )
    expect(sealed && toHex(sealed.bytes)).toBe(vectors.envelope.bytes)
    expect(sealed && toHex(sealed.envDigest)).toBe(vectors.envelope.envDigest)

    const envelope = parseEnvelope(bytes(vectors.envelope.bytes))
    if (envelope === undefined) throw new Error('envelope')
    const opened = valueOf(openEnvelope(envelope, { agreement: bob.keys.agreement, prekey: prekeySecrets }, now))
    expect(toHex(opened.envDigest)).toBe(vectors.envelope.envDigest)
    expect(toHex(opened.payload)).toBe(vectors.invite.bytes)
    expect(toHex(opened.senderCertificate.certHash)).toBe(vectors.alice.certHash)
  })
})

function offer() {
  const { random, callId, relayTicket, callerHandle, callerName } = vectors.invite
  return createOffer(
    {
      callId: bytes(callId),
      suites,
      media: { audio: true, video: true, screen: false },
      relayTicket: bytes(relayTicket),
      callerHandle,
      callerName,
    },
    listedRandom(bytes(random.x25519), bytes(random.kemSeed), bytes(random.ra)),
  )
}

function handshake() {
  const outgoing = offer()
  const invite = parseInvite(bytes(vectors.invite.bytes))
  if (invite === undefined) throw new Error('invite')
  const messageId = bytes(vectors.envelope.messageId)
  const envDigest = bytes(vectors.envelope.envDigest)
  const accepted = valueOf(
    createAccept(
      { invite, envDigest, messageId, own: ownOf(bob), media: { audio: true, video: false, screen: false } },
      listedRandom(bytes(vectors.accept.random.x25519), bytes(vectors.accept.random.kem)),
    ),
  )
  const opened = valueOf(
    openAccept(
      outgoing,
      {
        accountPub: bob.certificate.accountPub,
        devices: [{ certHash: bob.certificate.certHash, messageId, envDigest }],
        now,
      },
      bytes(vectors.accept.bytes),
    ),
  )
  return { outgoing, invite, accepted, caller: opened.session, callee: accepted.session }
}

function printed(keys: CallKeys) {
  const hex = ({ key, salt }: { key: Uint8Array; salt: Uint8Array }) => ({ key: toHex(key), salt: toHex(salt) })
  const direction = (name: keyof CallKeys['media']) => ({
    audio: hex(keys.media[name].audio),
    video: hex(keys.media[name].video),
    screen: hex(keys.media[name].screen),
    screenSound: hex(keys.media[name].screenSound),
    control: { key: toHex(keys.control[name].key), iv: toHex(keys.control[name].iv) },
  })
  return {
    callerToCallee: direction('caller-to-callee'),
    calleeToCaller: direction('callee-to-caller'),
    path: toHex(keys.path),
    groupUpgrade: toHex(keys.groupUpgrade),
    rekey: toHex(keys.rekeyBase),
  }
}

describe('handshake (section 3)', () => {
  it('makes the same Invite and the same Accept, and both sides have the same session', () => {
    expect(toHex(offer().invite)).toBe(vectors.invite.bytes)
    const { accepted, caller, callee, invite } = handshake()
    expect(toHex(accepted.accept)).toBe(vectors.accept.bytes)
    for (const session of [caller, callee]) {
      expect(toHex(session.transcript)).toBe(vectors.accept.th3)
      expect(printed(session.keys)).toEqual(vectors.keySchedule.aes256CmHmacSha1_80)
    }
    expect(confirmMatches(invite, bytes(vectors.invite.random.ra))).toBe(true)
  })

  it('derives the same keys for the other suite', () => {
    const keys = deriveCallKeys(bytes(vectors.keySchedule.chainKey), 'AEAD_AES_256_GCM', 0)
    expect(printed(keys)).toEqual(vectors.keySchedule.aeadAes256Gcm)
  })

  it('writes the same control records and reads them', () => {
    const { caller, callee, outgoing } = handshake()
    const sides = { caller: new ControlChannel(caller), callee: new ControlChannel(callee) }
    const { pathOffer } = vectors.control
    const offered = {
      pathId: vectors.pathProof.pathId,
      fingerprint: bytes(pathOffer.fingerprint),
      iceUfrag: pathOffer.ufrag,
      icePwd: pathOffer.pwd,
      candidates: pathOffer.candidates,
    }
    const confirm = sides.caller.seal({ type: 'confirm', nonce: outgoing.confirmNonce })
    const path = sides.caller.seal({ type: 'path-offer', offer: offered })
    expect([...confirm, ...path].map(toHex)).toEqual([vectors.control.confirm, pathOffer.record])
    const media = { audio: true, video: false, screen: false }
    expect(sides.callee.seal({ type: 'media', media }).map(toHex)).toEqual([vectors.control.calleeMediaState])
    const { calleeProfile } = vectors.control
    const profile = { type: 'profile', name: calleeProfile.name } as const
    expect(sides.callee.seal(profile).map(toHex)).toEqual([calleeProfile.record])

    expect(sides.callee.receive(bytes(vectors.control.confirm))).toMatchObject({
      messages: [{ type: 'confirm', nonce: outgoing.confirmNonce }],
    })
    expect(sides.callee.receive(bytes(pathOffer.record))).toMatchObject({
      messages: [{ type: 'path-offer', offer: offered }],
    })
    expect(sides.caller.receive(bytes(vectors.control.calleeMediaState))).toMatchObject({
      messages: [{ type: 'media', media }],
    })
    expect(sides.caller.receive(bytes(calleeProfile.record))).toMatchObject({ messages: [profile] })
  })

  it('shows the same words', () => {
    const words = Array.from(bytes(vectors.safetyWordBytes), (byte) => SAFETY_WORDS[byte])
    expect(safetyWords(bytes(vectors.accept.th3), bytes(vectors.invite.random.ra))).toEqual(words)
  })

  it('proves the same path (R26)', () => {
    const { caller, callee } = handshake()
    const path = {
      pathId: vectors.pathProof.pathId,
      callerFingerprint: bytes(vectors.pathProof.caller),
      calleeFingerprint: bytes(vectors.pathProof.callee),
    }
    expect(toHex(pathProof(caller, path))).toBe(vectors.pathProof.fromCaller)
    expect(toHex(pathProof(callee, path))).toBe(vectors.pathProof.fromCallee)
    expect(verifyPathProof(caller, path, bytes(vectors.pathProof.fromCallee))).toBe(true)
    expect(verifyPathProof(callee, path, bytes(vectors.pathProof.fromCaller))).toBe(true)
  })

  it('reaches the same next generation (section 5)', () => {
    const { caller, callee } = handshake()
    const { random } = vectors.rekey
    const pending = startRekey(caller, listedRandom(bytes(random.callerX25519), bytes(random.callerKemSeed)))
    if (pending === undefined) throw new Error('no generation left')
    expect(toHex(encodeRekeyOffer(pending.offer))).toBe(vectors.rekey.offer)
    const draws = listedRandom(bytes(random.calleeX25519), bytes(random.calleeKem))
    const answered = valueOf(answerRekey(callee, pending.offer, draws))
    expect(toHex(encodeRekeyAnswer(answered.answer))).toBe(vectors.rekey.answer)
    const next = valueOf(finishRekey(caller, pending, answered.answer))
    for (const session of [next, answered.session]) {
      expect(toHex(session.transcript)).toBe(vectors.rekey.transcript)
      expect(printed(session.keys)).toEqual(vectors.rekey.keys)
    }
    expect(new ControlChannel(next).keepAlive().map(toHex)).toEqual([vectors.rekey.firstRecord])
  })
})
