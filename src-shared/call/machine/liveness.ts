/** The other side is out of reach: the user sees "reconnecting", and the wait has an end. */
import type { Connected, DeviceState } from './state.ts'
import { cancelTimer, move, startTimer, type Transition } from './transition.ts'

/** It is there. */
export function peerIsBack(state: DeviceState, call: Connected): Transition {
  if (call.live) return move(state, call, [])
  const { callId } = call
  return move(state, { ...call, live: true }, [cancelTimer(callId, 'reconnect'), startTimer(callId, 'silence')])
}

export function waitForPeer(state: DeviceState, call: Connected): Transition {
  if (!call.live) return move(state, call, [])
  const { callId } = call
  return move(state, { ...call, live: false }, [cancelTimer(callId, 'silence'), startTimer(callId, 'reconnect')])
}
