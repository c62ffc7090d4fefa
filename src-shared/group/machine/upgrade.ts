/** A 1:1 call that goes on as this one (R36). Until both have each other's keys, it stays as it is: whatever fails here costs nothing there. */
import type { OneToOneEvent } from './events.ts'
import { enter } from './joining.ts'
import { leave } from './leaving.ts'
import { type GroupState, type Inside, occupies } from './state.ts'
import { move, stay, type Transition } from './transition.ts'

/** The peer's side: its person is not asked again. */
export function joined(state: GroupState, { groupId, media, from }: OneToOneEvent & { kind: 'upgraded' }): Transition {
  if (occupies(state.call)) return stay(state)
  return enter(state, groupId, { local: media, sentAt: 0, upgrade: { ...from, done: false } })
}

/** The other side did not come in time: the 1:1 call goes on. */
export function failed(state: GroupState, call: Inside): Transition {
  return call.upgrade === undefined || call.upgrade.done ? stay(state) : leave(state, call, 'failed')
}

export function finished(state: GroupState, call: Inside): Transition {
  const { groupId, upgrade } = call
  if (upgrade === undefined) return stay(state)
  return move(state, { ...call, upgrade: undefined }, [{ kind: 'finish-one-to-one', groupId, callId: upgrade.callId }])
}

/** It ended by itself meanwhile: this is a group call like any other. */
export function released(state: GroupState): Transition {
  const { call } = state
  if (call.kind !== 'founding' && call.kind !== 'joining' && call.kind !== 'inside') return stay(state)
  return move(state, { ...call, upgrade: undefined })
}
