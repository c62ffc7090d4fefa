/** Invitations to group calls, both ways, and the other mail of a group call (docs/protocol/group.md, section 6). */
import { equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import type { AccountKey } from '../../src-shared/call/machine/events.ts'
import { NO_MEDIA } from '../../src-shared/call/machine/state.ts'
import { encodeGroupInvite, type GroupInvite, parseGroupInvite } from '../../src-shared/group/group-invite.ts'
import type { GroupInvitation } from '../../src-shared/group/machine/events.ts'
import { TIMERS } from '../../src-shared/group/machine/timers.ts'
import { claimedName, displayName } from '../../src-shared/identity/display-name.ts'
import { encodeCancel, parseAnswered, parseCancel, parseReply } from '../../src-shared/protocol/cancel.ts'
import { required } from '../calls/call-context.ts'
import type { Person, ReceivedMail } from '../calls/ports.ts'
import { createContext, type GroupContext, type GroupRunner } from './group-context.ts'
import type { Invitation } from './ports.ts'

export interface MailDesk {
  readonly runner: GroupRunner
  readonly contextOf: (callId: string) => GroupContext | undefined
  readonly add: (context: GroupContext) => void
}

/** While the directory does not answer, an invitation that rings waits. */
const LOOKUP_PAUSE: Ms = 2 * SECOND

/** The envelope is genuine (R14); its content is what its sender says. Mail of 1:1 calls passes by. */
export function mailReceived(desk: MailDesk, mail: ReceivedMail): void {
  const { runner, contextOf } = desk
  switch (mail.type) {
    case 'group-invite': {
      const invite = parseGroupInvite(mail.payload)
      if (invite !== undefined) void inviteReceived(desk, mail, invite)
      return
    }
    case 'cancel':
      void cancelReceived(desk, mail)
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
      const context = reply && contextOf(toHex(reply.callId))
      if (reply === undefined || context?.people.has(account) !== true) return
      runner.dispatch({ kind: 'reply', groupId: context.callId, account, answer: reply.answer })
      return
    }
    case 'invite':
      return
  }
}

async function inviteReceived(desk: MailDesk, mail: ReceivedMail, invite: GroupInvite): Promise<void> {
  const { runner } = desk
  const { environment } = runner
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
  const known = desk.contextOf(callId)
  if (known?.createHash !== undefined && !equalBytes(known.createHash, invite.createHash)) return
  const admission = admissionOf(runner, caller)
  // Who may not ring is not on the list of calls to join either.
  if (admission === 'ring' || admission === 'busy') invitations.save(invitation)
  // One that is over keeps nothing that a second stay could use.
  if (known === undefined || known.released) {
    desk.add(
      createContext(
        {
          groupId: invite.groupId,
          direction: 'incoming',
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
      ),
    )
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
      answersKnock: undefined,
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
async function cancelReceived({ runner, contextOf }: MailDesk, mail: ReceivedMail): Promise<void> {
  const cancel = parseCancel(mail.payload)
  if (cancel === undefined) return
  const { environment } = runner
  const known = environment.invitations.all(environment.clock.now())
  const invitation =
    contextOf(toHex(cancel.callId))?.invitation ?? known.find(({ groupId }) => equalBytes(groupId, cancel.callId))
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

/** A GroupInvite to each device of these people. */
export async function sendInvites(
  runner: GroupRunner,
  context: GroupContext,
  accounts: readonly AccountKey[],
): Promise<void> {
  await Promise.all(
    accounts.map(async (account) => {
      const person = context.people.get(account)
      if (person === undefined || (await sendInvite(runner, context, person)) || context.released) return
      for (const wanted of context.wanted) if (wanted.person?.accountId === account) wanted.failed = 'offline'
      runner.changed()
    }),
  )
}

/** `false`: it reached none of the person's devices. */
async function sendInvite({ environment }: GroupRunner, context: GroupContext, person: Person): Promise<boolean> {
  const { own, groupId, chain } = context
  const { createHash, members } = required(chain.roster, 'roster')
  const ticket = await environment.groupTicket(groupId, person.accountPub, required(context.ticket, 'ticket'))
  if (!ticket.ok) return false
  const payload = encodeGroupInvite({
    groupId,
    createHash,
    ticket: ticket.value,
    media: { ...context.local, screen: false },
    linkProof: undefined,
    callerHandle: own.handle.reveal(),
    callerName: claimedName(own.name.reveal()),
    people: members.map(({ handle }) => handle),
  })
  const sent = await Promise.all(person.devices.map((device) => environment.mail.send(device, 'group-invite', payload)))
  return sent.some(({ ok }) => ok)
}

export function sendCancels(
  { environment }: GroupRunner,
  { groupId, people }: GroupContext,
  accounts: readonly AccountKey[],
): void {
  const payload = encodeCancel({ callId: groupId, reason: 'withdrawn' })
  for (const account of accounts) {
    for (const device of people.get(account)?.devices ?? []) void environment.mail.send(device, 'cancel', payload)
  }
}
