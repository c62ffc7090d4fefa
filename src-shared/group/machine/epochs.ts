/** Epochs begin, KeyShares come and go, old keys end (R31 to R33). What is given to whom and when sending changes: `settle.ts`. */
import type { Handle } from '../../call/machine/events.ts'
import { currentEpoch, currentKey, isFit, missingShares, personOf, sendingEpoch } from './key-state.ts'
import type { GroupEffect } from './effects.ts'
import type { MemberEvent } from './events.ts'
import type { Epoch, RemoveReason } from './roster.ts'
import type { GroupState, HeldEpoch, Inside, MemberKeys, OwnKey } from './state.ts'
import { EARLY_KEPT, MEMBER_KEYS_KEPT } from './timers.ts'
import { move, restart, stay, type Transition } from './transition.ts'
import { stateOf, useCurrentKey } from './settle.ts'

/** `serving`: the own MemberKey that the others wrap for in this epoch. */
export function beginEpoch(
  call: Inside,
  { removal, newcomer, serving }: { removal: RemoveReason | undefined; newcomer: boolean; serving: Epoch },
): { readonly call: Inside; readonly effects: readonly GroupEffect[] } {
  const { groupId, roster, early } = call
  const { epoch } = roster
  const key: OwnKey = { epoch, newcomer, told: false, given: [] }
  // R33: a key that was never used is not kept; after a Remove none but the new one is.
  const old = removal !== undefined ? [] : call.own.filter((other) => other.epoch === call.using)
  const begun: HeldEpoch = {
    epoch,
    removal: removal !== undefined,
    from: call.people.map(({ device }) => device),
    got: [],
    receiveKey: serving,
  }
  const next: Inside = {
    ...call,
    own: [...old, key],
    using: old.length === 0 ? epoch : call.using,
    held: withoutServed([...call.held, begun]),
    early: early.filter((share) => share.epoch > epoch),
    asked: 0,
    removal,
    returnFailed: false,
  }
  return {
    call: next,
    effects: [
      { kind: 'enter-epoch', groupId, epoch },
      { kind: 'make-member-key', groupId, epoch },
      ...early
        .filter((share) => share.epoch <= epoch)
        .map(({ epoch: named, share }) => opened(groupId, share, named === epoch)),
      ...(missingShares(next).length > 0 ? [restart(groupId, 'request')] : []),
    ],
  }
}

function opened(groupId: string, share: Handle, fits: boolean): GroupEffect {
  return { kind: fits ? 'open-share' : 'drop-share', groupId, share }
}

/** R31: a receive key that has served its epoch in full. */
function withoutServed(held: readonly HeldEpoch[]): readonly HeldEpoch[] {
  return held.map((epoch) => (epoch.got.length === epoch.from.length ? { ...epoch, receiveKey: undefined } : epoch))
}

export function shareArrived(
  state: GroupState,
  call: Inside,
  { epoch, share }: MemberEvent & { kind: 'share-arrived' },
): Transition {
  const { groupId, held, early, roster } = call
  if (epoch > roster.epoch && early.length < EARLY_KEPT) {
    return move(state, { ...call, early: [...early, { epoch, share }] })
  }
  const awaited = held.some((other) => other.epoch === epoch && other.receiveKey !== undefined)
  return { state, effects: [opened(groupId, share, awaited)] }
}

/** R32: their entry did not come in time. */
export function dropEarly(state: GroupState, call: Inside): Transition {
  const { groupId, early } = call
  return move(
    state,
    { ...call, early: [] },
    early.map(({ share }) => opened(groupId, share, false)),
  )
}

/** Where one comes, others are on their way: in a large call all of them take seconds, and asking would make that longer. */
export function shareOpened(state: GroupState, call: Inside, epoch: Epoch, device: string): Transition {
  const held = call.held.map((other) =>
    other.epoch === epoch && other.from.includes(device) && !other.got.includes(device)
      ? { ...other, got: [...other.got, device] }
      : other,
  )
  const next = { ...call, held: withoutServed(held) }
  const awaitsMore = epoch === currentEpoch(call).epoch && call.asked === 0 && missingShares(next).length > 0
  return move(state, next, awaitsMore ? [restart(call.groupId, 'request')] : [])
}

export function keyGiven(state: GroupState, call: Inside, epoch: Epoch, device: string): Transition {
  const key = currentKey(call)
  if (key.epoch !== epoch) return stay(state)
  const again = key.given.some((other) => other.device === device && other.sent) && sendingEpoch(call) === epoch
  const given = key.given.map((other) => (other.device === device ? { ...other, sent: true } : other))
  // Who had to ask for it has missed what was said in this epoch.
  return move(
    state,
    { ...call, own: [...call.own.slice(0, -1), { ...key, given }] },
    again ? [stateOf(call, [device])] : [],
  )
}

export function expired(state: GroupState, call: Inside, epoch: string | undefined): Transition {
  const current = currentEpoch(call)
  return move(state, {
    ...call,
    held: call.held.filter((other) => other === current || String(other.epoch) !== epoch),
  })
}

export function switchNow(state: GroupState, call: Inside): Transition {
  return move(state, useCurrentKey(call))
}

/** Section 3: whoever is there and has not given this device its key. */
export function requestKeys(state: GroupState, call: Inside): Transition {
  const { groupId } = call
  const { epoch, receiveKey } = currentEpoch(call)
  const missing = missingShares(call)
  if (receiveKey === undefined || missing.length === 0) return stay(state)
  return move(
    state,
    { ...call, asked: call.asked + 1 },
    missing.map((from) => ({ kind: 'request-key', groupId, epoch, from, memberKey: receiveKey })),
  )
}

/** A second KeyShare of the same key, once a second for each receiver. A first that is still due comes without being asked for. */
export function keyRequested(state: GroupState, call: Inside, device: string, epoch: Epoch): Transition {
  const { groupId, answered, confirmed } = call
  const person = personOf(call, device)
  const given = currentKey(call).given.find((other) => other.device === device && other.join === person?.join)
  if (person === undefined || given?.sent !== true || epoch !== currentKey(call).epoch) return stay(state)
  if (!isFit(person) || !confirmed || answered.includes(device)) return stay(state)
  return move(state, { ...call, answered: [...answered, device] }, [
    { kind: 'give-key', groupId, epoch, to: device, memberKey: given.memberKey },
  ])
}

export function mayAnswerAgain(state: GroupState, call: Inside, device: string | undefined): Transition {
  return move(state, { ...call, answered: call.answered.filter((other) => other !== device) })
}

export function withMemberKey(known: readonly MemberKeys[], device: string, epoch: Epoch): readonly MemberKeys[] {
  const earlier = known.find((keys) => keys.device === device)?.epochs ?? []
  if (epoch === 0 || earlier.includes(epoch)) return known
  const epochs = [...earlier, epoch].sort((a, b) => a - b).slice(-MEMBER_KEYS_KEPT)
  return [...known.filter((keys) => keys.device !== device), { device, epochs }]
}
