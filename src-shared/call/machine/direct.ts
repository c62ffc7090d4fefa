/**
 * The direct path (R26): the caller offers, the callee answers, both prove that the path belongs to this session. A side sends media on it
 * once the peer's proof verified and the peer has shown that it took this side's: then nothing is dropped at the change.
 * The relay stays open beneath it, and takes over when nothing comes over the direct path. That is kept for a while: where the network
 * itself was away, it is the first to carry again.
 */
import { peerHeard, waitForPeer } from './liveness.ts'
import type { CallEffect } from './effects.ts'
import { type Connected, type DeviceState, type DirectPath, isAgreed, usesDirect } from './state.ts'
import { DIRECT_ATTEMPTS } from './timers.ts'
import { cancelTimer, followedBy, move, startTimer, stay, type Transition } from './transition.ts'

type Open = DirectPath & { readonly kind: 'open' }

/** Only the caller offers, so that both never do at once. */
export function offerDirect(state: DeviceState, call: Connected): Transition {
  if (call.role !== 'caller' || call.direct.kind !== 'none' || state.hideAddress) return stay(state)
  const pathId = call.direct.last + 1
  return move(state, { ...call, direct: opening(call.direct, pathId, false) }, [
    startTimer(call.callId, 'direct-attempt'),
    { kind: 'open-direct', callId: call.callId, pathId, role: 'offerer' },
  ])
}

/** At once: the relay is back, and an offer of before may never have come to the peer; or a path stayed quiet. */
export function offerAgain(state: DeviceState, call: Connected): Transition {
  const { direct } = call
  const isUnanswered = direct.kind === 'none' && direct.failures > 0 && direct.failures < DIRECT_ATTEMPTS
  return isUnanswered ? offerDirect(state, call) : move(state, call, [])
}

function opening({ failures }: DirectPath, pathId: number, answered: boolean): Open {
  return { kind: 'open', pathId, failures, answered, proven: false, taken: false, quiet: false }
}

export function localEndpoint(state: DeviceState, call: Connected, pathId: number, endpoint: number): Transition {
  if (openPath(call, pathId) === undefined) return stay(state)
  return {
    state,
    effects: [{ kind: 'send-control', callId: call.callId, message: { type: 'path-offer', pathId, endpoint } }],
  }
}

export function pathOffered(state: DeviceState, call: Connected, pathId: number, endpoint: number): Transition {
  if (state.hideAddress) return stay(state)
  const { callId, direct } = call
  const known = openPath(call, pathId)
  const connect: CallEffect = { kind: 'connect-direct', callId, pathId, endpoint }
  if (known !== undefined) return move(state, { ...call, direct: { ...known, answered: true } }, [connect])
  const last = direct.kind === 'open' ? direct.pathId : direct.last
  if (call.role === 'caller' || pathId <= last) return stay(state)
  const closed = direct.kind === 'open' ? closing(call, direct) : []
  return move(state, { ...call, direct: opening(direct, pathId, true) }, [
    ...closed,
    startTimer(callId, 'direct-attempt'),
    { kind: 'open-direct', callId, pathId, role: 'answerer' },
    connect,
  ])
}

export function opened(state: DeviceState, call: Connected, pathId: number): Transition {
  if (openPath(call, pathId) === undefined) return stay(state)
  return { state, effects: [{ kind: 'send-path-proof', callId: call.callId, pathId }] }
}

export function proved(state: DeviceState, call: Connected, pathId: number, valid: boolean): Transition {
  const path = openPath(call, pathId)
  if (path === undefined) return stay(state)
  // Somebody else's path: not tried again in this call.
  if (!valid) return closeDirect(state, call, 'for-good')
  const proven = progress(state, call, { ...path, proven: true })
  // A record on the path, so that the peer learns that its proof was taken.
  return {
    state: proven.state,
    effects: [...proven.effects, { kind: 'send-control', callId: call.callId, message: { type: 'keep-alive' } }],
  }
}

export function heard(state: DeviceState, call: Connected, pathId: number): Transition {
  const path = openPath(call, pathId)
  return path === undefined ? stay(state) : progress(state, call, { ...path, taken: true })
}

function progress(state: DeviceState, call: Connected, path: Open): Transition {
  const { callId } = call
  const next: Connected = { ...call, direct: path }
  if (!usesDirect(next)) return move(state, next, [])
  const alive = startTimer(callId, 'direct-silence')
  if (usesDirect(call)) return move(state, next, [alive])
  return move(state, { ...next, direct: { ...path, failures: 0 } }, [
    cancelTimer(callId, 'direct-attempt'),
    alive,
    { kind: 'show-path', callId, path: 'direct' },
  ])
}

/** A path that media do not take yet has nothing to wait for. */
export function fellQuiet(state: DeviceState, call: Connected, pathId: number): Transition {
  const path = openPath(call, pathId)
  if (path === undefined || path.quiet) return stay(state)
  if (!isAgreed(path)) return closeDirect(state, call, 'lost')
  const { callId } = call
  return withoutDirect(state, { ...call, direct: { ...path, quiet: true } }, [
    cancelTimer(callId, 'direct-silence'),
    startTimer(callId, 'direct-quiet'),
    { kind: 'show-path', callId, path: 'relay' },
  ])
}

/** The path's own encryption says that it is the peer: the other side is there, also if no record has come yet. */
export function cameBack(state: DeviceState, call: Connected, pathId: number): Transition {
  const path = openPath(call, pathId)
  if (path?.quiet !== true) return stay(state)
  const { callId } = call
  const back = peerHeard(state, { ...call, direct: { ...path, quiet: false } })
  return {
    state: back.state,
    effects: [
      cancelTimer(callId, 'direct-quiet'),
      startTimer(callId, 'direct-silence'),
      { kind: 'show-path', callId, path: 'direct' },
      ...back.effects,
    ],
  }
}

/** While the relay is away too, nothing is gained by closing it. */
export function stayedQuiet(state: DeviceState, call: Connected): Transition {
  if (!call.relayOpen || !call.live) return { state, effects: [startTimer(call.callId, 'direct-quiet')] }
  return followedBy(closeDirect(state, call, 'lost'), offerAgain)
}

export function pathRemoved(state: DeviceState, call: Connected, pathId: number): Transition {
  return openPath(call, pathId) === undefined ? stay(state) : closeDirect(state, call, 'removed')
}

export function lost(state: DeviceState, call: Connected, pathId: number): Transition {
  return openPath(call, pathId) === undefined ? stay(state) : closeDirect(state, call, 'lost')
}

/** `lost`: it died or never stood; `removed`: the peer says so; `for-good`: it must not come back. */
export function closeDirect(state: DeviceState, call: Connected, why: 'lost' | 'removed' | 'for-good'): Transition {
  const { callId, direct } = call
  if (direct.kind !== 'open') return stay(state)
  const failures = why === 'for-good' ? DIRECT_ATTEMPTS : direct.failures + 1
  const next: Connected = { ...call, direct: { kind: 'none', last: direct.pathId, failures } }
  const again = call.role === 'caller' && direct.answered && failures < DIRECT_ATTEMPTS
  const effects: CallEffect[] = [
    ...closing(call, direct),
    ...(why === 'removed'
      ? []
      : [{ kind: 'send-control', callId, message: { type: 'path-remove', pathId: direct.pathId } } as const]),
    ...(again ? [startTimer(callId, 'direct-retry')] : []),
  ]
  return usesDirect(call) ? withoutDirect(state, next, effects) : move(state, next, effects)
}

/** The relay carries the call, if it is there. */
function withoutDirect(state: DeviceState, next: Connected, effects: readonly CallEffect[]): Transition {
  if (next.relayOpen) return move(state, next, effects)
  const waiting = waitForPeer(state, next)
  return { state: waiting.state, effects: [...effects, ...waiting.effects] }
}

function closing(call: Connected, direct: Open): CallEffect[] {
  const { callId } = call
  return [
    cancelTimer(callId, 'direct-attempt'),
    cancelTimer(callId, 'direct-silence'),
    cancelTimer(callId, 'direct-quiet'),
    { kind: 'close-direct', callId, pathId: direct.pathId },
    ...(usesDirect(call) ? [{ kind: 'show-path', callId, path: 'relay' } as const] : []),
  ]
}

function openPath({ direct }: Connected, pathId: number): Open | undefined {
  return direct.kind === 'open' && direct.pathId === pathId ? direct : undefined
}
