/**
 * A new generation of keys in a running call (docs/protocol.md, section 5, R39): a fresh hybrid exchange on the control channel,
 * mixed with the generation before. Past media stay closed after a later theft; a thief who only listened is shut out again.
 */
import { type Bytes, concatBytes, erase } from '../base/bytes.ts'
import type { RandomBytes } from '../base/random.ts'
import { failure, type Result, success } from '../base/result.ts'
import { MINUTE, type Ms, SECOND } from '../base/time.ts'
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
import { extract, hash } from '../crypto/hash.ts'
import { LAST_GENERATION } from '../crypto/key-schedule.ts'
import { encodeRekeyAnswer, encodeRekeyOffer, type RekeyAnswer, type RekeyOffer } from '../protocol/control-record.ts'
import { type CallSession, deriveSession } from './session.ts'

/** The caller offers new keys this often, and whenever its machine wakes up. */
export const REKEY_INTERVAL: Ms = 60 * MINUTE
/** How long the old generation's media keys stay for packets that are still under way. */
export const OLD_GENERATION_KEPT: Ms = 2 * SECOND

export interface PendingRekey {
  readonly offer: RekeyOffer
  readonly x25519: KeyPair
  readonly kem: KeyPair
}

export type RekeyRefusal = 'generation' /* not the next one, or answered before */ | 'share' /* R3 */

/** The caller's move. `undefined`: the last generation is reached, and the call ends (R39). Draws 32 + 64 bytes. */
export function startRekey(session: CallSession, random: RandomBytes): PendingRekey | undefined {
  const generation = session.keys.generation + 1
  if (generation > LAST_GENERATION) return undefined
  const x25519 = x25519KeyPair(random(X25519_LENGTH))
  const seed = random(KEM_SEED_LENGTH)
  const kem = kemKeyPair(seed)
  erase(seed)
  return { offer: { generation, x25519: x25519.public, kemEk: kem.public }, x25519, kem }
}

/** The callee's move. Draws 32 + 32 bytes. Erases `session`'s rekeyBase; its media keys stay for `OLD_GENERATION_KEPT`. */
export function answerRekey(
  session: CallSession,
  offer: RekeyOffer,
  random: RandomBytes,
): Result<{ readonly answer: RekeyAnswer; readonly session: CallSession }, RekeyRefusal> {
  const generation = session.keys.generation + 1
  if (isAnswered(session) || offer.generation !== generation || generation > LAST_GENERATION)
    return failure('generation')
  const ephemeral = x25519KeyPair(random(X25519_LENGTH))
  const randomness = random(KEM_RANDOMNESS_LENGTH)
  const agreed = x25519Shared(ephemeral.secret, offer.x25519)
  const encapsulated = kemEncapsulate(offer.kemEk, randomness)
  erase(ephemeral.secret, randomness)
  if (agreed === undefined || encapsulated === undefined) {
    erase(agreed, encapsulated?.secret)
    return failure('share')
  }
  const answer = { generation, x25519: ephemeral.public, kemCt: encapsulated.ciphertext }
  return success({ answer, session: nextSession(session, offer, answer, agreed, encapsulated.secret) })
}

/** The caller's end. Erases `pending` and `session`'s rekeyBase when it succeeds. */
export function finishRekey(
  session: CallSession,
  pending: PendingRekey,
  answer: RekeyAnswer,
): Result<CallSession, RekeyRefusal> {
  if (answer.generation !== pending.offer.generation) return failure('generation')
  const agreed = x25519Shared(pending.x25519.secret, answer.x25519)
  const decapsulated = kemDecapsulate(pending.kem.secret, answer.kemCt)
  if (agreed === undefined || decapsulated === undefined) {
    erase(agreed, decapsulated)
    return failure('share')
  }
  erase(pending.x25519.secret, pending.kem.secret)
  return success(nextSession(session, pending.offer, answer, agreed, decapsulated))
}

/** Its rekeyBase is erased: a second answer would make keys of nothing but what is on the wire and the new shares. */
function isAnswered({ keys }: CallSession): boolean {
  return keys.rekeyBase.every((byte) => byte === 0)
}

/** TH' = H("rekey", TH, offer, answer); M' = Extract(TH', rekeyBase ‖ X25519 ‖ KEM secret). */
function nextSession(
  session: CallSession,
  offer: RekeyOffer,
  answer: RekeyAnswer,
  agreed: Bytes,
  kemSecret: Bytes,
): CallSession {
  const transcript = hash('rekey', session.transcript, encodeRekeyOffer(offer), encodeRekeyAnswer(answer))
  const input = concatBytes(session.keys.rekeyBase, agreed, kemSecret)
  const chainKey = extract(transcript, input)
  const { role, callId, suite } = session
  const next = deriveSession({ role, callId, suite, transcript }, chainKey, offer.generation)
  erase(agreed, kemSecret, input, chainKey, session.keys.rekeyBase)
  return next
}
