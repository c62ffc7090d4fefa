/** What one event leads to, and how a group call ends. */
import type { UnixMs } from '../../base/time.ts'
import type { GroupEffect } from './effects.ts'
import type { EntryToMake } from './roster.ts'
import { type GroupCall, type GroupEndReason, type GroupId, type GroupState, type Inside, remember } from './state.ts'
import { type TimerName, TIMERS } from './timers.ts'

export interface Transition {
  readonly state: GroupState
  readonly effects: readonly GroupEffect[]
}

export function stay(state: GroupState): Transition {
  return { state, effects: [] }
}

export function move(state: GroupState, call: GroupCall, effects: readonly GroupEffect[] = []): Transition {
  return { state: { ...state, call }, effects }
}

/** A second step on top of a first that left this device inside. */
export function andThen(first: Transition, second: (state: GroupState, call: Inside) => Transition): Transition {
  const { call } = first.state
  if (call.kind !== 'inside') return first
  const next = second(first.state, call)
  return { state: next.state, effects: [...first.effects, ...next.effects] }
}

/** For a timer that runs and is to begin anew; which ones run is said in `running.ts`. */
export function restart(groupId: GroupId, timer: TimerName, about?: string): GroupEffect {
  return { kind: 'start-timer', groupId, timer, about, delay: TIMERS[timer] }
}

export function submit(groupId: GroupId, ...entries: readonly EntryToMake[]): GroupEffect[] {
  return entries.length === 0 ? [] : [{ kind: 'submit', groupId, entries }]
}

/**
 * Every end of a call passes here: others are told, keys erased, the history written. A call that only rang leaves no picture behind;
 * one that this person took part in stays on the screen until dismissed.
 */
export function end(state: GroupState, reason: GroupEndReason, tell: readonly GroupEffect[] = []): Transition {
  const { call } = state
  if (call.kind === 'idle' || call.kind === 'ended') return stay(state)
  const { groupId } = call
  const onlyRang = call.kind === 'ringing'
  const until = 'sentAt' in call ? call.sentAt : 0
  return {
    state: {
      ...state,
      call: onlyRang ? { kind: 'idle' } : { kind: 'ended', groupId, reason },
      finished: remember(state.finished, { groupId, until, missed: undefined }),
    },
    effects: [
      { kind: 'cancel-all-timers', groupId },
      ...tell,
      { kind: 'release', groupId },
      { kind: 'record', groupId, reason, missed: onlyRang && isMissed(reason) },
    ],
  }
}

/** Whether a person who was rung without taking part should be told later. */
export function isMissed(reason: GroupEndReason): boolean {
  return reason !== 'answered-elsewhere' && reason !== 'declined'
}

/** Notes a call that ended before its invitation came. */
export function endedUnseen(state: GroupState, groupId: GroupId, until: UnixMs, missed: GroupEndReason): Transition {
  const known = state.finished.find((entry) => entry.groupId === groupId)
  if (known !== undefined && known.until >= until) return stay(state)
  return stay({ ...state, finished: remember(state.finished, { groupId, until, missed }) })
}
