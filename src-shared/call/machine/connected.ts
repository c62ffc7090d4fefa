/** The call once both have keys: life and death of the connection, media choices, rekey. The direct path has a file of its own. */
import type { MediaChoice } from '../../ipc/snapshot.ts'
import type { EndReason as End } from '../../protocol/control-record.ts'
import { LAST_GENERATION } from '../../crypto/key-schedule.ts'
import { closeDirect, offerAgain, offerDirect, pathOffered, pathRemoved } from './direct.ts'
import type { CallEffect, ControlToSend } from './effects.ts'
import type { ControlMessage } from './events.ts'
import { peerHeard, waitForPeer } from './liveness.ts'
import { type Connected, type DeviceState, type Incoming, type Outgoing, remember, usesDirect } from './state.ts'
import { cancelTimer, end, followedBy, move, startTimer, stay, type Transition } from './transition.ts'

/** R20: the first Accept that verified. Confirm goes first, whatever else follows. */
export function connectAsCaller(
  state: DeviceState,
  outgoing: Outgoing,
  account: string,
  device: string,
  remote: MediaChoice,
): Transition {
  const { callId, local, relayOpen } = outgoing
  const call = connected({ callId, role: 'caller', device, account, sentAt: undefined, local, remote, relayOpen })
  const begun = move(state, call, [
    cancelTimer(callId, 'no-answer'),
    send(callId, { type: 'confirm' }),
    { kind: 'set-receiver', callId },
    { kind: 'give-keys', callId },
    send(callId, { type: 'media', media: local }),
    { kind: 'send-cancel', callId, reason: 'answered-elsewhere', to: 'others' },
    startTimer(callId, 'silence'),
    startTimer(callId, 'keep-alive'),
    startTimer(callId, 'rekey'),
  ])
  return state.hideAddress ? begun : followedBy(begun, (next, at) => offerDirect(next, at))
}

/** Confirm verified: the caller lives (3.7). */
export function connectAsCallee(state: DeviceState, incoming: Incoming): Transition {
  const { callId, from, account, sentAt, local, remote, relayOpen } = incoming
  return move(state, connected({ callId, role: 'callee', device: from, account, sentAt, local, remote, relayOpen }), [
    cancelTimer(callId, 'confirm'),
    cancelTimer(callId, 'repeat-accept'),
    // Also the first sign of life for the caller. The choice may have changed since the Accept named it.
    send(callId, { type: 'media', media: local }),
    { kind: 'send-profile', callId },
    startTimer(callId, 'silence'),
    startTimer(callId, 'keep-alive'),
  ])
}

function connected(start: Omit<Connected, 'kind' | 'live' | 'direct' | 'generation' | 'rekeying'>): Connected {
  return {
    kind: 'connected',
    ...start,
    live: true,
    direct: { kind: 'none', last: 0, failures: 0 },
    generation: 0,
    rekeying: false,
  }
}

/** A record of the peer opened: it is there. */
export function control(state: DeviceState, call: Connected, message: ControlMessage): Transition {
  const { callId } = call
  const alive: Connected = { ...call, live: true }
  const heard = peerHeard(state, call)
  switch (message.type) {
    case 'media':
      return followedBy(heard, (next) =>
        move(next, { ...alive, remote: message.media }, [{ kind: 'show-remote-media', callId, media: message.media }]),
      )
    case 'path-offer':
      return followedBy(heard, (next) => pathOffered(next, alive, message.pathId, message.endpoint))
    case 'path-remove':
      return followedBy(heard, (next) => pathRemoved(next, alive, message.pathId))
    case 'rekey-offer':
      if (call.role !== 'callee') return heard
      return followedBy(heard, (next) => ({
        state: next,
        effects: [{ kind: 'answer-rekey', callId, offer: message.offer }],
      }))
    case 'rekey-answer':
      if (call.role !== 'caller' || !call.rekeying) return heard
      return followedBy(heard, (next) => ({
        state: next,
        effects: [{ kind: 'finish-rekey', callId, answer: message.answer }],
      }))
    case 'rekey-request':
      return call.role === 'caller' ? followedBy(heard, rekey) : heard
    case 'end':
      return end(state, peerEnded(message.end))
    case 'cancel':
      return end(state, 'hung-up')
    case 'confirm':
    case 'keep-alive':
    case 'profile':
      return heard
  }
}

function peerEnded(reason: End): 'hung-up' | 'connection-lost' | 'insecure' {
  switch (reason) {
    case 'hung-up':
      return 'hung-up'
    case 'failed':
      return 'connection-lost'
    case 'attack':
      return 'insecure'
  }
}

/** R36: nothing is said and nothing noted; the group call takes all of it over. */
export function moved(state: DeviceState, { callId }: Connected): Transition {
  const finished = remember(state.finished, { callId, by: undefined, missed: undefined })
  return {
    state: { ...state, call: { kind: 'idle' }, finished },
    effects: [
      { kind: 'cancel-all-timers', callId },
      { kind: 'release', callId },
    ],
  }
}

export function hangUp(state: DeviceState, call: Connected): Transition {
  return end(state, 'hung-up', tell(call, 'hung-up'))
}

/** R16: on the relay's reliable stream damage is an attack or a defect. */
export function damaged(state: DeviceState, call: Connected): Transition {
  return end(state, 'insecure', tell(call, 'attack'))
}

/** Over the call's own paths; where none answers, mail may still get through. */
function tell(call: Connected, reason: End): readonly CallEffect[] {
  const { callId } = call
  const record = send(callId, { type: 'end', end: reason })
  const reachable = call.live && (call.relayOpen || usesDirect(call))
  return reachable ? [record] : [record, { kind: 'send-cancel', callId, reason: 'withdrawn', to: 'peer' }]
}

export function relayOpened(state: DeviceState, call: Connected): Transition {
  const { callId } = call
  const offered = offerAgain(state, { ...call, relayOpen: true })
  return {
    state: offered.state,
    effects: [
      { kind: 'set-receiver', callId },
      { kind: 'resend-control', callId },
      // Says at once that this side is back.
      send(callId, { type: 'keep-alive' }),
      ...offered.effects,
    ],
  }
}

export function relayLost(state: DeviceState, call: Connected): Transition {
  return lostPath(state, { ...call, relayOpen: false })
}

export function peerLeft(state: DeviceState, call: Connected): Transition {
  return lostPath(state, call)
}

/** Of the two paths one is gone; the call waits for the other side unless the direct path carries it. */
function lostPath(state: DeviceState, call: Connected): Transition {
  return usesDirect(call) ? move(state, call, []) : waitForPeer(state, call)
}

export function peerStayedAway(state: DeviceState, call: Connected): Transition {
  return end(state, 'connection-lost', tell(call, 'failed'))
}

export function keepAlive(state: DeviceState, { callId }: Connected): Transition {
  return { state, effects: [startTimer(callId, 'keep-alive'), send(callId, { type: 'keep-alive' })] }
}

export function chooseMedia(state: DeviceState, call: Connected, local: MediaChoice): Transition {
  return move(state, { ...call, local }, [send(call.callId, { type: 'media', media: local })])
}

export function hideAddress(state: DeviceState, call: Connected): Transition {
  if (state.hideAddress) return closeDirect(state, call, 'for-good')
  if (call.direct.kind !== 'none') return stay(state)
  return offerDirect(state, { ...call, direct: { ...call.direct, failures: 0 } })
}

/**
 * The media worker lost its replay windows and roll-over counters: under the same keys it would take again what it had before, and
 * could not open a stream whose numbers went round. Section 5: new keys.
 */
export function mediaRestarted(state: DeviceState, call: Connected): Transition {
  if (call.role === 'caller') return rekey(state, call)
  return { state, effects: [send(call.callId, { type: 'rekey-request' })] }
}

/** Section 5: the caller's part, every hour, after a suspend and when the callee asks for it. */
export function rekey(state: DeviceState, call: Connected): Transition {
  if (call.role !== 'caller' || call.rekeying) return stay(state)
  // R39: there is no generation after the last.
  if (call.generation >= LAST_GENERATION) return end(state, 'failed', tell(call, 'failed'))
  const { callId } = call
  return move(state, { ...call, rekeying: true }, [cancelTimer(callId, 'rekey'), { kind: 'offer-rekey', callId }])
}

export function rekeyed(state: DeviceState, call: Connected, generation: number): Transition {
  const { callId } = call
  return move(state, { ...call, generation, rekeying: false }, [
    { kind: 'give-keys', callId },
    startTimer(callId, 'old-keys'),
    ...(call.role === 'caller' ? [startTimer(callId, 'rekey')] : []),
  ])
}

function send(callId: string, message: ControlToSend): CallEffect {
  return { kind: 'send-control', callId, message }
}
