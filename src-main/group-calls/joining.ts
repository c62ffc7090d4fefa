/** Calls that this person may join without being rung: what is kept of them, and the way in. */
import { equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import type { GroupEndReason } from '../../src-shared/group/machine/state.ts'
import type { GroupOutcome } from '../../src-shared/ipc/contract.ts'
import type { CallId, MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import { createContext, type GroupContext, type GroupRunner, isEngaged } from './group-context.ts'
import type { Invitation } from './ports.ts'
import { hasCompany } from './views.ts'

/** Nothing is left to return to. */
const OVER: ReadonlySet<GroupEndReason> = new Set([
  'everyone-left',
  'removed',
  'insecure',
  'declined',
  'busy',
  'no-answer',
])

/** `staysBefore`: media of this call that the page has had. */
export function join(runner: GroupRunner, callId: CallId, media: MediaChoice, staysBefore = 0): GroupOutcome {
  const { clock, random, identity } = runner.environment
  const own = identity()
  const invitation = invitationTo(runner, callId)
  if (invitation === undefined || own === undefined || isEngaged(runner)) return 'busy'
  const context = createContext(
    {
      groupId: invitation.groupId,
      direction: equalBytes(invitation.inviterCertHash, own.certHash) ? 'outgoing' : 'incoming',
      startedAt: clock.now(),
      video: media.video,
      own,
      seed: undefined,
      ticket: invitation.ticket,
      createHash: invitation.createHash,
      invitation,
      caller: undefined,
      wanted: [],
      local: media,
    },
    random,
  )
  context.staysBefore = staysBefore
  runner.add(context)
  runner.dispatch({ kind: 'user-join', groupId: context.callId, media, sentAt: invitation.sentAt })
  return 'started'
}

/** The person takes it off the list. */
export function forget(runner: GroupRunner, callId: CallId): void {
  const known = invitationTo(runner, callId)
  if (known !== undefined) runner.environment.invitations.remove(known.groupId)
  runner.changed()
}

/** Whether a call that ended for this person stays on the list. */
export function mayComeBack(context: GroupContext, reason: GroupEndReason): boolean {
  const wasIn = context.stay > 0
  // Who did not answer, or was busy, may still come.
  if (!wasIn && (reason === 'no-answer' || reason === 'busy')) return true
  return !OVER.has(reason) && (!wasIn || hasCompany(context))
}

function invitationTo({ environment: { clock, invitations } }: GroupRunner, callId: CallId): Invitation | undefined {
  return invitations.all(clock.now()).find(({ groupId }) => toHex(groupId) === callId)
}
