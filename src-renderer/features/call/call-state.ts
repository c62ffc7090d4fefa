/** What the call screen says about the call as a whole. */
import { SECOND, type UnixMs } from '../../../src-shared/base/time.ts'
import type { CallPhase, CallView } from '../../../src-shared/ipc/snapshot.ts'
import type { MessageKey } from '../../app/language/translator.ts'

export const phaseWord: Readonly<Record<Exclude<CallPhase['kind'], 'ended'>, MessageKey>> = {
  calling: 'call.calling',
  ringing: 'call.ringing',
  connecting: 'call.connecting',
  connected: 'call.connected',
  reconnecting: 'call.reconnecting',
}

/** Seconds until a call that lost its connection is given up. */
export function secondsLeft(until: UnixMs, now: UnixMs): number {
  return Math.max(0, Math.ceil((until - now) / SECOND))
}

/** Nobody has answered yet: the stage belongs to the own picture. */
export function isWaiting(phase: CallPhase): boolean {
  return phase.kind === 'calling' || phase.kind === 'ringing'
}

/** Whether calling the same person again can end differently. */
export function canCallAgain(call: CallView): boolean {
  if (call.phase.kind !== 'ended') return false
  const { reason } = call.phase
  return !['unknown-handle', 'key-changed', 'insecure', 'answered-elsewhere'].includes(reason)
}
