/** What a handshake or a rekey leaves behind: one generation of a call's keys and the transcript that it belongs to. */
import type { Bytes } from '../base/bytes.ts'
import { type CallKeys, deriveCallKeys, type Direction, eraseCallKeys } from '../crypto/key-schedule.ts'
import type { SuiteName } from '../ipc/snapshot.ts'

export type CallRole = 'caller' | 'callee'

export interface CallSession {
  readonly role: CallRole
  readonly callId: Bytes
  readonly suite: SuiteName
  /** TH3 in generation 0, TH' of the rekey afterwards; 32 bytes, not secret. */
  readonly transcript: Bytes
  readonly keys: CallKeys
}

/** R21: the caller of this erases `chainKey`. */
export function deriveSession(fields: Omit<CallSession, 'keys'>, chainKey: Bytes, generation: number): CallSession {
  return { ...fields, keys: deriveCallKeys(chainKey, fields.suite, generation) }
}

/** R21, R39: at the end of the call, or two seconds after the next generation began. */
export function eraseSession(session: CallSession): void {
  eraseCallKeys(session.keys)
}

export function sendingDirection(role: CallRole): Direction {
  return role === 'caller' ? 'caller-to-callee' : 'callee-to-caller'
}

export function receivingDirection(role: CallRole): Direction {
  return role === 'caller' ? 'callee-to-caller' : 'caller-to-callee'
}
