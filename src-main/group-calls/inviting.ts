/** Invitations to a group call that go out, and their withdrawal (docs/protocol/group.md, section 6). */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { AccountKey } from '../../src-shared/call/machine/events.ts'
import { encodeGroupInvite } from '../../src-shared/group/group-invite.ts'
import { claimedName } from '../../src-shared/identity/display-name.ts'
import { encodeCancel } from '../../src-shared/protocol/cancel.ts'
import { required } from '../calls/call-context.ts'
import type { Person, VerifiedDevice } from '../calls/ports.ts'
import type { GroupContext, GroupRunner } from './group-context.ts'

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

function sendInvite(runner: GroupRunner, context: GroupContext, person: Person): Promise<boolean> {
  return sendInviteTo(runner, context, person, person.devices, undefined)
}

/** `false`: it reached none of these devices of the person. `linkProof`: where it answers a Knock. */
export async function sendInviteTo(
  { environment }: GroupRunner,
  context: GroupContext,
  person: Person,
  devices: readonly VerifiedDevice[],
  linkProof: Bytes | undefined,
): Promise<boolean> {
  const { own, groupId, chain } = context
  const { createHash, members } = required(chain.roster, 'roster')
  const ticket = await environment.groupTicket(groupId, person.accountPub, required(context.ticket, 'ticket'))
  if (!ticket.ok) return false
  const payload = encodeGroupInvite({
    groupId,
    createHash,
    ticket: ticket.value,
    media: context.local,
    linkProof,
    callerHandle: own.handle.reveal(),
    callerName: claimedName(own.name.reveal()),
    people: members.map(({ handle }) => handle),
  })
  const sent = await Promise.all(devices.map((device) => environment.mail.send(device, 'group-invite', payload)))
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
