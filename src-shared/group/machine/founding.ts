/** A new call: who is invited is looked up, the room opened, Create and the first Invites submitted together. */
import type { RoomEvent, ServiceEvent, UserEvent } from './events.ts'
import { begin } from './inside.ts'
import { type EntryToMake, memberOf } from './roster.ts'
import { type Founding, type GroupState, occupies } from './state.ts'
import { end, move, stay, submit, type Transition } from './transition.ts'

export function found(state: GroupState, { groupId, media, upgrade }: UserEvent & { kind: 'user-found' }): Transition {
  if (occupies(state.call)) return stay(state)
  const founding: Founding = {
    kind: 'founding',
    groupId,
    stage: 'preparing',
    local: media,
    join: undefined,
    invite: [],
    upgrade: upgrade && { ...upgrade, done: false },
  }
  return move(state, founding, [{ kind: 'prepare', groupId }])
}

export function prepared(
  state: GroupState,
  founding: Founding,
  { accounts, join }: ServiceEvent & { kind: 'prepared' },
): Transition {
  if (founding.stage !== 'preparing') return stay(state)
  const { groupId, upgrade } = founding
  const invite = new Set([...(upgrade ? [upgrade.account] : []), ...accounts])
  invite.delete(state.account)
  return move(state, { ...founding, stage: 'opening', join, invite: [...invite] }, [{ kind: 'open-room', groupId }])
}

export function roomEntered(
  state: GroupState,
  founding: Founding,
  { length }: RoomEvent & { kind: 'room-entered' },
): Transition {
  // Nobody else can found a room of this name.
  if (length > 0) return end(state, 'failed')
  const { groupId, invite, stage } = founding
  if (stage === 'preparing') return stay(state)
  const entries = [{ op: 'create' } as const, ...invite.map((account): EntryToMake => ({ op: 'invite', account }))]
  return move(state, { ...founding, stage: 'creating' }, submit(groupId, ...entries))
}

export function rosterChanged(
  state: GroupState,
  founding: Founding,
  event: RoomEvent & { kind: 'roster-changed' },
): Transition {
  const isIn = memberOf(event.roster, state.self)?.join === founding.join
  return founding.join !== undefined && isIn ? begin(state, founding, event) : stay(state)
}
