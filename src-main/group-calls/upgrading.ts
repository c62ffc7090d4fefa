/** A 1:1 call that goes on as a group call (docs/protocol/group.md, R36), on both sides. It stays as it is until both have each other's keys. */
import { toHex } from '../../src-shared/base/bytes.ts'
import type { UpgradedCall } from '../../src-shared/group/machine/events.ts'
import { occupies } from '../../src-shared/group/machine/state.ts'
import { applyEntry, groupIdOf } from '../../src-shared/group/roster.ts'
import { type Upgrade, upgradesCall, upgradeTag } from '../../src-shared/group/upgrade.ts'
import type { GroupOutcome } from '../../src-shared/ipc/contract.ts'
import type { CallId } from '../../src-shared/ipc/snapshot.ts'
import { required } from '../calls/call-context.ts'
import type { OwnIdentity, StandingCall } from '../calls/ports.ts'
import { SEED_LENGTH } from './founding.ts'
import { createContext, type GroupContext, type GroupRunner, wantedBy } from './group-context.ts'

/** The person wants these in its 1:1 call. */
export function upgrade(runner: GroupRunner, callId: CallId, handles: readonly string[]): GroupOutcome {
  const { identity, oneToOne, random } = runner.environment
  const own = identity()
  const standing = oneToOne.standing(callId)
  if (own === undefined || standing === undefined || occupies(runner.state().call)) return 'busy'
  const seed = random(SEED_LENGTH)
  const groupId = groupIdOf(own.certHash, seed)
  const context = createContext(
    {
      ...takenOver(own, standing),
      groupId,
      seed,
      ticket: undefined,
      createHash: undefined,
      wanted: handles.map(wantedBy),
    },
    random,
  )
  const [exporter] = standing.exporters
  context.upgradeTag = upgradeTag(required(exporter, 'exporter'), groupId)
  const from = takeOver(runner, context, callId, standing)
  runner.dispatch({ kind: 'user-found', groupId: context.callId, media: standing.media, upgrade: from })
  return 'started'
}

/** An Upgrade that is not of this call's other device is nothing. */
export function upgradeReceived(runner: GroupRunner, callId: CallId, { ticket, entry }: Upgrade): void {
  const { identity, oneToOne, random } = runner.environment
  const own = identity()
  const standing = oneToOne.standing(callId)
  if (own === undefined || standing === undefined || occupies(runner.state().call)) return
  const founded = applyEntry(undefined, entry)
  if (!founded.ok) return
  const roster = founded.value
  const { certHash: peerCertHash } = standing.peer
  if (!standing.exporters.some((exporter) => upgradesCall(roster, { exporter, peerCertHash }))) return
  const { groupId, createHash } = roster
  const context = createContext(
    { ...takenOver(own, standing), groupId, seed: undefined, ticket, createHash, wanted: [] },
    random,
  )
  const from = takeOver(runner, context, callId, standing)
  runner.dispatch({ kind: 'upgraded', groupId: context.callId, media: standing.media, from })
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

function takeOver(
  runner: GroupRunner,
  context: GroupContext,
  callId: CallId,
  { peer, person, connectedAt }: StandingCall,
): UpgradedCall {
  context.oneToOne = callId
  context.connectedAt = connectedAt
  runner.add(context)
  return { callId, peer: toHex(peer.certHash), account: person.accountId }
}
