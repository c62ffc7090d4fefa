/** R26: each end of a direct path proves that it holds this call's keys and that DTLS stands between these two certificates. */
import type { Bytes } from '../base/bytes.ts'
import { ByteWriter } from '../base/writer.ts'
import { equalSecrets, hmacSha256, labelBytes } from '../crypto/hash.ts'
import { DIRECTION_CODE } from '../crypto/key-schedule.ts'
import { FINGERPRINT_LENGTH } from '../protocol/path-offer.ts'
import { type CallRole, type CallSession, sendingDirection } from './session.ts'

export interface ProvenPath {
  readonly pathId: number
  /** SHA-256 of the caller's and of the callee's DTLS certificate, as their PathOffers said and as DTLS saw them. */
  readonly callerFingerprint: Bytes
  readonly calleeFingerprint: Bytes
}

/** What this side sends as the first message of the direct path; 32 bytes. */
export function pathProof(session: CallSession, path: ProvenPath): Uint8Array {
  return proofOf(session.role, session, path)
}

/** No media moves to the path before this was `true` of the other side's proof. */
export function verifyPathProof(session: CallSession, path: ProvenPath, proof: Bytes): boolean {
  return equalSecrets(proofOf(session.role === 'caller' ? 'callee' : 'caller', session, path), proof)
}

function proofOf(prover: CallRole, session: CallSession, path: ProvenPath): Uint8Array {
  const message = new ByteWriter()
    .raw(labelBytes('path'))
    .u8(DIRECTION_CODE[sendingDirection(prover)])
    .u32(path.pathId)
    .fixed(path.callerFingerprint, FINGERPRINT_LENGTH)
    .fixed(path.calleeFingerprint, FINGERPRINT_LENGTH)
    .finish()
  return hmacSha256(session.keys.path, message)
}
