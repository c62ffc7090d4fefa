/** How a member stops being one: by its own Remove, for whose Entries it waits at most a second (section 6); or to come anew. */
import type { AccountKey } from '../../call/machine/events.ts'
import type { GroupEffect } from './effects.ts'
import { memberOf, type Roster } from './roster.ts'
import type { GroupEndReason, GroupState, Inside, Joining, Leaving } from './state.ts'
import { end, move, submit, type Transition } from './transition.ts'

export function leave(state: GroupState, call: Inside, reason: GroupEndReason): Transition {
  const { groupId, sentAt } = call
  const withdrawn = withdraw(call)
  // The others remove this device as lost.
  if (!call.roomOpen) return end(state, reason, withdrawn)
  return move(state, { kind: 'leaving', groupId, sentAt, reason }, [
    ...submit(groupId, { op: 'remove', device: state.self, reason: 'left' }),
    ...withdrawn,
  ])
}

/** The last one out takes back what still rings. */
function withdraw({ groupId, people, invitees }: Inside): GroupEffect[] {
  const accounts: AccountKey[] = invitees
    .filter(({ answer }) => answer === 'none' || answer === 'ringing')
    .map(({ account }) => account)
  return people.length > 0 || accounts.length === 0 ? [] : [{ kind: 'send-cancel', groupId, accounts }]
}

export function rosterChanged(state: GroupState, leaving: Leaving, roster: Roster): Transition {
  if (memberOf(roster, state.self) === undefined) return end(state, leaving.reason)
  // Another entry was first.
  return { state, effects: submit(leaving.groupId, { op: 'remove', device: state.self, reason: 'left' }) }
}

/** Removed as lost, and the person never left: its consent is signed anew (R29). */
export function rejoin(state: GroupState, call: Inside): Transition {
  const { groupId, sentAt, local, roomOpen, present, memberKeys, upgrade } = call
  const joining: Joining = {
    kind: 'joining',
    groupId,
    sentAt,
    local,
    stage: roomOpen ? 'making' : 'opening',
    join: undefined,
    present: roomOpen ? present : [],
    memberKeys,
    upgrade,
  }
  return move(state, joining, roomOpen ? [{ kind: 'make-join', groupId }] : [])
}
