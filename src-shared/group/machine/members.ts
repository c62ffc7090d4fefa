/** What is known of the others, and what members say to each other. */
import type { MediaChoice } from '../../ipc/snapshot.ts'
import { want } from './changes.ts'
import type { MemberEvent, ServiceEvent } from './events.ts'
import { withPerson } from './heads.ts'
import { personOf, sendingEpoch } from './key-state.ts'
import type { GroupEffect } from './effects.ts'
import { isHost } from './roster.ts'
import type { GroupState, Inside, Person } from './state.ts'
import { move, stay, type Transition } from './transition.ts'

/** R35: only then is it given a key; and the person learns what came of it. */
export function checked(
  state: GroupState,
  call: Inside,
  { device, join, result }: ServiceEvent & { kind: 'member-checked' },
): Transition {
  const { groupId } = call
  const person = personOf(call, device)
  if (person?.join !== join || person.trust === result) return stay(state)
  return move(state, withPerson(call, { ...person, trust: result }), [
    { kind: 'announce', groupId, what: { kind: 'checked', device, trust: result } },
  ])
}

export function checkAgain(state: GroupState, call: Inside): Transition {
  const { groupId } = call
  const again = call.people.filter(({ trust }) => trust === 'unreachable')
  const people = call.people.map((person): Person =>
    again.includes(person) ? { ...person, trust: 'checking' } : person,
  )
  return move(
    state,
    { ...call, people },
    again.map(({ device, join }) => ({ kind: 'check-member', groupId, device, join })),
  )
}

export function showsMedia(
  state: GroupState,
  call: Inside,
  { device, media }: MemberEvent & { kind: 'media-state' },
): Transition {
  const person = personOf(call, device)
  return person === undefined ? stay(state) : move(state, withPerson(call, { ...person, media }))
}

export function raisesHand(
  state: GroupState,
  call: Inside,
  { device, up }: MemberEvent & { kind: 'hand' },
): Transition {
  const person = personOf(call, device)
  return person === undefined ? stay(state) : move(state, withPerson(call, { ...person, hand: up }))
}

/** Counts from hosts only; asks, and mutes nobody. */
export function asksToMute(
  state: GroupState,
  { groupId, roster }: Inside,
  { device, about }: MemberEvent & { kind: 'mute-request' },
): Transition {
  if (about !== state.self || !isHost(roster, device)) return stay(state)
  return { state, effects: [{ kind: 'announce', groupId, what: { kind: 'mute-request', by: device } }] }
}

export function askToMute(state: GroupState, call: Inside, device: string): Transition {
  const may = isHost(call.roster, state.self) && personOf(call, device) !== undefined
  return may ? say(state, call, { kind: 'send-mute-request', groupId: call.groupId, device }) : stay(state)
}

export function chooseMedia(state: GroupState, call: Inside, local: MediaChoice): Transition {
  return say(state, { ...call, local }, { kind: 'send-media', groupId: call.groupId, media: local })
}

export function raiseHand(state: GroupState, call: Inside, up: boolean): Transition {
  return say(state, { ...call, hand: up }, { kind: 'send-hand', groupId: call.groupId, up })
}

/** While nothing may be sent, the state that is said afterwards has it. */
function say(state: GroupState, call: Inside, record: GroupEffect): Transition {
  return move(state, call, sendingEpoch(call) === undefined || !call.roomOpen ? [] : [record])
}

export function remove(state: GroupState, call: Inside, device: string): Transition {
  if (device === state.self) return stay(state)
  return want(state, call, [{ op: 'remove', device, reason: 'removed' }])
}
