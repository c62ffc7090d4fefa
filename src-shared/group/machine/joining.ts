/** From the person's yes until somebody adds this device (section 6). Nothing leaves but the Join. */
import type { MediaChoice } from '../../ipc/snapshot.ts'
import type { UnixMs } from '../../base/time.ts'
import type { CoreEvent, RoomEvent } from './events.ts'
import { begin } from './inside.ts'
import { memberOf } from './roster.ts'
import type { GroupEffect } from './effects.ts'
import type { GroupId, GroupState, Joining, Upgrade } from './state.ts'
import { end, move, stay, type Transition } from './transition.ts'

export function enter(
  state: GroupState,
  groupId: GroupId,
  { local, sentAt, upgrade }: { local: MediaChoice; sentAt: UnixMs; upgrade: Upgrade | undefined },
  effects: readonly GroupEffect[] = [],
): Transition {
  const joining: Joining = {
    kind: 'joining',
    groupId,
    sentAt,
    local,
    stage: 'opening',
    join: undefined,
    present: [],
    memberKeys: [],
    upgrade,
  }
  return move(state, joining, [...effects, { kind: 'open-room', groupId }])
}

export function roomEntered(
  state: GroupState,
  joining: Joining,
  { chain }: RoomEvent & { kind: 'room-entered' },
): Transition {
  const { groupId, stage, join } = joining
  // Who is there was said when it came into the room.
  const present = stage === 'empty' || stage === 'outside' ? joining.present : []
  switch (chain) {
    case 'wrong':
      return end(state, 'insecure')
    case 'closed':
      return end(state, 'everyone-left')
    case 'none':
    case 'outside':
      return move(state, { ...joining, stage: chain === 'none' ? 'empty' : 'outside', present })
    case 'good': {
      return join === undefined
        ? move(state, { ...joining, stage: 'making', present }, [{ kind: 'make-join', groupId }])
        : move(state, { ...joining, stage: 'asking', present }, [{ kind: 'send-join', groupId }])
    }
  }
}

export function roomLost(state: GroupState, joining: Joining): Transition {
  return move(state, { ...joining, stage: 'opening', present: [] })
}

export function joinMade(state: GroupState, joining: Joining, { join }: CoreEvent & { kind: 'join-made' }): Transition {
  if (joining.stage !== 'making') return stay(state)
  const { groupId } = joining
  return move(state, { ...joining, stage: 'asking', join }, [{ kind: 'send-join', groupId }])
}

export function repeatJoin(state: GroupState, { groupId, stage }: Joining): Transition {
  return stage === 'asking' ? { state, effects: [{ kind: 'send-join', groupId }] } : stay(state)
}

export function rosterChanged(
  state: GroupState,
  joining: Joining,
  event: RoomEvent & { kind: 'roster-changed' },
): Transition {
  const { self } = state
  const { groupId, join, stage } = joining
  if (join !== undefined && memberOf(event.roster, self)?.join === join) return begin(state, joining, event)
  const spent = event.changes.some(
    (change) => (change.kind === 'added' || change.kind === 'removed') && change.device === self,
  )
  if (join === undefined || !spent) return stay(state)
  // Something became of this device since its Join was made, which does not count any more.
  return stage === 'asking'
    ? move(state, { ...joining, stage: 'making', join: undefined }, [{ kind: 'make-join', groupId }])
    : move(state, { ...joining, join: undefined })
}

/** Section 6: gives up after 30 s. */
export function gaveUp(state: GroupState, { stage }: Joining): Transition {
  switch (stage) {
    case 'opening':
      return end(state, 'connection-lost')
    case 'empty':
      return end(state, 'everyone-left')
    case 'outside':
    case 'making':
    case 'asking':
      return end(state, 'not-admitted')
  }
}
