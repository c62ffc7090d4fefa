/** In and out of the room, and who else is there. A member that is not there for 30 s is removed as lost (R34). */
import type { RoomEvent } from './events.ts'
import type { GroupEffect } from './effects.ts'
import { missingShares, personOf } from './key-state.ts'
import type { GroupState, Inside } from './state.ts'
import { end, move, restart, stay, submit, type Transition } from './transition.ts'

/** What the chain brought came before. Who was first to come back to an empty room brings it the chain. */
export function roomEntered(
  state: GroupState,
  call: Inside,
  { length, chain }: RoomEvent & { kind: 'room-entered' },
): Transition {
  const { groupId, roster, wanted } = call
  // A chain came into the empty room; or this device was added with what the room brought.
  if (call.roomOpen) return stay(state)
  if (chain === 'outside') return roomRefused(state)
  // Somebody else's Head is awaited before anything is sent: while this device was away, anybody may have been removed.
  return move(state, { ...call, roomOpen: true, roomLength: length, present: [], confirmed: false, asked: 0 }, [
    ...(length < roster.length ? [{ kind: 'submit-chain', groupId, from: length } as const] : []),
    ...submit(groupId, ...wanted),
    { kind: 'send-member-key', groupId, epoch: roster.epoch, to: undefined },
    { kind: 'send-head', groupId, to: undefined },
  ])
}

export function roomLost(state: GroupState, call: Inside): Transition {
  return call.roomOpen ? move(state, { ...call, roomOpen: false, forked: false, joins: [] }) : stay(state)
}

/** Out for good: the chain names this device no more, nor its account. */
export function roomRefused(state: GroupState): Transition {
  return end(state, 'removed')
}

/** Who comes needs the own MemberKey for the epoch in which it is added, and a Head to know whether its chain is that of the others. */
export function entered(state: GroupState, call: Inside, device: string): Transition {
  const { groupId, roster, present } = call
  const next: Inside = {
    ...call,
    // Again for who came over another connection: what was sent to it in between may be lost.
    present: [...present.filter((other) => other !== device), device],
    // It is there after all.
    wanted: call.wanted.filter((entry) => entry.op !== 'remove' || entry.device !== device || entry.reason !== 'lost'),
  }
  const missing = missingShares(next).includes(device)
  const effects: GroupEffect[] = [
    { kind: 'send-member-key', groupId, epoch: roster.epoch, to: device },
    ...(personOf(call, device) ? [{ kind: 'send-head', groupId, to: device } as const] : []),
    ...(missing ? [restart(groupId, 'request')] : []),
  ]
  return move(state, { ...next, asked: missing ? 0 : call.asked }, effects)
}

export function left(state: GroupState, call: Inside, device: string): Transition {
  const { present, joins } = call
  return move(state, {
    ...call,
    present: present.filter((other) => other !== device),
    joins: joins.filter((join) => join.device !== device),
    wanted: call.wanted.filter((entry) => entry.op !== 'add' || entry.device !== device),
  })
}

export function removeLost(state: GroupState, call: Inside, device: string | undefined): Transition {
  const { groupId, wanted, present } = call
  if (device === undefined || personOf(call, device) === undefined || present.includes(device)) return stay(state)
  const entry = { op: 'remove', device, reason: 'lost' } as const
  return move(state, { ...call, wanted: [...wanted, entry] }, submit(groupId, entry))
}

export function sendHead(state: GroupState, call: Inside): Transition {
  const { groupId, roomOpen } = call
  return roomOpen ? { state, effects: [{ kind: 'send-head', groupId, to: undefined }] } : stay(state)
}

/** R30: this chain is kept, and can no longer grow. Unless the room comes back with it, the person has to begin anew. */
export function forked(state: GroupState, call: Inside): Transition {
  const { groupId } = call
  if (call.forked) return stay(state)
  return move(state, { ...call, forked: true }, [{ kind: 'announce', groupId, what: { kind: 'room-forked' } }])
}
