/** The caller until an Accept has verified (R20). */
import type { EndReason, MediaChoice } from '../../ipc/snapshot.ts'
import type { CancelReason } from '../../protocol/cancel.ts'
import { ACCEPT_TRIES } from '../handshake.ts'
import { connectAsCaller } from './connected.ts'
import type { CallEffect } from './effects.ts'
import type { CryptoEvent, MailEvent, UserEvent } from './events.ts'
import type { DeviceState, Outgoing } from './state.ts'
import { cancelTimer, end, move, startTimer, stay, type Transition } from './transition.ts'

export function call(state: DeviceState, { callId, media }: UserEvent & { kind: 'user-call' }): Transition {
  if (state.call.kind !== 'idle' && state.call.kind !== 'ended') return stay(state)
  const outgoing: Outgoing = {
    kind: 'outgoing',
    callId,
    stage: 'resolving',
    account: undefined,
    local: media,
    relayOpen: false,
    acceptsTried: 0,
    acceptsRefused: 0,
  }
  return move(state, outgoing, [startTimer(callId, 'set-up'), { kind: 'resolve', callId }])
}

export function resolved(state: DeviceState, outgoing: Outgoing, account: string): Transition {
  if (outgoing.stage !== 'resolving') return stay(state)
  return move(state, { ...outgoing, stage: 'preparing', account }, [{ kind: 'prepare', callId: outgoing.callId }])
}

export function prepared(state: DeviceState, outgoing: Outgoing): Transition {
  if (outgoing.stage !== 'preparing') return stay(state)
  const { callId } = outgoing
  return move(state, { ...outgoing, stage: 'inviting' }, [
    cancelTimer(callId, 'set-up'),
    startTimer(callId, 'no-answer'),
    // The relay first: an answer may come as soon as the first invitation is out.
    { kind: 'open-relay', callId },
    { kind: 'send-invites', callId },
  ])
}

export function setUpFailed(state: DeviceState, outgoing: Outgoing, reason: EndReason): Transition {
  return outgoing.stage === 'ringing' ? stay(state) : end(state, reason)
}

export function noAnswer(state: DeviceState, outgoing: Outgoing): Transition {
  // Somebody answered, and it did not verify: that is worth another sentence than silence.
  const reason = outgoing.acceptsRefused > 0 ? 'insecure' : 'no-answer'
  return end(state, reason, withdraw(outgoing, 'timeout'))
}

export function replied(state: DeviceState, outgoing: Outgoing, { answer }: MailEvent & { kind: 'reply' }): Transition {
  if (!isInviting(outgoing)) return stay(state)
  switch (answer) {
    case 'ringing':
      return move(state, { ...outgoing, stage: 'ringing' }, [])
    case 'declined':
    case 'busy':
      return end(state, answer, withdraw(outgoing, 'withdrawn'))
  }
}

export function acceptArrived(state: DeviceState, outgoing: Outgoing, accept: number): Transition {
  if (!isInviting(outgoing) || outgoing.acceptsTried >= ACCEPT_TRIES) return stay(state)
  return move(state, { ...outgoing, acceptsTried: outgoing.acceptsTried + 1 }, [
    { kind: 'verify-accept', callId: outgoing.callId, accept },
  ])
}

/** R20: changes nothing, as another device may still answer; the last one that is tried ends the call. */
export function acceptRefused(state: DeviceState, outgoing: Outgoing): Transition {
  const acceptsRefused = outgoing.acceptsRefused + 1
  if (acceptsRefused >= ACCEPT_TRIES) return end(state, 'insecure', withdraw(outgoing, 'withdrawn'))
  return move(state, { ...outgoing, acceptsRefused }, [])
}

export function acceptVerified(
  state: DeviceState,
  outgoing: Outgoing,
  { device, media }: CryptoEvent & { kind: 'accept-verified' },
): Transition {
  if (!isInviting(outgoing) || outgoing.account === undefined) return stay(state)
  return connectAsCaller(state, outgoing, outgoing.account, device, media)
}

export function chooseMedia(state: DeviceState, outgoing: Outgoing, local: MediaChoice): Transition {
  return move(state, { ...outgoing, local }, [])
}

/** Invitations that are out are taken back. */
export function withdraw(outgoing: Outgoing, reason: CancelReason): readonly CallEffect[] {
  return isInviting(outgoing) ? [{ kind: 'send-cancel', callId: outgoing.callId, reason, to: 'invited' }] : []
}

function isInviting({ stage }: Outgoing): boolean {
  return stage === 'inviting' || stage === 'ringing'
}
