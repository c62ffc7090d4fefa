/** One device, one event. What ends a call stands first; what does not fit the state changes nothing. */
import { unreachable } from '../../base/result.ts'
import * as connected from './connected.ts'
import * as direct from './direct.ts'
import type { CallEvent, MailEvent, TimerEvent } from './events.ts'
import * as incoming from './incoming.ts'
import { calledBack, invited } from './invitation.ts'
import * as outgoing from './outgoing.ts'
import { waitForPeer } from './liveness.ts'
import type { DeviceState } from './state.ts'
import { cancelledAs, end, endedUnseen, move, stay, type Transition } from './transition.ts'

/** About the device, or about a call that it may not know. */
const OF_DEVICE = ['invite', 'called-back', 'cancel', 'answered', 'user-call', 'hide-address', 'resumed'] as const
type OfDevice = Extract<CallEvent, { kind: (typeof OF_DEVICE)[number] }>
type OfCall = Exclude<CallEvent, OfDevice>

export function step(state: DeviceState, event: CallEvent): Transition {
  if (isOfDevice(event)) return ofDevice(state, event)
  const { call } = state
  // The rest is late news of a call that is over.
  return call.kind !== 'idle' && call.callId === event.callId ? ofCall(state, event) : stay(state)
}

function isOfDevice(event: CallEvent): event is OfDevice {
  return OF_DEVICE.some((kind) => kind === event.kind)
}

function ofDevice(state: DeviceState, event: OfDevice): Transition {
  switch (event.kind) {
    case 'invite':
      return invited(state, event.invitation)
    case 'called-back':
      return calledBack(state, event)
    case 'cancel':
      return cancelled(state, event)
    case 'answered':
      return answered(state, event)
    case 'user-call':
      return outgoing.call(state, event)
    case 'hide-address': {
      const next = { ...state, hideAddress: event.hide }
      return next.call.kind === 'connected' ? connected.hideAddress(next, next.call) : stay(next)
    }
    case 'resumed':
      return state.call.kind === 'connected' ? connected.rekey(state, state.call) : stay(state)
    default:
      return unreachable(event)
  }
}

function ofCall(state: DeviceState, event: OfCall): Transition {
  const { call } = state
  switch (event.kind) {
    // Ends first
    case 'user-end':
      if (call.kind === 'outgoing') return end(state, 'cancelled', outgoing.withdraw(call, 'withdrawn'))
      if (call.kind === 'incoming') return incoming.hangUp(state, call)
      return call.kind === 'connected' ? connected.hangUp(state, call) : stay(state)
    case 'moved':
      return call.kind === 'connected' ? connected.moved(state, call) : stay(state)
    case 'user-decline':
      return call.kind === 'incoming' ? incoming.decline(state, call) : stay(state)
    case 'record-damaged':
      if (call.kind === 'incoming') return incoming.giveUp(state, call, 'insecure')
      return call.kind === 'connected' ? connected.damaged(state, call) : stay(state)
    case 'rekey-refused':
      return call.kind === 'connected' ? connected.damaged(state, call) : stay(state)
    case 'set-up-failed':
      return call.kind === 'outgoing' ? outgoing.setUpFailed(state, call, event.reason) : stay(state)
    case 'accept-failed':
      return call.kind === 'incoming' ? incoming.giveUp(state, call, event.reason) : stay(state)
    case 'accept-refused':
      return call.kind === 'outgoing' ? outgoing.acceptRefused(state, call) : stay(state)
    case 'reply':
      if (call.kind === 'outgoing') return outgoing.replied(state, call, event)
      // The callee gave up before it saw Confirm.
      return call.kind === 'connected' && call.device === event.from && event.answer === 'declined'
        ? end(state, 'hung-up')
        : stay(state)
    case 'control':
      if (call.kind === 'incoming') return incoming.control(state, call, event.message)
      return call.kind === 'connected' ? connected.control(state, call, event.message) : stay(state)
    case 'timer':
      return timerFired(state, event)
    // Then progress
    case 'user-accept':
      return call.kind === 'incoming' ? incoming.accept(state, call, event.media) : stay(state)
    case 'user-media':
      if (call.kind === 'outgoing') return outgoing.chooseMedia(state, call, event.media)
      if (call.kind === 'incoming') return incoming.chooseMedia(state, call, event.media)
      return call.kind === 'connected' ? connected.chooseMedia(state, call, event.media) : stay(state)
    case 'media-restarted':
      return call.kind === 'connected' ? connected.mediaRestarted(state, call) : stay(state)
    case 'user-dismiss':
      return call.kind === 'ended' ? move(state, { kind: 'idle' }, []) : stay(state)
    case 'resolved':
      return call.kind === 'outgoing' ? outgoing.resolved(state, call, event.account) : stay(state)
    case 'prepared':
      return call.kind === 'outgoing' ? outgoing.prepared(state, call) : stay(state)
    case 'accept-made':
      return call.kind === 'incoming' ? incoming.acceptMade(state, call) : stay(state)
    case 'accept-arrived':
      if (call.kind === 'outgoing') return outgoing.acceptArrived(state, call, event.accept)
      // The callee still repeats its Accept, so it lacks Confirm.
      return call.kind === 'connected' && call.role === 'caller'
        ? { state, effects: [{ kind: 'resend-control', callId: call.callId }] }
        : stay(state)
    case 'accept-verified':
      return call.kind === 'outgoing' ? outgoing.acceptVerified(state, call, event) : stay(state)
    case 'rekeyed':
      return call.kind === 'connected' ? connected.rekeyed(state, call, event.generation) : stay(state)
    case 'relay-opened':
      if (call.kind === 'outgoing') return move(state, { ...call, relayOpen: true }, [])
      if (call.kind === 'incoming') return incoming.relayOpened(state, call)
      return call.kind === 'connected' ? connected.relayOpened(state, call) : stay(state)
    case 'relay-lost':
      if (call.kind === 'outgoing' || call.kind === 'incoming') return move(state, { ...call, relayOpen: false }, [])
      return call.kind === 'connected' ? connected.relayLost(state, call) : stay(state)
    case 'peer-left':
      return call.kind === 'connected' ? connected.peerLeft(state, call) : stay(state)
    case 'direct-local':
      return call.kind === 'connected' ? direct.localEndpoint(state, call, event.pathId, event.endpoint) : stay(state)
    case 'direct-opened':
      return call.kind === 'connected' ? direct.opened(state, call, event.pathId) : stay(state)
    case 'direct-heard':
      return call.kind === 'connected' ? direct.heard(state, call, event.pathId) : stay(state)
    case 'path-proof':
      return call.kind === 'connected' ? direct.proved(state, call, event.pathId, event.valid) : stay(state)
    case 'direct-quiet':
      return call.kind === 'connected' ? direct.fellQuiet(state, call, event.pathId) : stay(state)
    case 'direct-back':
      return call.kind === 'connected' ? direct.cameBack(state, call, event.pathId) : stay(state)
    case 'direct-lost':
      return call.kind === 'connected' ? direct.lost(state, call, event.pathId) : stay(state)
    default:
      return unreachable(event)
  }
}

/** R24: only the calling device takes its call back. The other way round a device that was called reports that it failed. */
function cancelled(state: DeviceState, { callId, from, reason }: MailEvent & { kind: 'cancel' }): Transition {
  const { call } = state
  if (call.kind === 'idle' || call.callId !== callId) return endedUnseen(state, callId, from, cancelledAs(reason))
  switch (call.kind) {
    case 'outgoing':
      return end(state, 'failed', outgoing.withdraw(call, 'withdrawn'))
    case 'incoming':
      return call.from === from ? end(state, cancelledAs(reason)) : stay(state)
    case 'connected':
      return call.device === from ? end(state, 'hung-up') : stay(state)
    case 'ended':
      return stay(state)
  }
}

/** Two devices of one account that both said yes both send Answered; then the caller's choice decides, not this (R20). */
function answered(state: DeviceState, { callId }: MailEvent & { kind: 'answered' }): Transition {
  const { call } = state
  if (call.kind === 'idle' || call.callId !== callId) {
    return endedUnseen(state, callId, undefined, 'answered-elsewhere')
  }
  return call.kind === 'incoming' && call.stage === 'ringing' ? end(state, 'answered-elsewhere') : stay(state)
}

function timerFired(state: DeviceState, { callId, timer }: TimerEvent): Transition {
  const { call } = state
  switch (timer) {
    case 'set-up':
      return call.kind === 'outgoing' ? end(state, 'offline', outgoing.withdraw(call, 'timeout')) : stay(state)
    case 'no-answer':
      return call.kind === 'outgoing' ? outgoing.noAnswer(state, call) : stay(state)
    case 'ring':
      return call.kind === 'incoming' && call.stage === 'ringing' ? end(state, 'no-answer') : stay(state)
    case 'relay-wait':
    case 'confirm':
      return call.kind === 'incoming' ? incoming.giveUp(state, call) : stay(state)
    case 'reconnect':
      return call.kind === 'connected' && !call.live ? connected.peerStayedAway(state, call) : stay(state)
    case 'silence':
      return call.kind === 'connected' ? waitForPeer(state, call) : stay(state)
    case 'repeat-accept':
      return call.kind === 'incoming' ? incoming.repeatAccept(state, call) : stay(state)
    case 'keep-alive':
      return call.kind === 'connected' ? connected.keepAlive(state, call) : stay(state)
    case 'direct-attempt':
    case 'direct-silence':
      return call.kind === 'connected' ? direct.closeDirect(state, call, 'lost') : stay(state)
    case 'direct-quiet':
      return call.kind === 'connected' ? direct.stayedQuiet(state, call) : stay(state)
    case 'direct-retry':
      return call.kind === 'connected' ? direct.offerDirect(state, call) : stay(state)
    case 'rekey':
      return call.kind === 'connected' ? connected.rekey(state, call) : stay(state)
    case 'old-keys':
      return { state, effects: [{ kind: 'drop-old-keys', callId }] }
    default:
      return unreachable(timer)
  }
}
