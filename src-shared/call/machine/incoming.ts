/** The called side until Confirm. R19: before the user's yes nothing leaves but a sealed "ringing" or "busy" to people in the contacts. */
import type { EndReason, MediaChoice } from '../../ipc/snapshot.ts'
import { connectAsCallee } from './connected.ts'
import type { CallEffect } from './effects.ts'
import type { ControlMessage } from './events.ts'
import type { DeviceState, Incoming } from './state.ts'
import { cancelledAs, cancelTimer, end, move, startTimer, stay, type Transition } from './transition.ts'

export function accept(state: DeviceState, incoming: Incoming, media: MediaChoice): Transition {
  if (incoming.stage !== 'ringing') return stay(state)
  const { callId } = incoming
  return move(state, { ...incoming, stage: 'making', local: media }, [
    cancelTimer(callId, 'ring'),
    ...answering(callId, media),
  ])
}

/** The effects of a yes, the user's or that of R25. */
export function answering(callId: string, media: MediaChoice): readonly CallEffect[] {
  return [startTimer(callId, 'relay-wait'), { kind: 'make-accept', callId, media }]
}

export function decline(state: DeviceState, incoming: Incoming): Transition {
  const { callId } = incoming
  if (incoming.stage !== 'ringing') return hangUp(state, incoming)
  return end(state, 'declined', [
    { kind: 'send-reply', callId, answer: 'declined' },
    { kind: 'send-answered', callId },
  ])
}

/** After the yes and before Confirm. The caller may not have the keys yet, so that mail tells it as well. */
export function hangUp(state: DeviceState, incoming: Incoming): Transition {
  if (incoming.stage === 'ringing') return decline(state, incoming)
  const { callId } = incoming
  const told: CallEffect[] =
    incoming.stage === 'sent'
      ? [{ kind: 'send-control', callId, message: { type: 'end', end: 'hung-up' } }]
      : [{ kind: 'send-answered', callId }]
  return end(state, 'hung-up', [...told, { kind: 'send-reply', callId, answer: 'declined' }])
}

export function acceptMade(state: DeviceState, incoming: Incoming): Transition {
  if (incoming.stage !== 'making') return stay(state)
  return incoming.relayOpen ? sendAccept(state, incoming) : move(state, { ...incoming, stage: 'made' }, [])
}

export function relayOpened(state: DeviceState, incoming: Incoming): Transition {
  const open: Incoming = { ...incoming, relayOpen: true }
  switch (incoming.stage) {
    case 'ringing':
    case 'making':
      return move(state, open, [])
    case 'made':
      return sendAccept(state, open)
    case 'sent':
      // The room may have lost everything with the relay's restart.
      return move(state, open, [
        { kind: 'send-accept', callId: incoming.callId },
        { kind: 'set-receiver', callId: incoming.callId },
      ])
  }
}

/** From here the other devices stop ringing, and protected media may flow towards the caller (3.7). */
function sendAccept(state: DeviceState, incoming: Incoming): Transition {
  const { callId } = incoming
  return move(state, { ...incoming, stage: 'sent' }, [
    cancelTimer(callId, 'relay-wait'),
    startTimer(callId, 'confirm'),
    startTimer(callId, 'repeat-accept'),
    { kind: 'send-accept', callId },
    { kind: 'set-receiver', callId },
    { kind: 'give-keys', callId },
    { kind: 'send-answered', callId },
  ])
}

export function repeatAccept(state: DeviceState, incoming: Incoming): Transition {
  if (incoming.stage !== 'sent') return stay(state)
  const { callId } = incoming
  return { state, effects: [startTimer(callId, 'repeat-accept'), { kind: 'send-accept', callId }] }
}

/** The Accept could not be made or could not leave, or no Confirm came (R23). The caller, if it lives, need not ring on. */
export function giveUp(state: DeviceState, incoming: Incoming, reason: EndReason = 'failed'): Transition {
  const { callId } = incoming
  return end(state, reason, [
    ...(incoming.stage === 'sent' ? [endRecord(callId, reason)] : []),
    { kind: 'send-cancel', callId, reason: 'timeout', to: 'peer' },
  ])
}

function endRecord(callId: string, reason: EndReason): CallEffect {
  return {
    kind: 'send-control',
    callId,
    message: { type: 'end', end: reason === 'insecure' ? 'attack' : 'failed' },
  }
}

/** The caller's control records; the first is Confirm. What needs a live caller is not looked at before (R27). */
export function control(state: DeviceState, incoming: Incoming, message: ControlMessage): Transition {
  if (incoming.stage !== 'sent') return stay(state)
  switch (message.type) {
    case 'confirm':
      // R23: words that do not fit the commitment are an attack on whoever compares them.
      return message.matches ? connectAsCallee(state, incoming) : giveUp(state, incoming, 'insecure')
    case 'end':
      return end(state, message.end === 'attack' ? 'insecure' : message.end)
    case 'cancel':
      return end(state, cancelledAs(message.reason))
    case 'media':
    case 'path-offer':
    case 'path-remove':
    case 'rekey-offer':
    case 'rekey-answer':
    case 'keep-alive':
    case 'rekey-request':
    case 'profile':
      return stay(state)
  }
}

export function chooseMedia(state: DeviceState, incoming: Incoming, local: MediaChoice): Transition {
  return incoming.stage === 'ringing' ? stay(state) : move(state, { ...incoming, local }, [])
}
