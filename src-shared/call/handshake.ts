/**
 * This folder holds the 1:1 call as pure functions and state machines: no clock, no randomness, no network of its own.
 *
 * The handshake (docs/protocol.md, sections 3.1 to 3.3 and 3.6): the caller's `createOffer`, the callee's `createAccept`,
 * the caller's `openAccept`. Everything secret that is not part of the outcome is erased before a function returns (R21),
 * but for the offer's own secrets: those the caller keeps until it takes an Accept or gives up, then `eraseOffer`.
 */
import { type Bytes, concatBytes, equalBytes, erase } from '../base/bytes.ts'
import type { RandomBytes } from '../base/random.ts'
import { failure, type Result, success } from '../base/result.ts'
import type { UnixMs } from '../base/time.ts'
import { GCM_NONCE_LENGTH, gcmOpen, gcmSeal } from '../crypto/aead.ts'
import {
  KEM_RANDOMNESS_LENGTH,
  KEM_SEED_LENGTH,
  kemDecapsulate,
  kemEncapsulate,
  kemKeyPair,
  type KeyPair,
  X25519_LENGTH,
  x25519KeyPair,
  x25519Shared,
} from '../crypto/agreement.ts'
import { equalSecrets } from '../crypto/hash.ts'
import { sign, verify } from '../crypto/signature.ts'
import { suiteById, suiteOf } from '../crypto/suites.ts'
import { parseCertificate, type VerifiedCertificate, verifyCertificate } from '../identity/certificate.ts'
import type { SuiteName } from '../ipc/snapshot.ts'
import {
  encodeAccept,
  encodeAcceptBox,
  encodeAcceptClear,
  encodeAcceptPlaintext,
  parseAccept,
  parseAcceptPlaintext,
} from '../protocol/accept.ts'
import { CONFIRM_NONCE_LENGTH } from '../protocol/control-record.ts'
import { encodeInvite, type Invite } from '../protocol/invite.ts'
import type { MediaKinds } from '../protocol/media-kinds.ts'
import { type CallSession, deriveSession } from './session.ts'
import { acceptBoxKey, firstChainKey, sasCommitment, transcript1, transcript2, transcript3 } from './transcript.ts'

/** R20: after so many Accepts that did not verify, the caller looks at no more. */
export const ACCEPT_TRIES = 8

const SIGNATURE_LABEL = 'accept'
/** The box key serves one box only (section 3.3). */
const BOX_NONCE = new Uint8Array(GCM_NONCE_LENGTH)

export interface OutgoingOffer {
  readonly callId: Bytes
  /** The payload for the envelopes to all devices of the callee. */
  readonly invite: Bytes
  readonly suites: readonly SuiteName[]
  /** `ra`: the body of Confirm, the caller's first control record. Not to be shown to anyone before. */
  readonly confirmNonce: Bytes
  readonly x25519: KeyPair
  readonly kem: KeyPair
}

/** One envelope of the Invite, and the device it went to. */
export interface InvitedDevice {
  readonly certHash: Bytes
  readonly messageId: Bytes
  readonly envDigest: Bytes
}

export interface OpenedAccept {
  readonly certificate: VerifiedCertificate
  /** For R6: a list newer than the directory gave is fetched before this Accept is taken. */
  readonly listVersion: number
  readonly listHash: Bytes
  readonly media: MediaKinds
  readonly session: CallSession
}

export type AcceptRefusal =
  | 'closed' /* the offer was erased: another device answered, or the time is up */
  | 'malformed'
  | 'call' /* answers another call */
  | 'not-invited' /* answers no envelope of this call, or with another device's certificate */
  | 'share' /* R3 */
  | 'box' /* made with other shares, or altered on the way */
  | 'certificate' /* R4 */
  | 'signature'
  | 'suite' /* R22 */

/** Draws 32 + 64 + 32 bytes. */
export function createOffer(
  input: {
    readonly callId: Bytes
    readonly suites: readonly SuiteName[]
    readonly media: MediaKinds
    readonly relayTicket: Bytes
    readonly callerHandle: string
    readonly callerName: string
  },
  random: RandomBytes,
): OutgoingOffer {
  const x25519 = x25519KeyPair(random(X25519_LENGTH))
  const seed = random(KEM_SEED_LENGTH)
  const kem = kemKeyPair(seed)
  erase(seed)
  const confirmNonce = random(CONFIRM_NONCE_LENGTH)
  const { callId, suites, media, relayTicket, callerHandle, callerName } = input
  const invite = encodeInvite({
    callId,
    x25519: x25519.public,
    kemEk: kem.public,
    offer: suites.map((suite) => suiteOf(suite).id),
    media,
    sasCommit: sasCommitment(callId, confirmNonce),
    relayTicket,
    callerHandle,
    callerName,
  })
  return { callId, invite, suites, confirmNonce, x25519, kem }
}

/** R20, R21: when an Accept was taken, and at the latest at the ring timeout. `confirmNonce` stays: Confirm still needs it. */
export function eraseOffer(offer: OutgoingOffer): void {
  erase(offer.x25519.secret, offer.kem.secret)
}

function isErased(offer: OutgoingOffer): boolean {
  return offer.x25519.secret.every((byte) => byte === 0)
}

/** Draws 32 + 32 bytes. */
export function createAccept(
  input: {
    readonly invite: Invite
    /** Of the envelope that brought the Invite to this device. */
    readonly envDigest: Bytes
    readonly messageId: Bytes
    readonly own: {
      readonly certificate: Bytes
      readonly listVersion: number
      readonly listHash: Bytes
      readonly signingSecret: Bytes
    }
    readonly media: MediaKinds
  },
  random: RandomBytes,
): Result<{ readonly accept: Bytes; readonly session: CallSession }, 'share' | 'suite'> {
  const { invite, own } = input
  const ownCertificate = parseCertificate(own.certificate)
  if (ownCertificate === undefined) throw new Error('own certificate is malformed')
  // R22: the first of the offer that this device's certificate claims, so that the caller can check the choice.
  const suite = chooseSuite(invite.offer, ownCertificate.suites)
  if (suite === undefined) return failure('suite')

  const ephemeral = x25519KeyPair(random(X25519_LENGTH))
  const randomness = random(KEM_RANDOMNESS_LENGTH)
  const agreed = x25519Shared(ephemeral.secret, invite.x25519)
  const encapsulated = kemEncapsulate(invite.kemEk, randomness)
  erase(ephemeral.secret, randomness)
  if (agreed === undefined || encapsulated === undefined) {
    erase(agreed, encapsulated?.secret)
    return failure('share')
  }
  const sharedSecret = concatBytes(agreed, encapsulated.secret)
  erase(agreed, encapsulated.secret)

  const clear = encodeAcceptClear({
    callId: invite.callId,
    inviteMessageId: input.messageId,
    x25519: ephemeral.public,
    kemCt: encapsulated.ciphertext,
  })
  const th1 = transcript1(input.envDigest, clear)
  const signed = encodeAcceptBox({
    certificate: own.certificate,
    listVersion: own.listVersion,
    listHash: own.listHash,
    suite: suiteOf(suite).id,
    media: input.media,
  })
  const th2 = transcript2(th1, signed)
  const signature = sign(own.signingSecret, SIGNATURE_LABEL, th2)
  const boxKey = acceptBoxKey(th1, sharedSecret)
  const box = gcmSeal(boxKey, BOX_NONCE, th1, encodeAcceptPlaintext(signed, signature))
  const session = startSession('callee', invite.callId, suite, transcript3(th2, signature), sharedSecret)
  erase(boxKey, sharedSecret)
  return success({ accept: encodeAccept(clear, box), session })
}

/**
 * Tries one Accept; the offer stays as it is. After success the caller still checks R6, then either takes the session and calls
 * `eraseOffer`, or drops it with `eraseSession`.
 */
export function openAccept(
  offer: OutgoingOffer,
  invited: {
    readonly accountPub: Bytes
    readonly devices: readonly InvitedDevice[]
    readonly now: UnixMs
  },
  bytes: Bytes,
): Result<OpenedAccept, AcceptRefusal> {
  if (isErased(offer)) return failure('closed')
  const accept = parseAccept(bytes)
  if (accept === undefined) return failure('malformed')
  if (!equalBytes(accept.callId, offer.callId)) return failure('call')
  const device = invited.devices.find(({ messageId }) => equalBytes(messageId, accept.inviteMessageId))
  if (device === undefined) return failure('not-invited')

  const agreed = x25519Shared(offer.x25519.secret, accept.x25519)
  const decapsulated = kemDecapsulate(offer.kem.secret, accept.kemCt)
  if (agreed === undefined || decapsulated === undefined) {
    erase(agreed, decapsulated)
    return failure('share')
  }
  const sharedSecret = concatBytes(agreed, decapsulated)
  erase(agreed, decapsulated)

  const th1 = transcript1(device.envDigest, accept.clear)
  const boxKey = acceptBoxKey(th1, sharedSecret)
  const plaintext = gcmOpen(boxKey, BOX_NONCE, th1, accept.box)
  erase(boxKey)
  const opened = plaintext && openBox(offer, { ...invited, device }, th1, plaintext)
  if (opened === undefined || !opened.ok) {
    erase(sharedSecret)
    return opened ?? failure('box')
  }
  const { suite, th3, ...rest } = opened.value
  const session = startSession('caller', offer.callId, suite, th3, sharedSecret)
  erase(sharedSecret)
  return success({ ...rest, session })
}

/** R23: `nonce` of the caller's Confirm is the one that its Invite committed to; if not, the call ends as an attack. */
export function confirmMatches(invite: Pick<Invite, 'callId' | 'sasCommit'>, nonce: Bytes): boolean {
  return equalSecrets(sasCommitment(invite.callId, nonce), invite.sasCommit)
}

/** R22: the first of `offer` that `mask` has; `undefined` if that is none that this version knows. */
export function chooseSuite(offer: readonly number[], mask: number): SuiteName | undefined {
  const first = offer.find((id) => id >= 1 && id <= 16 && (mask & (1 << (id - 1))) !== 0)
  return first === undefined ? undefined : suiteById(first)?.name
}

function openBox(
  offer: OutgoingOffer,
  invited: { readonly accountPub: Bytes; readonly device: InvitedDevice; readonly now: UnixMs },
  th1: Bytes,
  plaintext: Bytes,
): Result<Omit<OpenedAccept, 'session'> & { readonly suite: SuiteName; readonly th3: Bytes }, AcceptRefusal> {
  const parsed = parseAcceptPlaintext(plaintext)
  if (parsed === undefined) return failure('malformed')
  const { box, signed, signature } = parsed
  const certificate = verifyCertificate(box.certificate, invited)
  if (!certificate.ok) return failure('certificate')
  // The envelope went to one device; envDigest names it, so no other can answer it.
  if (!equalBytes(certificate.value.certHash, invited.device.certHash)) return failure('not-invited')
  const th2 = transcript2(th1, signed)
  if (!verify(certificate.value.devicePub, signature, SIGNATURE_LABEL, th2)) return failure('signature')
  const offered = offer.suites.map((suite) => suiteOf(suite).id)
  const suite = chooseSuite(offered, certificate.value.suites)
  if (suite === undefined || suiteOf(suite).id !== box.suite) return failure('suite')
  const { listVersion, listHash, media } = box
  return success({
    certificate: certificate.value,
    listVersion,
    listHash,
    media,
    suite,
    th3: transcript3(th2, signature),
  })
}

function startSession(
  role: CallSession['role'],
  callId: Bytes,
  suite: SuiteName,
  th3: Bytes,
  sharedSecret: Bytes,
): CallSession {
  const chainKey = firstChainKey(th3, sharedSecret)
  const session = deriveSession({ role, callId, suite, transcript: th3 }, chainKey, 0)
  erase(chainKey)
  return session
}
