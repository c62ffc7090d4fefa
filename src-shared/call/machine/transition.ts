/** What one event leads to, and how a call ends. */
import type { Ms } from '../../base/time.ts'
import type { CallId, EndReason } from '../../ipc/snapshot.ts'
import type { CancelReason } from '../../protocol/cancel.ts'
import type { CallEffect } from './effects.ts'
import type { DeviceId } from './events.ts'
import { type Call, type Connected, type DeviceState, remember } from './state.ts'
import { type TimerName, TIMERS } from './timers.ts'

export interface Transition {
  readonly state: DeviceState
  readonly effects: readonly CallEffect[]
}

export function stay(state: DeviceState): Transition {
  return { state, effects: [] }
}

export function move(state: DeviceState, call: Call, effects: readonly CallEffect[]): Transition {
  return { state: { ...state, call }, effects }
}

export function startTimer(callId: CallId, timer: TimerName, delay: Ms = TIMERS[timer]): CallEffect {
  return { kind: 'start-timer', callId, timer, delay }
}

export function cancelTimer(callId: CallId, timer: TimerName): CallEffect {
  return { kind: 'cancel-timer', callId, timer }
}

/**
 * Every end of a call passes here: the others are told, keys erased, the history written. A call that only rang leaves no picture
 * behind; one that this user took part in stays on the screen until dismissed.
 */
export function end(state: DeviceState, reason: EndReason, tell: readonly CallEffect[] = []): Transition {
  const { call } = state
  if (call.kind === 'idle' || call.kind === 'ended') return stay(state)
  const { callId } = call
  const onlyRang = call.kind === 'incoming' && call.stage === 'ringing'
  return {
    state: {
      ...state,
      call: onlyRang ? { kind: 'idle' } : { kind: 'ended', callId, reason },
      finished: remember(state.finished, { callId, by: undefined, missed: undefined }),
    },
    effects: [
      { kind: 'cancel-all-timers', callId },
      ...tell,
      { kind: 'release', callId },
      { kind: 'record', callId, reason, missed: onlyRang && isMissed(reason) },
    ],
  }
}

/** Whether a person who was rung without taking part should be told later. */
export function isMissed(reason: EndReason): boolean {
  return reason !== 'answered-elsewhere' && reason !== 'declined'
}

/** What the called side makes of the caller's Cancel. */
export function cancelledAs(reason: CancelReason): EndReason {
  switch (reason) {
    case 'withdrawn':
      return 'cancelled'
    case 'timeout':
      return 'no-answer'
    case 'answered-elsewhere':
      return 'answered-elsewhere'
    case 'glare':
      // The caller talks to another device of this account, in the call that this account made.
      return 'answered-elsewhere'
  }
}

/** Notes a call that ended before its invitation came: mail may overtake mail (R24, R19). */
export function endedUnseen(
  state: DeviceState,
  callId: CallId,
  by: DeviceId | undefined,
  missed: EndReason,
): Transition {
  if (state.finished.some((entry) => entry.callId === callId)) return stay(state)
  return stay({ ...state, finished: remember(state.finished, { callId, by, missed }) })
}

/** A second step on top of a first that left the call connected. */
export function followedBy(first: Transition, second: (state: DeviceState, call: Connected) => Transition): Transition {
  const { call } = first.state
  if (call.kind !== 'connected') return first
  const next = second(first.state, call)
  return { state: next.state, effects: [...first.effects, ...next.effects] }
}
