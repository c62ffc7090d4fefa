/** What a GroupInvite does to a device, in each state (section 6). It is genuine: R14 and the directory check are behind it. */
import type { MediaChoice } from '../../ipc/snapshot.ts'
import type { GroupEffect } from './effects.ts'
import type { GroupInvitation } from './events.ts'
import { enter } from './joining.ts'
import { type GroupEndReason, type GroupState, occupies, remember, type Ringing } from './state.ts'
import { end, isMissed, move, stay, type Transition } from './transition.ts'

export function invited(state: GroupState, invitation: GroupInvitation): Transition {
  const { call } = state
  const { groupId, sentAt, answersKnock } = invitation
  if (call.kind === 'knocking' && answersKnock === call.groupId) {
    // R38: this person asked for it.
    return enter({ ...state, call: { kind: 'idle' } }, groupId, { local: call.local, sentAt, upgrade: undefined }, [
      { kind: 'cancel-all-timers', groupId: call.groupId },
    ])
  }
  const earlier = state.finished.find((entry) => entry.groupId === groupId)
  if (earlier !== undefined && sentAt <= earlier.until) {
    return earlier.missed === undefined ? stay(state) : note(state, invitation, earlier.missed)
  }
  // One more invitation to the call that this device is in, or that rings.
  if (occupies(call) && 'groupId' in call && call.groupId === groupId) return stay(state)
  switch (invitation.admission) {
    case 'key-changed':
      return note(state, invitation, 'key-changed')
    case 'miss':
      return note(state, invitation, 'no-answer')
    case 'busy':
      return busy(state, invitation)
    case 'ring':
      if (invitation.remaining <= 0) return note(state, invitation, 'no-answer')
      return occupies(call) ? busy(state, invitation) : ring(state, invitation)
  }
}

/** The room is not opened before the person's yes: it tells the others who is there. */
function ring(state: GroupState, { groupId, from, sentAt, remaining, known }: GroupInvitation): Transition {
  const ringing: Ringing = { kind: 'ringing', groupId, from, sentAt, remaining }
  return move(state, ringing, known ? [{ kind: 'send-reply', groupId, answer: 'ringing' }] : [])
}

function busy(state: GroupState, invitation: GroupInvitation): Transition {
  const { groupId, known } = invitation
  const reply: GroupEffect[] = known ? [{ kind: 'send-reply', groupId, answer: 'busy' }] : []
  const noted = note(state, invitation, 'busy')
  return { state: noted.state, effects: [...reply, ...noted.effects] }
}

function note(state: GroupState, { groupId, sentAt }: GroupInvitation, reason: GroupEndReason): Transition {
  return {
    state: { ...state, finished: remember(state.finished, { groupId, until: sentAt, missed: undefined }) },
    effects: [{ kind: 'record', groupId, reason, missed: isMissed(reason) }],
  }
}

export function accept(state: GroupState, { groupId, sentAt }: Ringing, local: MediaChoice): Transition {
  return enter(state, groupId, { local, sentAt, upgrade: undefined }, [{ kind: 'send-answered', groupId }])
}

export function decline(state: GroupState, { groupId }: Ringing): Transition {
  return end(state, 'declined', [
    { kind: 'send-reply', groupId, answer: 'declined' },
    { kind: 'send-answered', groupId },
  ])
}
