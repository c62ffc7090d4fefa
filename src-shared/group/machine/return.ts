/**
 * Two are left, and a 1:1 call takes this one's place (R40). Until it stands, the group call stays as it is: whatever fails there costs
 * nothing here. That it ends when it does not fit any more, or when this device leaves, is said in `settle.ts`.
 */
import { currentEpoch, currentKey, isFit } from './key-state.ts'
import { leave } from './leaving.ts'
import type { Roster } from './roster.ts'
import type { GroupState, Inside } from './state.ts'
import { move, stay, type Transition } from './transition.ts'

/** Nobody else is on the way in, and nothing would be lost. */
export function isOfTwo(call: Inside): boolean {
  const { roster, people, local, wanted, inviting, invitees, joins, knocks, groupOnly } = call
  const [first, second, third] = roster.members
  if (first === undefined || second === undefined || third !== undefined) return false
  if (first.account === second.account) return false
  const awaited = invitees.some(({ answer }) => answer === 'none' || answer === 'ringing')
  const coming = wanted.length + inviting.length + joins.length + knocks.length > 0
  const sharing = local.screen || people.some(({ media }) => media.screen)
  return !awaited && !coming && !sharing && !groupOnly
}

/** Somebody has gone, and the two who are left have each other's keys of what began then. */
export function mayReturn(call: Inside): boolean {
  const { roomOpen, confirmed, forked, people, present, upgrade, removal, returnFailed } = call
  const [person] = people
  if (person === undefined || !isOfTwo(call) || removal === undefined || upgrade !== undefined) return false
  const hears = currentKey(call).given.some(({ device, sent }) => device === person.device && sent)
  const isHeard = currentEpoch(call).got.includes(person.device)
  const here = roomOpen && confirmed && !forked && present.includes(person.device)
  return here && hears && isHeard && isFit(person) && !returnFailed
}

/** The one who has been in for longer. */
export function callsBack(self: string, call: Inside): boolean {
  return call.roster.members[0]?.device === self && mayReturn(call)
}

export function callBack(state: GroupState, call: Inside): Transition {
  const { groupId, roster, people, returning } = call
  const [person] = people
  if (person === undefined || returning !== undefined || !callsBack(state.self, call)) return stay(state)
  return move(state, { ...call, returning: { caller: true, stage: 'calling' } }, [
    { kind: 'call-back', groupId, peer: person.device, epoch: roster.epoch },
  ])
}

export function calledBack(state: GroupState, call: Inside): Transition {
  if (call.returning !== undefined || callsBack(state.self, call) || !mayReturn(call)) return stay(state)
  return move(state, { ...call, returning: { caller: false, stage: 'calling' } })
}

export function connected(state: GroupState, call: Inside): Transition {
  const { returning } = call
  if (returning?.stage !== 'calling') return stay(state)
  return move(state, { ...call, returning: { ...returning, stage: 'connected' } })
}

/** It did not come about, or did not last: this stays a group call. */
export function failed(state: GroupState, call: Inside): Transition {
  return call.returning === undefined ? stay(state) : move(state, { ...call, returning: undefined, returnFailed: true })
}

export function finished(state: GroupState, call: Inside): Transition {
  if (call.returning?.stage !== 'connected') return stay(state)
  const left = leave(state, call, 'hung-up')
  return { state: left.state, effects: [{ kind: 'finish-return', groupId: call.groupId }, ...left.effects] }
}

/** The other one has left the group for it already: no epoch is begun for nobody. */
export function isLeftFor({ join, returning }: Inside, { members }: Roster): boolean {
  return returning?.stage === 'connected' && members.length === 1 && members[0]?.join === join
}
