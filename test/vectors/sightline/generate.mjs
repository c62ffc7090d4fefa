/**
 * Computes `vectors.json` from docs/protocol.md, sections 0 to 3 and 5, without a line of the project's own code (`notation.mjs`).
 * Every input is in the file. `node test/vectors/sightline/generate.mjs` writes it anew.
 */
import { aessiv } from '@noble/ciphers/aes.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { createHash, sign as edSign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import {
  hex,
  cat,
  text,
  u8,
  u16,
  u32,
  u64,
  var8,
  lp,
  label,
  H,
  hmac,
  extract,
  info,
  expand,
  rawPrivate,
  xPublic,
  x25519,
  Sign,
  p256,
  made,
  NOW,
  DAY,
  person,
  gcm,
  printable,
} from './notation.mjs'

const alice = person('alice')
const bob = person('bob')

// R8
function safetyGroups(accountPub) {
  const digest = createHash('sha512')
    .update(cat(label('safety'), accountPub))
    .digest()
  return [0, 1, 2, 3, 4, 5].map((i) =>
    (BigInt(`0x${hex(digest.subarray(5 * i, 5 * i + 5))}`) % 100000n).toString().padStart(5, '0'),
  )
}
const safetyNumber = [safetyGroups(alice.accountPub), safetyGroups(bob.accountPub)].sort((a, b) =>
  a.join('') < b.join('') ? -1 : 1,
)

// Section 2: a prekey of bob's, and alice's envelope to it
const prekeySeeds = { p256: made('prekey p256', 48), kem: made('prekey kem', 64) }
const prekeyPoint = p256(prekeySeeds.p256)
const prekeyKem = ml_kem768.keygen(prekeySeeds.kem)
const prekeyFields = { kind: 1, id: 0x01020304, notAfter: NOW + 364 * DAY }
const prekeyBody = cat(
  u8(prekeyFields.kind),
  u32(prekeyFields.id),
  bob.certHash,
  prekeyPoint.public,
  prekeyKem.publicKey,
  u64(prekeyFields.notAfter),
)
const prekey = cat(prekeyBody, Sign(bob.seeds.device, 'prekey', prekeyBody))

// Section 3.1: the Invite
const offerRandom = { x25519: made('a', 32), kemSeed: made('invite kem', 64), ra: made('ra', 32) }
const callId = made('call id', 16)
const inviteKem = ml_kem768.keygen(offerRandom.kemSeed)
const relayTicket = made('relay ticket', 48)
const callerHandle = 'alice@example.org'
const callerName = 'Alice Åhlén'
const sasCommit = H('sas commit', callId, offerRandom.ra)
const offer = [1, 2]
const inviteMedia = 3
const invite = cat(
  callId,
  xPublic(offerRandom.x25519),
  inviteKem.publicKey,
  u8(offer.length),
  ...offer.map(u16),
  u8(inviteMedia),
  sasCommit,
  u16(relayTicket.length),
  relayTicket,
  u16(callerHandle.length),
  text(callerHandle),
  var8(callerName),
)

const envelopeRandom = {
  ephemeral: made('e', 48),
  deviceKem: made('encapsulation to device', 32),
  prekeyKem: made('encapsulation to prekey', 32),
}
const messageId = made('message id', 16)
const content = cat(
  u32(alice.listFields.version),
  alice.listHash,
  messageId,
  u64(NOW),
  u64(NOW + 60_000),
  u8(1),
  u32(invite.length),
  invite,
)
const e = p256(envelopeRandom.ephemeral)
const ct1 = ml_kem768.encapsulate(bob.kem.publicKey, envelopeRandom.deviceKem)
const ct2 = ml_kem768.encapsulate(prekeyKem.publicKey, envelopeRandom.prekeyKem)
const header = cat(
  u8(1),
  u8(prekeyFields.kind),
  bob.certHash,
  u32(prekeyFields.id),
  e.public,
  ct1.cipherText,
  ct2.cipherText,
)
const headerHash = H('env header', header, prekey)
const envelopeIkm = cat(e.shared(bob.point.public), e.shared(prekeyPoint.public), ct1.sharedSecret, ct2.sharedSecret)
const envelopeKey = expand(extract(headerHash, envelopeIkm), info('env key', bob.certHash), 64)
const envDigest = H('env', headerHash, alice.certHash, bob.certHash, content)
const envelopeSignature = edSign(null, envDigest, rawPrivate('ed', alice.seeds.device))
const unpadded = cat(alice.certificate, content, envelopeSignature)
const envelopeBody = cat(unpadded, Buffer.alloc((256 - (unpadded.length % 256)) % 256))
const envelopeBox = aessiv(envelopeKey, headerHash).encrypt(envelopeBody)
const envelope = cat(header, u32(envelopeBox.length), envelopeBox)

// Section 3.2: bob's Accept
const acceptRandom = { x25519: made('b', 32), kem: made('accept encapsulation', 32) }
const answered = ml_kem768.encapsulate(inviteKem.publicKey, acceptRandom.kem)
const acceptClear = cat(u8(1), u8(2), callId, messageId, xPublic(acceptRandom.x25519), answered.cipherText)
const th1 = H('th1', envDigest, acceptClear)
const hs = cat(x25519(acceptRandom.x25519, offerRandom.x25519), answered.sharedSecret)
const boxKey = expand(extract(th1, hs), info('accept box'), 32)
const acceptMedia = 1
const signedBox = cat(bob.certificate, u32(bob.listFields.version), bob.listHash, u16(1), u8(acceptMedia))
const th2 = H('th2', th1, signedBox)
const acceptSignature = Sign(bob.seeds.device, 'accept', th2)
const acceptBox = gcm(boxKey, Buffer.alloc(12), th1, cat(signedBox, acceptSignature))
const accept = cat(acceptClear, u16(acceptBox.length), acceptBox)
const th3 = H('th3', th2, acceptSignature)
const m1 = extract(th3, hs)

// Section 3.3
function schedule(m, suite, gen) {
  const context = (parts) => cat(u16(parts.suite ?? 0), u8(parts.dir ?? 0), u8(parts.kind ?? 0), u8(gen))
  const derive = (name, length, parts = {}) => expand(m, info(name, context(parts)), length)
  const saltLength = suite === 1 ? 14 : 12
  const stream = (dir, kind) => ({
    key: derive('srtp key', 32, { suite, dir, kind }),
    salt: derive('srtp salt', saltLength, { suite, dir, kind }),
  })
  const direction = (dir) => ({
    audio: stream(dir, 1),
    video: stream(dir, 2),
    screen: stream(dir, 3),
    screenSound: stream(dir, 4),
    control: { key: derive('control key', 32, { dir }), iv: derive('control iv', 12, { dir }) },
  })
  return {
    callerToCallee: direction(1),
    calleeToCaller: direction(2),
    path: derive('path', 32),
    groupUpgrade: expand(m, info('exporter', cat(context({}), lp(text('group upgrade')))), 32),
    rekey: derive('rekey', 32),
  }
}
const keys = schedule(m1, 1, 0)

// Section 3.4
function record({ control }, th, dir, gen, seq, plaintext) {
  const counter = cat(u32(0), u64(seq))
  const nonce = control.iv.map((byte, i) => byte ^ counter[i])
  const ciphertext = gcm(control.key, nonce, cat(th, u8(dir), u8(gen), u64(seq)), plaintext)
  return cat(u8(gen), u64(seq), u16(ciphertext.length), ciphertext)
}
const confirm = cat(u8(1), offerRandom.ra)
const fingerprints = { caller: made('caller fingerprint', 32), callee: made('callee fingerprint', 32) }
const path = {
  pathId: 1,
  ufrag: 'uFrg',
  pwd: 'aPasswordOf22Character',
  candidates: ['candidate:1 1 UDP 2122317823 192.0.2.7 54321 typ host'],
}
const pathOffer = cat(
  u8(3),
  u32(path.pathId),
  fingerprints.caller,
  var8(path.ufrag),
  var8(path.pwd),
  u8(path.candidates.length),
  ...path.candidates.map(var8),
)
const mediaState = cat(u8(2), u8(1), u8(0), u8(0))
const calleeName = 'Bob 李'
const profile = cat(u8(11), var8(calleeName))
const pathProof = (dir) =>
  hmac(keys.path, cat(label('path'), u8(dir), u32(path.pathId), fingerprints.caller, fingerprints.callee))

// Section 5
const rekeyRandom = {
  callerX25519: made('rekey a', 32),
  callerKemSeed: made('rekey kem', 64),
  calleeX25519: made('rekey b', 32),
  calleeKem: made('rekey encapsulation', 32),
}
const rekeyKem = ml_kem768.keygen(rekeyRandom.callerKemSeed)
const rekeyEncapsulation = ml_kem768.encapsulate(rekeyKem.publicKey, rekeyRandom.calleeKem)
const rekeyOffer = cat(u8(1), xPublic(rekeyRandom.callerX25519), rekeyKem.publicKey)
const rekeyAnswer = cat(u8(1), xPublic(rekeyRandom.calleeX25519), rekeyEncapsulation.cipherText)
const rekeyTranscript = H('rekey', th3, rekeyOffer, rekeyAnswer)
const rekeyShared = x25519(rekeyRandom.calleeX25519, rekeyRandom.callerX25519)
const m2 = extract(rekeyTranscript, cat(keys.rekey, rekeyShared, rekeyEncapsulation.sharedSecret))
const nextKeys = schedule(m2, 1, 1)

const identity = (who) => ({
  seeds: who.seeds,
  accountPub: who.accountPub,
  devicePub: who.devicePub,
  agreeP256: who.point.public,
  agreeKem: who.kem.publicKey,
  certificateFields: who.fields,
  certificate: who.certificate,
  certHash: who.certHash,
  deviceListFields: who.listFields,
  deviceList: who.list,
  listHash: who.listHash,
})

const vectors = {
  now: NOW,
  alice: identity(alice),
  bob: identity(bob),
  safetyNumber: safetyNumber.flat(),
  prekey: { seeds: prekeySeeds, ...prekeyFields, bytes: prekey },
  invite: {
    random: offerRandom,
    callId,
    offer,
    media: inviteMedia,
    sasCommit,
    relayTicket,
    callerHandle,
    callerName,
    bytes: invite,
  },
  envelope: {
    random: envelopeRandom,
    messageId,
    sentAt: NOW,
    expiresAt: NOW + 60_000,
    headerHash,
    ikm: envelopeIkm,
    key: envelopeKey,
    envDigest,
    signature: envelopeSignature,
    bytes: envelope,
  },
  accept: {
    random: acceptRandom,
    media: acceptMedia,
    th1,
    hs,
    boxKey,
    th2,
    signature: acceptSignature,
    th3,
    m1,
    bytes: accept,
  },
  keySchedule: { chainKey: m1, generation: 0, aes256CmHmacSha1_80: keys, aeadAes256Gcm: schedule(m1, 2, 0) },
  control: {
    confirm: record(keys.callerToCallee, th3, 1, 0, 0, confirm),
    pathOffer: {
      ...path,
      fingerprint: fingerprints.caller,
      record: record(keys.callerToCallee, th3, 1, 0, 1, pathOffer),
    },
    calleeMediaState: record(keys.calleeToCaller, th3, 2, 0, 0, mediaState),
    calleeProfile: { name: calleeName, record: record(keys.calleeToCaller, th3, 2, 0, 1, profile) },
  },
  safetyWordBytes: H('sas', th3, offerRandom.ra).subarray(0, 4),
  pathProof: { ...fingerprints, pathId: path.pathId, fromCaller: pathProof(1), fromCallee: pathProof(2) },
  rekey: {
    random: rekeyRandom,
    offer: rekeyOffer,
    answer: rekeyAnswer,
    transcript: rekeyTranscript,
    chainKey: m2,
    keys: nextKeys,
    firstRecord: record(nextKeys.callerToCallee, rekeyTranscript, 1, 1, 0, cat(u8(10), u64(0))),
  },
}

writeFileSync(new URL('vectors.json', import.meta.url), `${JSON.stringify(printable(vectors), null, 2)}\n`)
