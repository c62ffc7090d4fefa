/**
 * What follows from a state, whatever event led there: keys that are due are given, the sending key changes, keys that no state names
 * any more are erased, timers begin and end. Every step passes here, so that no event forgets any of it.
 */
import type { DeviceId } from '../../call/machine/events.ts'
import type { GroupEffect } from './effects.ts'
import type { TimerEvent } from './events.ts'
import {
  allAreGiven,
  currentEpoch,
  currentKey,
  isFit,
  receiveKeysOf,
  sendingEpoch,
  usableMemberKey,
} from './key-state.ts'
import { isOfTwo, mayReturn } from './return.ts'
import { type RunningTimer, runningTimers } from './running.ts'
import type { Given, GroupCall, GroupState, Inside } from './state.ts'
import type { Timer } from './timers.ts'
import type { Transition } from './transition.ts'

/** `ranOut`: the timer that was the event. */
export function settle(before: GroupState, { state, effects }: Transition, ranOut: TimerEvent | undefined): Transition {
  // Nothing new follows from what has not changed.
  if (state.call === before.call && ranOut === undefined) return { state, effects }
  const all = [...effects]
  let settled = state
  if (state.call.kind === 'inside') {
    const call = withoutVainReturn(switchKey(finishUpgrade(giveKeys(state.call, all))))
    all.push(...sendingEffects(before.call, call))
    settled = { ...state, call: sayState(before.call, call, all) }
  } else all.push(...sendingEffects(before.call, state.call))
  all.push(...erasures(before.call, settled.call))
  all.push(...returnEffects(before.call, settled.call, effects))
  all.push(...timerEffects(before, settled, ranOut))
  return { state: settled, effects: all }
}

/** R32, R34, R35: to each member that may have it and for which there is a MemberKey; again if a newer MemberKey turned up. */
function giveKeys(call: Inside, effects: GroupEffect[]): Inside {
  if (!call.confirmed || !call.roomOpen) return call
  const key = currentKey(call)
  let { answered } = call
  let given: readonly Given[] = key.given
  for (const person of call.people) {
    if (!isFit(person)) continue
    const { device, join } = person
    const memberKey = usableMemberKey(call, device, key.epoch)
    const earlier = given.find((other) => other.device === device && other.join === join)
    if (earlier !== undefined) {
      if (earlier.memberKey >= memberKey || answered.includes(device)) continue
      answered = [...answered, device]
    }
    given = [...given.filter((other) => other.device !== device), { device, join, memberKey, sent: false }]
    effects.push({ kind: 'give-key', groupId: call.groupId, epoch: key.epoch, to: device, memberKey })
  }
  if (given === key.given) return call
  return { ...call, answered, own: [...call.own.slice(0, -1), { ...key, given }] }
}

/** R33: as soon as all have been given the new key; at the latest when `switch` runs out. */
function switchKey(call: Inside): Inside {
  const { epoch } = currentKey(call)
  if (call.using === epoch) return call
  return allAreGiven(call) ? useCurrentKey(call) : call
}

export function useCurrentKey(call: Inside): Inside {
  const key = currentKey(call)
  return { ...call, own: [key], using: key.epoch }
}

/** R36: the peer is here, and each has the other's key. */
function finishUpgrade(call: Inside): Inside {
  const { upgrade } = call
  if (upgrade === undefined || upgrade.done) return call
  const has = currentKey(call).given.some(({ device, sent }) => device === upgrade.peer && sent)
  const done = has && currentEpoch(call).got.includes(upgrade.peer)
  return done ? { ...call, upgrade: { ...upgrade, done } } : call
}

/** R40: somebody comes after all, or something is there that only a group has; or, before the 1:1 call stands, the room or the keys are not. */
function withoutVainReturn(call: Inside): Inside {
  const { returning } = call
  if (returning === undefined) return call
  const holds = returning.stage === 'calling' ? mayReturn(call) : isOfTwo(call)
  return holds ? call : { ...call, returning: undefined, returnFailed: true }
}

/** Who leaves the group before it, leaves it as well. */
function returnEffects(before: GroupCall, after: GroupCall, effects: readonly GroupEffect[]): GroupEffect[] {
  if (before.kind !== 'inside' || before.returning === undefined) return []
  if (after.kind === 'inside' && after.returning !== undefined) return []
  if (effects.some(({ kind }) => kind === 'finish-return')) return []
  return [{ kind: 'end-return', groupId: before.groupId }]
}

function sendingEffects(before: GroupCall, after: GroupCall): GroupEffect[] {
  const was = sendingEpoch(before)
  const is = sendingEpoch(after)
  // Of a call that is over, `release` ends this as well.
  if (after.kind === 'idle' || after.kind === 'ended') return []
  if (is === undefined || after.kind !== 'inside') {
    return was === undefined || !('groupId' in before) ? [] : [{ kind: 'stop-sending', groupId: before.groupId }]
  }
  return is === was ? [] : [{ kind: 'send-with', groupId: after.groupId, epoch: is }]
}

/** Section 3: first in each epoch, to all, as soon as all hear it; and then to whoever gets the key later. */
function sayState(before: GroupCall, call: Inside, effects: GroupEffect[]): Inside {
  const key = currentKey(call)
  const { given, told } = key
  const withTold = (value: boolean): Inside => ({ ...call, own: [...call.own.slice(0, -1), { ...key, told: value }] })
  // What was not said for a while is said anew.
  if (sendingEpoch(call) !== key.epoch) return told ? withTold(false) : call
  if (!told) {
    if (given.length === 0 || !given.every(({ sent }) => sent)) return call
    effects.push(stateOf(call, undefined))
    return withTold(true)
  }
  const heard = before.kind === 'inside' ? currentKey(before).given.filter(({ sent }) => sent) : []
  const later = given.filter(
    ({ device, join, memberKey, sent }) =>
      sent && !heard.some((other) => other.device === device && other.join === join && other.memberKey === memberKey),
  )
  if (later.length > 0)
    effects.push(
      stateOf(
        call,
        later.map(({ device }) => device),
      ),
    )
  return call
}

/** `to`: `undefined` for all. */
export function stateOf(call: Inside, to: readonly DeviceId[] | undefined): GroupEffect {
  const { groupId, local, hand } = call
  return { kind: 'send-state', groupId, media: local, hand, profile: currentKey(call).newcomer, to }
}

/** Of a call that is over, `release` erases everything. */
function erasures(before: GroupCall, after: GroupCall): GroupEffect[] {
  if (before.kind === 'idle' || before.kind === 'ended' || after.kind === 'idle' || after.kind === 'ended') return []
  const { groupId } = before
  const ownBefore = before.kind === 'inside' ? before.own : []
  const heldBefore = before.kind === 'inside' ? before.held : []
  const own = after.kind === 'inside' ? after.own : []
  const held = after.kind === 'inside' ? after.held : []
  const receive = receiveKeysOf(after)
  return [
    ...ownBefore
      .filter(({ epoch }) => !own.some((other) => other.epoch === epoch))
      .map(({ epoch }) => ({ kind: 'erase-sender-key', groupId, epoch }) as const),
    ...heldBefore
      .filter(({ epoch }) => !held.some((other) => other.epoch === epoch))
      .map(({ epoch }) => ({ kind: 'drop-epoch', groupId, epoch }) as const),
    ...receiveKeysOf(before)
      .filter((memberKey) => !receive.includes(memberKey))
      .map((memberKey) => ({ kind: 'erase-receive-key', groupId, memberKey }) as const),
  ]
}

function timerEffects(before: GroupState, after: GroupState, ranOut: TimerEvent | undefined): GroupEffect[] {
  const { call } = after
  if (call.kind === 'idle' || call.kind === 'ended') return []
  const { groupId } = call
  const sameCall = 'groupId' in before.call && before.call.groupId === groupId
  const ran = sameCall ? runningTimers(before).filter((timer) => !isEvent(timer, ranOut)) : []
  const run = runningTimers(after)
  return [
    ...ran.filter((timer) => !includes(run, timer)).map(({ name, about }) => cancel(groupId, name, about)),
    ...run.filter((timer) => !includes(ran, timer)).map((timer) => start(groupId, timer)),
  ]
}

function isEvent({ name, about }: Timer, event: TimerEvent | undefined): boolean {
  return event?.timer === name && event.about === about
}

function includes(timers: readonly Timer[], { name, about }: Timer): boolean {
  return timers.some((timer) => timer.name === name && timer.about === about)
}

function start(groupId: string, { name, about, delay }: RunningTimer): GroupEffect {
  return { kind: 'start-timer', groupId, timer: name, about, delay }
}

function cancel(groupId: string, timer: Timer['name'], about: string | undefined): GroupEffect {
  return { kind: 'cancel-timer', groupId, timer, about }
}
