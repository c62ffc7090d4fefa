/** The group's room: the way in, the chain that comes from there, who is there, and what is submitted. */
import { type Bytes, equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import type { Change, EntryToMake } from '../../src-shared/group/machine/roster.ts'
import { isInvited, memberOf } from '../../src-shared/group/membership.ts'
import { entriesThatFit, type MemberAddress, type SubmitRefusal } from '../../src-shared/protocol/relay-frame.ts'
import { required } from '../calls/call-context.ts'
import type { GroupListener } from '../ice/links.ts'
import { createEntry, machineRoster } from './chain.ts'
import type { GroupContext, GroupRunner } from './group-context.ts'
import { messageArrived } from './messages.ts'
import { wanted } from './pictures.ts'
import { cameIn, identified, wentOut } from './presence.ts'

export function openRoom(runner: GroupRunner, context: GroupContext): void {
  const { callId } = context
  context.room = 'nothing'
  context.link?.close()
  // A link that was closed may have something on its way here.
  const whileHeld =
    <Arguments extends readonly unknown[]>(react: (...args: Arguments) => void) =>
    (...args: Arguments): void => {
      if (!context.released) react(...args)
    }
  const listener: GroupListener = {
    opened: whileHeld(() => {
      context.room = 'nothing'
      context.strangers.clear()
    }),
    lost: whileHeld(() => {
      context.room = 'nothing'
      runner.dispatch({ kind: 'room-lost', groupId: callId })
    }),
    message: whileHeld((from: MemberAddress, message: Bytes) => messageArrived(runner, context, from, message)),
    packet: whileHeld((packet: Bytes) => context.flow?.fromPath('relay', packet)),
    entries: whileHeld((first: number, length: number, entries: readonly Bytes[]) =>
      entriesArrived(runner, context, first, length, entries),
    ),
    refused: whileHeld((length: number, reason: SubmitRefusal) => refused(runner, context, length, reason)),
    entered: whileHeld((address: MemberAddress) => cameIn(runner, context, address)),
    left: whileHeld((address: MemberAddress) => wentOut(runner, context, address)),
    wanted: whileHeld((layers: readonly number[], keyframes: readonly number[]) =>
      wanted(runner, context, layers, keyframes),
    ),
    missing: whileHeld((ssrc: number, sequenceNumbers: readonly number[]) => {
      runner.environment.mediaPorts.send(callId, { kind: 'missing', ssrc, sequenceNumbers })
    }),
    arrivals: whileHeld((report: Bytes) => {
      runner.environment.mediaPorts.send(callId, { kind: 'arrivals', report: new Uint8Array(report) })
    }),
  }
  context.link = runner.environment.rooms.enter(required(context.ticket, 'ticket'), listener)
}

function entriesArrived(
  runner: GroupRunner,
  context: GroupContext,
  first: number,
  length: number,
  entries: readonly Bytes[],
): void {
  const { chain, callId } = context
  const { changes, forked } = chain.take(first, entries)
  tellOfChain(runner, context, changes)
  if (forked) runner.dispatch({ kind: 'room-forked', groupId: callId })
  const end = first + entries.length
  // The rest of it comes in further pieces.
  if (end < length) return
  const before = context.room
  const hidden = length > 0 && entries.length === 0 && first === length
  context.room = length === 0 ? 'none' : hidden && before !== 'shown' ? 'outside' : 'shown'
  if (before === 'nothing' || (before !== 'shown' && context.room === 'shown')) {
    runner.dispatch({ kind: 'room-entered', groupId: callId, length, chain: standing(context) })
  } else if (changes.length === 0) runner.dispatch({ kind: 'room-length', groupId: callId, length })
}

function tellOfChain(runner: GroupRunner, context: GroupContext, changes: readonly Change[]): void {
  const { roster } = context.chain
  if (changes.length === 0 || roster === undefined) return
  for (const { certHash } of roster.members) identified(runner, context, toHex(certHash))
  runner.dispatch({ kind: 'roster-changed', groupId: context.callId, roster: machineRoster(roster), changes })
}

/** Section 6: whether this is the call that the person said yes to. */
function standing({
  room,
  chain,
  createHash,
  invitation,
  own,
}: GroupContext): 'good' | 'none' | 'outside' | 'closed' | 'wrong' {
  if (room === 'none' || room === 'outside') return room
  const { roster } = chain
  if (roster === undefined) return 'none'
  if (roster.closed) return 'closed'
  if (createHash !== undefined && !equalBytes(roster.createHash, createHash)) return 'wrong'
  const isIn = memberOf(roster, own.certHash) !== undefined
  if (!isIn && !isInvited(roster, own.accountPub)) return 'outside'
  return invitation === undefined || chain.everHad(invitation.inviterCertHash) ? 'good' : 'wrong'
}

function refused(runner: GroupRunner, { callId }: GroupContext, length: number, reason: SubmitRefusal): void {
  const retry = reason === 'not-next' || reason === 'present'
  runner.dispatch({ kind: 'submit-refused', groupId: callId, retry, length })
}

export function submit(runner: GroupRunner, context: GroupContext, wanted: readonly EntryToMake[]): void {
  const { chain, own, joins, link } = context
  const now = runner.environment.clock.now()
  const create = (): Bytes => createEntry(required(context.join, 'Join'), own, now, context.upgradeTag)
  const signed = chain.sign(wanted, own, (id) => joins.get(id), now, create)
  // What does not fit into one frame stays wanted.
  if (signed.length > 0) link?.submit(signed.slice(0, entriesThatFit(signed, 0)))
}

/** The room lacks what comes from number `from` on. */
export function submitChain({ chain, link }: GroupContext, from: number): void {
  const missing = chain.from(from)
  for (let at = 0; at < missing.length;) {
    const count = entriesThatFit(missing, at)
    if (count === 0 || link?.submit(missing.slice(at, at + count)) !== true) return
    at += count
  }
}
