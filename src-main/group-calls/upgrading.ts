/** A 1:1 call that goes on as a group call (docs/protocol/group.md, R36), on both sides. It stays as it is until both have each other's keys. */
import { toHex } from '../../src-shared/base/bytes.ts'
import type { UpgradedCall } from '../../src-shared/group/machine/events.ts'
import { applyEntry, groupIdOf } from '../../src-shared/group/roster.ts'
import { type Upgrade, upgradesCall, upgradeTag } from '../../src-shared/group/upgrade.ts'
import type { CallId } from '../../src-shared/ipc/snapshot.ts'
import { required } from '../calls/call-context.ts'
import type { OwnIdentity, StandingCall } from '../calls/ports.ts'
import { createContext, type GroupContext, type GroupRunner, type Wanted } from './group-context.ts'

export interface Beginning {
  readonly context: GroupContext
  readonly from: UpgradedCall
}

/** `seed`: of the group that is founded. */
export function upgradingContext(
  { environment }: GroupRunner,
  own: OwnIdentity,
  callId: CallId,
  standing: StandingCall,
  seed: Uint8Array,
  wanted: readonly Wanted[],
): Beginning {
  const groupId = groupIdOf(own.certHash, seed)
  const context = createContext(
    { ...takenOver(own, standing), groupId, seed, ticket: undefined, createHash: undefined, wanted },
    environment.random,
  )
  const [exporter] = standing.exporters
  context.upgradeTag = upgradeTag(required(exporter, 'exporter'), groupId)
  return begin(context, callId, standing)
}

/** `undefined` for an Upgrade that is not of this call's other device. */
export function upgradedContext(
  { environment }: GroupRunner,
  own: OwnIdentity,
  callId: CallId,
  standing: StandingCall,
  { ticket, entry }: Upgrade,
): Beginning | undefined {
  const founded = applyEntry(undefined, entry)
  if (!founded.ok) return undefined
  const roster = founded.value
  const { certHash: peerCertHash } = standing.peer
  if (!standing.exporters.some((exporter) => upgradesCall(roster, { exporter, peerCertHash }))) return undefined
  const { groupId, createHash } = roster
  const context = createContext(
    { ...takenOver(own, standing), groupId, seed: undefined, ticket, createHash, wanted: [] },
    environment.random,
  )
  return begin(context, callId, standing)
}

export async function sendUpgrade({ environment }: GroupRunner, context: GroupContext, callId: CallId): Promise<void> {
  const { chain, groupId, ticket } = context
  const standing = environment.oneToOne.standing(callId)
  const [entry] = chain.from(0)
  if (standing === undefined || entry === undefined) return
  const { accountPub } = standing.person
  const theirs = await environment.groupTicket(groupId, accountPub, required(ticket, 'ticket'))
  // Without one the peer does not come, and the 1:1 call goes on.
  if (theirs.ok && !context.released) environment.oneToOne.sendUpgrade(callId, { ticket: theirs.value, entry })
}

function takenOver(own: OwnIdentity, { person, direction, startedAt, media, video }: StandingCall) {
  return { own, direction, startedAt, video, invitation: undefined, caller: person, local: media }
}

function begin(context: GroupContext, callId: CallId, { peer, person, connectedAt }: StandingCall): Beginning {
  context.oneToOne = callId
  context.connectedAt = connectedAt
  return { context, from: { callId, peer: toHex(peer.certHash), account: person.accountId } }
}
