/** A member: what the chain's growth means for it, from the entry that made it one. */
import type { GroupEffect } from './effects.ts'
import { stillWanted } from './changes.ts'
import { beginEpoch } from './epochs.ts'
import type { RoomEvent } from './events.ts'
import { invitationsDue } from './inviting.ts'
import { rejoin } from './leaving.ts'
import { memberOf, type Change, type Roster } from './roster.ts'
import { type Founding, type GroupState, type Inside, type Joining, type Person } from './state.ts'
import { NO_MEDIA } from '../../call/machine/state.ts'
import { end, move, restart, submit, type Transition } from './transition.ts'

type Grown = RoomEvent & { kind: 'roster-changed' }

/** This device's own entry is in the chain. */
export function begin(state: GroupState, before: Founding | Joining, { roster, changes }: Grown): Transition {
  const { groupId, local, join } = before
  if (join === undefined) throw new Error('a member without a Join')
  const joining = before.kind === 'joining' ? before : undefined
  const invite = before.kind === 'founding' ? before.invite : []
  const blank: Inside = {
    kind: 'inside',
    groupId,
    sentAt: joining?.sentAt ?? 0,
    local,
    hand: false,
    join,
    roster,
    roomOpen: true,
    roomLength: roster.length,
    present: joining?.present ?? [],
    people: people(state.self, roster, []),
    memberKeys: joining?.memberKeys ?? [],
    confirmed: true,
    forked: false,
    own: [],
    using: roster.epoch,
    held: [],
    early: [],
    answered: [],
    asked: 0,
    joins: [],
    wanted: [],
    inviting: invite.filter((account) => account !== before.upgrade?.account),
    invitees: [],
    knocks: [],
    admitted: [],
    met: roster.members.length > 1,
    upgrade: before.upgrade,
    removal: undefined,
    groupOnly: false,
    returning: undefined,
    returnFailed: false,
  }
  const epoch = beginEpoch(blank, { removal: undefined, newcomer: true, serving: 0 })
  const due = invitationsDue(epoch.call)
  // Who else came with the same entries; those who were here before are shown with the roster.
  const others = changes.filter((change) => change.kind === 'added' && change.device !== state.self)
  return move(state, due.call, [
    ...checks(blank, []),
    ...announcements(groupId, others),
    ...epoch.effects,
    { kind: 'send-head', groupId, to: undefined },
    ...due.effects,
    ...(before.kind === 'founding' && before.upgrade !== undefined
      ? [{ kind: 'send-upgrade', groupId, callId: before.upgrade.callId } as const]
      : []),
  ])
}

export function rosterChanged(state: GroupState, call: Inside, { roster, changes }: Grown): Transition {
  const { self } = state
  if (roster.length <= call.roster.length) return move(state, call)
  if (memberOf(roster, self)?.join !== call.join) return noMember(state, call, changes)
  const { groupId } = call
  const serving = call.roster.epoch
  const known: Inside = {
    ...call,
    roster,
    roomLength: call.forked ? call.roomLength : roster.length,
    people: people(self, roster, call.people),
    met: call.met || roster.members.length > 1,
    joins: call.joins.filter(({ device, join }) => memberOf(roster, device)?.join !== join),
  }
  const wanted = stillWanted(state, known, changes)
  const begun =
    roster.epoch === serving
      ? { call: known, effects: [] }
      : beginEpoch(known, {
          removal: changes.findLast((change) => change.kind === 'removed')?.reason,
          newcomer: changes.some(({ kind }) => kind === 'added'),
          serving,
        })
  const due = invitationsDue({ ...begun.call, wanted })
  return move(state, due.call, [
    ...announcements(groupId, changes),
    ...checks(known, call.people),
    ...begun.effects,
    ...due.effects,
    ...(call.roomOpen ? [{ kind: 'send-head', groupId, to: undefined } as const] : []),
    ...(known.roomOpen && known.confirmed && known.people.some(({ device }) => known.present.includes(device))
      ? [restart(groupId, 'confirm')]
      : []),
    ...(call.roomOpen ? submit(groupId, ...wanted) : []),
  ])
}

/** A host put it out; or it was away for too long, and asks to come back, as its person never left. */
function noMember(state: GroupState, call: Inside, changes: readonly Change[]): Transition {
  const { self } = state
  const last = changes.findLast((change) => change.kind !== 'invited' && change.device === self)
  const reason = last?.kind === 'removed' ? last.reason : 'lost'
  if (reason === 'removed') return end(state, 'removed')
  return reason === 'left' ? end(state, 'hung-up') : rejoin(state, call)
}

/** Of the other members; what is known of a stay is kept. */
function people(self: string, roster: Roster, known: readonly Person[]): readonly Person[] {
  return roster.members
    .filter(({ device }) => device !== self)
    .map(({ device, join }): Person => {
      const person = known.find((other) => other.device === device && other.join === join)
      if (person === undefined) {
        return { device, join, trust: 'checking', trouble: 'none', claimed: 0, media: NO_MEDIA, hand: false }
      }
      // The entries that it named have come.
      return person.claimed > 0 && person.claimed <= roster.length
        ? { ...person, claimed: 0, trouble: person.trouble === 'withheld' ? 'none' : person.trouble }
        : person
    })
}

/** R35: everybody new, before they are given anything. */
function checks(call: Inside, known: readonly Person[]): GroupEffect[] {
  const { groupId } = call
  return call.people
    .filter(({ device, join }) => !known.some((other) => other.device === device && other.join === join))
    .map(({ device, join }) => ({ kind: 'check-member', groupId, device, join }))
}

/** R35: every Add and Remove, also of who is gone again. */
function announcements(groupId: string, changes: readonly Change[]): GroupEffect[] {
  return changes.flatMap((what) => (what.kind === 'invited' ? [] : [{ kind: 'announce', groupId, what } as const]))
}
