/** What this device wants changed in the chain, until the chain has it: who asks to be let in, and what the person wants. */
import type { GroupEffect } from './effects.ts'
import type { MemberEvent, RoomEvent } from './events.ts'
import { type Change, type EntryToMake, isHost, mayInvite, memberOf, type Roster } from './roster.ts'
import { lacksEntries } from './running.ts'
import type { GroupState, Inside, PendingJoin } from './state.ts'
import { move, stay, submit, type Transition } from './transition.ts'

/** Section 6, "Who adds". It is heard again every 2 s, so nothing is lost where it does not fit now. */
export function joinArrived(
  state: GroupState,
  call: Inside,
  { device, account, join, byLink }: MemberEvent & { kind: 'join-arrived' },
): Transition {
  const asking: PendingJoin = { device, account, join, byLink }
  if (!mayBeAdded(state, call, asking)) return stay(state)
  const under = call.wanted.some((entry) => entry.op === 'add' && entry.join === join)
  if (under || call.joins.some((other) => other.join === join)) return stay(state)
  return move(state, { ...call, joins: [...call.joins.filter((other) => other.device !== device), asking] })
}

function mayBeAdded({ self }: GroupState, { roster, admitted }: Inside, asking: PendingJoin): boolean {
  const { device, account, join, byLink } = asking
  if (device === self || memberOf(roster, device)?.join === join) return false
  // R38: a host, who let it in.
  return byLink ? isHost(roster, self) && admitted.includes(device) : roster.invited.includes(account)
}

/** R33: all that gathered, together. */
export function addGathered(state: GroupState, call: Inside): Transition {
  const adds = call.joins
    .filter((asking) => mayBeAdded(state, call, asking))
    .map(({ device, account, join }): EntryToMake => ({ op: 'add', device, account, join }))
  const others = call.wanted.filter(
    (entry) => entry.op !== 'add' || !adds.some((add) => add.op === 'add' && add.device === entry.device),
  )
  return move(
    state,
    { ...call, joins: [], wanted: [...others, ...adds] },
    call.roomOpen ? submit(call.groupId, ...adds) : [],
  )
}

/** Asked for by the person. Removes go out at once, as all (R33). */
export function want(state: GroupState, call: Inside, entries: readonly EntryToMake[]): Transition {
  const fresh = entries.filter(
    (entry) => isOpen(state, call.roster, entry) && !call.wanted.some((old) => same(old, entry)),
  )
  return move(
    state,
    { ...call, wanted: [...call.wanted, ...fresh] },
    call.roomOpen ? submit(call.groupId, ...fresh) : [],
  )
}

/** After the chain has grown: what is still wanted goes again at once, as it was made for a place that is taken. */
export function stillWanted(state: GroupState, call: Inside, changes: readonly Change[]): readonly EntryToMake[] {
  return call.wanted.filter(
    (entry) => isOpen(state, call.roster, entry) && !changes.some((change) => did(change, entry)),
  )
}

function did(change: Change, entry: EntryToMake): boolean {
  // Whatever became of the device since: that Join counts no more.
  if (entry.op === 'add') return change.kind !== 'invited' && change.device === entry.device
  if (entry.op === 'remove') return change.kind === 'removed' && change.device === entry.device
  return false
}

/** The chain does not have it, and this device may still make it. */
function isOpen({ self }: GroupState, roster: Roster, entry: EntryToMake): boolean {
  switch (entry.op) {
    case 'create':
      return false
    case 'invite':
      return mayInvite(roster, self) && !roster.invited.includes(entry.account)
    case 'add':
      return (
        memberOf(roster, entry.device)?.join !== entry.join &&
        (roster.invited.includes(entry.account) || isHost(roster, self))
      )
    case 'remove':
      return memberOf(roster, entry.device) !== undefined && (entry.reason !== 'removed' || isHost(roster, self))
    case 'host': {
      const member = memberOf(roster, entry.device)
      return member !== undefined && member.host !== entry.on && isHost(roster, self)
    }
  }
}

function same(a: EntryToMake, b: EntryToMake): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Another was first: `submit-again`, or the next entry, tries once more. What will never count is given up, but for Removes. */
export function refused(
  state: GroupState,
  call: Inside,
  { retry, length: roomLength }: RoomEvent & { kind: 'submit-refused' },
): Transition {
  if (retry) return move(state, { ...call, roomLength })
  return move(state, { ...call, roomLength, wanted: call.wanted.filter(({ op }) => op === 'remove'), inviting: [] })
}

/** Adds are not insisted on: who still wants to be let in says so every 2 s, perhaps with another Join. */
export function submitAgain(state: GroupState, call: Inside): Transition {
  const { groupId, roomOpen, wanted } = call
  const kept = wanted.filter(({ op }) => op !== 'add')
  if (!roomOpen) return move(state, { ...call, wanted: kept })
  // Who began to bring the chain back may be gone.
  const lacks: GroupEffect[] = lacksEntries(call) ? [{ kind: 'submit-chain', groupId, from: call.roomLength }] : []
  return move(state, { ...call, wanted: kept }, [...lacks, ...submit(groupId, ...wanted)])
}
