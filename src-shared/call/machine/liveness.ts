/** Whether the other side is there. */
import type { Connected, DeviceState } from './state.ts'
import { cancelTimer, move, startTimer, type Transition } from './transition.ts'

/** Something that only the other side can have sent: it is there. */
export function peerHeard(state: DeviceState, call: Connected): Transition {
  const { callId, live } = call
  return move(state, { ...call, live: true }, [
    ...(live ? [] : [cancelTimer(callId, 'reconnect')]),
    startTimer(callId, 'silence'),
  ])
}

/** It is out of reach: the user sees "reconnecting", and the wait has an end. */
export function waitForPeer(state: DeviceState, call: Connected): Transition {
  if (!call.live) return move(state, call, [])
  const { callId } = call
  return move(state, { ...call, live: false }, [cancelTimer(callId, 'silence'), startTimer(callId, 'reconnect')])
}
