/** The mail of group calls that comes in: invitations, and what is said about them (docs/protocol/group.md, section 6). */
import { equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import { NO_MEDIA } from '../../src-shared/call/machine/state.ts'
import { type GroupInvite, parseGroupInvite } from '../../src-shared/group/group-invite.ts'
import { parseKnock } from '../../src-shared/group/knock.ts'
import type { GroupInvitation } from '../../src-shared/group/machine/events.ts'
import { TIMERS } from '../../src-shared/group/machine/timers.ts'
import { displayName } from '../../src-shared/identity/display-name.ts'
import { parseAnswered, parseCancel, parseReply } from '../../src-shared/protocol/cancel.ts'
import type { Person, ReceivedMail } from '../calls/ports.ts'
import { createContext, type GroupRunner } from './group-context.ts'
import { answersKnock, knockReceived } from './links.ts'
import type { Invitation } from './ports.ts'

/** While the directory does not answer, an invitation that rings waits. */
const LOOKUP_PAUSE: Ms = 2 * SECOND

/** The envelope is genuine (R14); its content is what its sender says. Mail of 1:1 calls passes by. */
export function mailReceived(runner: GroupRunner, mail: ReceivedMail): void {
  const { contexts } = runner
  switch (mail.type) {
    case 'group-invite': {
      const invite = parseGroupInvite(mail.payload)
      if (invite !== undefined) void inviteReceived(runner, mail, invite)
      return
    }
    case 'cancel':
      void cancelReceived(runner, mail)
      return
    case 'answered': {
      const answered = parseAnswered(mail.payload)
      const own = runner.environment.identity()
      // R24: only the own account says so.
      if (answered === undefined || own === undefined || !equalBytes(mail.senderAccountPub, own.accountPub)) return
      runner.dispatch({ kind: 'answered', groupId: toHex(answered.callId), sentAt: mail.sentAt })
      return
    }
    case 'reply': {
      const reply = parseReply(mail.payload)
      const account = toHex(mail.senderAccountPub)
      const context = reply && contexts.get(toHex(reply.callId))
      if (reply === undefined || context?.people.has(account) !== true) return
      runner.dispatch({ kind: 'reply', groupId: context.callId, account, answer: reply.answer })
      return
    }
    case 'knock': {
      const knock = parseKnock(mail.payload)
      const { call } = runner.state()
      const context = call.kind === 'inside' ? contexts.get(call.groupId) : undefined
      if (knock !== undefined && context !== undefined) void knockReceived(runner, context, mail, knock)
      return
    }
    case 'invite':
      return
  }
}

async function inviteReceived(runner: GroupRunner, mail: ReceivedMail, invite: GroupInvite): Promise<void> {
  const { environment, contexts } = runner
  const own = environment.identity()
  // R19: devices of one account do not call one another.
  if (own === undefined || equalBytes(mail.senderAccountPub, own.accountPub)) return
  const caller = await findCaller(runner, mail, invite)
  if (caller === undefined || caller.blocked || !equalBytes(caller.accountPub, mail.senderAccountPub)) return
  if (!caller.devices.some(({ certHash }) => equalBytes(certHash, mail.senderCertHash))) return
  const { clock, invitations } = environment
  const invitation: Invitation = {
    groupId: invite.groupId,
    createHash: invite.createHash,
    ticket: invite.ticket,
    inviterCertHash: mail.senderCertHash,
    inviterHandle: caller.handle,
    inviterName: caller.inContacts ? caller.name : (displayName(invite.callerName) ?? caller.name),
    people: new Sensitive(invite.people),
    video: invite.media.video,
    sentAt: mail.sentAt,
    expiresAt: mail.expiresAt,
  }
  const callId = toHex(invite.groupId)
  // A chain has one beginning: who names another for the same call does not speak of it.
  const known = contexts.get(callId)
  if (known?.createHash !== undefined && !equalBytes(known.createHash, invite.createHash)) return
  const { call } = runner.state()
  const door = call.kind === 'knocking' ? contexts.get(call.groupId) : undefined
  const isAnswer = door !== undefined && answersKnock(door, invite, mail)
  // One that answers somebody else's Knock is none of ours, and none that rings.
  if (invite.linkProof !== undefined && !isAnswer) return
  const admission = admissionOf(runner, caller)
  // Who may not ring is not on the list of calls to join either.
  if (isAnswer || admission === 'ring' || admission === 'busy') invitations.save(invitation)
  // One that is over keeps nothing that a second stay could use.
  if (known === undefined || known.released) {
    const context = createContext(
      {
        groupId: invite.groupId,
        direction: isAnswer ? 'outgoing' : 'incoming',
        startedAt: clock.now(),
        video: invitation.video,
        own,
        seed: undefined,
        ticket: invitation.ticket,
        createHash: invitation.createHash,
        invitation,
        caller,
        wanted: [],
        local: NO_MEDIA,
      },
      environment.random,
    )
    context.linkKey = isAnswer ? door.knocking?.keys.linkKey : undefined
    runner.add(context)
  }
  runner.dispatch({
    kind: 'invite',
    invitation: {
      groupId: callId,
      from: toHex(mail.senderCertHash),
      sentAt: mail.sentAt,
      remaining: mail.sentAt + TIMERS.ring - clock.now(),
      admission,
      known: caller.inContacts,
      answersKnock: isAnswer ? door.callId : undefined,
    },
  })
  runner.changed()
}

async function findCaller(
  { environment: { directory, clock } }: GroupRunner,
  mail: ReceivedMail,
  { callerHandle }: GroupInvite,
): Promise<Person | undefined> {
  for (;;) {
    const found = await directory.find(callerHandle)
    if (found.ok) return found.value
    if (found.reason !== 'offline' || clock.now() >= mail.expiresAt) return undefined
    await new Promise<void>((resolve) => clock.after(LOOKUP_PAUSE, resolve))
  }
}

function admissionOf({ environment }: GroupRunner, caller: Person): GroupInvitation['admission'] {
  if (caller.verification === 'key-changed') return 'key-changed'
  if (environment.preferences().contactsOnly && !caller.inContacts) return 'miss'
  return environment.otherwiseEngaged() ? 'busy' : 'ring'
}

/** It counts from the inviting device, and from devices of those whom the invitation names. */
async function cancelReceived(runner: GroupRunner, mail: ReceivedMail): Promise<void> {
  const cancel = parseCancel(mail.payload)
  if (cancel === undefined) return
  const { environment, contexts } = runner
  const known = environment.invitations.all(environment.clock.now())
  const invitation =
    contexts.get(toHex(cancel.callId))?.invitation ?? known.find(({ groupId }) => equalBytes(groupId, cancel.callId))
  if (invitation === undefined) return
  const fromInviter = equalBytes(invitation.inviterCertHash, mail.senderCertHash)
  if (!fromInviter && !(await isNamed(runner, invitation, mail))) return
  environment.invitations.remove(cancel.callId)
  runner.dispatch({ kind: 'cancel', groupId: toHex(cancel.callId), sentAt: mail.sentAt })
  runner.changed()
}

async function isNamed({ environment }: GroupRunner, { people }: Invitation, mail: ReceivedMail): Promise<boolean> {
  for (const handle of people.reveal()) {
    const found = await environment.directory.find(handle)
    if (found.ok && equalBytes(found.value.accountPub, mail.senderAccountPub)) return true
  }
  return false
}
