/** What an invitation does to a device, in each state (R19, R24, R25). It is genuine: R14 and the directory check are behind it. */
import type { EndReason } from '../../ipc/snapshot.ts'
import type { CallEffect } from './effects.ts'
import type { Invitation, MailEvent } from './events.ts'
import { answering } from './incoming.ts'
import { withdraw } from './outgoing.ts'
import { type Connected, type DeviceState, type Incoming, NO_MEDIA, type Outgoing, remember } from './state.ts'
import { TIMERS } from './timers.ts'
import { end, isMissed, move, startTimer, stay, type Transition } from './transition.ts'

export function invited(state: DeviceState, invitation: Invitation): Transition {
  const { call } = state
  const earlier = state.finished.find(({ callId }) => callId === invitation.callId)
  if (earlier !== undefined && (earlier.by === undefined || earlier.by === invitation.from)) {
    return earlier.missed === undefined ? stay(state) : note(state, invitation, earlier.missed)
  }
  if (call.kind !== 'idle' && call.callId === invitation.callId) {
    // R25: two devices drew the same number. Neither call can be told from the other.
    const both = call.kind === 'outgoing' && call.account === invitation.account
    return both ? end(state, 'failed', withdraw(call, 'glare')) : stay(state)
  }
  if (invitation.admission === 'key-changed') return note(state, invitation, 'key-changed')
  if (invitation.admission === 'miss' || invitation.remaining <= 0) return note(state, invitation, 'no-answer')
  // In a group call.
  if (invitation.admission === 'busy') return busy(state, invitation)
  switch (call.kind) {
    case 'idle':
    case 'ended':
      return ring(state, invitation)
    case 'outgoing':
      return call.account === invitation.account ? glare(state, call, invitation) : busy(state, invitation)
    case 'incoming':
      return replaces(call.from, call.sentAt, invitation)
        ? ringInstead(state, invitation, 'cancelled')
        : busy(state, invitation)
    case 'connected':
      return whileConnected(state, call, invitation)
  }
}

/** R40. Its Cancel may have overtaken it. */
export function calledBack(state: DeviceState, { invitation, media }: MailEvent & { kind: 'called-back' }): Transition {
  const { call, finished } = state
  const { callId, remaining } = invitation
  const isOver = finished.some((other) => other.callId === callId)
  if ((call.kind !== 'idle' && call.kind !== 'ended') || isOver || remaining <= 0) return stay(state)
  return move(state, { ...incomingFrom(invitation), stage: 'making', local: media }, [
    { kind: 'open-relay', callId },
    ...answering(callId, media),
  ])
}

function ring(state: DeviceState, invitation: Invitation): Transition {
  const { callId, remaining, known } = invitation
  return move(state, incomingFrom(invitation), [
    startTimer(callId, 'ring', Math.min(remaining, TIMERS.ring)),
    // Now, so that a yes is quick. The relay tells nobody who is there.
    { kind: 'open-relay', callId },
    ...(known ? [{ kind: 'send-reply', callId, answer: 'ringing' } as const] : []),
  ])
}

/** A device has one call at most: its newer invitation shows that the older call is over, though its end got lost. */
function replaces(device: string, sentAt: number | undefined, invitation: Invitation): boolean {
  return device === invitation.from && sentAt !== undefined && invitation.sentAt > sentAt
}

function ringInstead(state: DeviceState, invitation: Invitation, reason: EndReason): Transition {
  const ended = end(state, reason)
  const rung = ring(ended.state, invitation)
  return { state: rung.state, effects: [...ended.effects, ...rung.effects] }
}

function whileConnected(state: DeviceState, call: Connected, invitation: Invitation): Transition {
  if (invitation.from !== call.device) return busy(state, invitation)
  if (!call.live || replaces(call.device, call.sentAt, invitation)) {
    return ringInstead(state, invitation, 'connection-lost')
  }
  // The peer's half of a glare that is settled, delivered late.
  return stay({ ...state, finished: finishedWith(state, invitation) })
}

function busy(state: DeviceState, invitation: Invitation): Transition {
  const { state: noted, effects } = note(state, invitation, 'busy')
  const { callId, known } = invitation
  const reply: CallEffect[] = known ? [{ kind: 'send-reply', callId, answer: 'busy' }] : []
  return { state: noted, effects: [...reply, ...effects] }
}

/** R25: the call with the smaller id goes on; hexadecimal compares as its bytes do. */
function glare(state: DeviceState, mine: Outgoing, invitation: Invitation): Transition {
  if (mine.callId < invitation.callId) return stay({ ...state, finished: finishedWith(state, invitation) })
  const answered: Incoming = {
    ...incomingFrom(invitation),
    stage: 'making',
    // No more than this user chose for the own call.
    local: mine.local,
  }
  return {
    state: {
      ...state,
      call: answered,
      finished: remember(state.finished, { callId: mine.callId, by: undefined, missed: undefined }),
    },
    effects: [
      { kind: 'cancel-all-timers', callId: mine.callId },
      ...withdraw(mine, 'glare'),
      { kind: 'release', callId: mine.callId },
      { kind: 'open-relay', callId: invitation.callId },
      ...answering(invitation.callId, mine.local),
    ],
  }
}

function note(state: DeviceState, invitation: Invitation, reason: EndReason): Transition {
  return {
    state: { ...state, finished: finishedWith(state, invitation) },
    effects: [{ kind: 'record', callId: invitation.callId, reason, missed: isMissed(reason) }],
  }
}

function finishedWith(state: DeviceState, { callId }: Invitation): DeviceState['finished'] {
  return remember(state.finished, { callId, by: undefined, missed: undefined })
}

function incomingFrom({ callId, from, account, sentAt, media }: Invitation): Incoming {
  return {
    kind: 'incoming',
    callId,
    stage: 'ringing',
    from,
    account,
    sentAt,
    local: NO_MEDIA,
    remote: media,
    relayOpen: false,
  }
}
