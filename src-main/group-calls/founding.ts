/** A group call that this person founds, and the way back to it: as everybody else may come back by an invitation. */
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import { DAY, type Ms } from '../../src-shared/base/time.ts'
import { groupIdOf } from '../../src-shared/group/roster.ts'
import type { GroupOutcome } from '../../src-shared/ipc/contract.ts'
import type { MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import { createContext, type GroupContext, type GroupRunner, isEngaged, wantedBy } from './group-context.ts'

export const SEED_LENGTH = 16
/** As long as an invitation: who founded a call may return to it. */
export const FOUNDED_LIFE: Ms = DAY

export function found(runner: GroupRunner, handles: readonly string[], media: MediaChoice): GroupOutcome {
  const { identity, random, clock } = runner.environment
  const own = identity()
  if (own === undefined || isEngaged(runner)) return 'busy'
  const seed = random(SEED_LENGTH)
  const context = createContext(
    {
      groupId: groupIdOf(own.certHash, seed),
      direction: 'outgoing',
      startedAt: clock.now(),
      video: media.video,
      own,
      seed,
      ticket: undefined,
      createHash: undefined,
      invitation: undefined,
      caller: undefined,
      wanted: handles.map(wantedBy),
      local: media,
    },
    random,
  )
  runner.add(context)
  runner.dispatch({ kind: 'user-found', groupId: context.callId, media, upgrade: undefined })
  return 'started'
}

/** Once this device's own Create is in the room. */
export function keepFounded({ environment }: GroupRunner, context: GroupContext): void {
  const { chain, own, groupId, ticket, video, wanted } = context
  if (context.createHash !== undefined || chain.roster === undefined || ticket === undefined) return
  context.createHash = chain.roster.createHash
  const now = environment.clock.now()
  environment.invitations.save({
    groupId,
    createHash: context.createHash,
    ticket,
    inviterCertHash: own.certHash,
    inviterHandle: own.handle,
    inviterName: own.name.reveal(),
    people: new Sensitive(wanted.map(({ handle }) => handle.reveal())),
    video,
    sentAt: now,
    expiresAt: now + FOUNDED_LIFE,
  })
}
