/** What the call screen says about the call as a whole. */
import type { CallPhase, CallView } from '../../../src-shared/ipc/snapshot.ts'
import type { MessageKey } from '../../app/language/translator.ts'

export const phaseWord: Readonly<Record<Exclude<CallPhase['kind'], 'ended'>, MessageKey>> = {
  calling: 'call.calling',
  ringing: 'call.ringing',
  connecting: 'call.connecting',
  connected: 'call.connected',
  reconnecting: 'call.reconnecting',
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
