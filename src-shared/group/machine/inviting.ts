/** Further people: invited by this person, or let in at the door of a link (R38). Mail leaves when the chain invites them. */
import type { AccountKey } from '../../call/machine/events.ts'
import type { ReplyAnswer } from '../../protocol/cancel.ts'
import { want } from './changes.ts'
import type { GroupEffect } from './effects.ts'
import type { MailEvent } from './events.ts'
import { leave } from './leaving.ts'
import { isHost, mayInvite } from './roster.ts'
import type { GroupState, Inside, Invitee } from './state.ts'
import { ALONE_RINGING, KNOCKS_KEPT } from './timers.ts'
import { andThen, move, stay, type Transition } from './transition.ts'

export function invite(state: GroupState, call: Inside, accounts: readonly AccountKey[]): Transition {
  const { roster, inviting } = call
  if (!mayInvite(roster, state.self)) return stay(state)
  const wanted = want(
    state,
    { ...call, inviting: [...new Set([...inviting, ...accounts])] },
    accounts.map((account) => ({ op: 'invite', account })),
  )
  // Those whom the chain invites already get their mail now.
  return andThen(wanted, sendDue)
}

function sendDue(state: GroupState, call: Inside): Transition {
  const due = invitationsDue(call)
  return move(state, due.call, due.effects)
}

/** Whom the chain invites by now. */
export function invitationsDue(call: Inside): { readonly call: Inside; readonly effects: readonly GroupEffect[] } {
  const { groupId, roster, people } = call
  const isIn = (account: AccountKey): boolean => roster.members.some((member) => member.account === account)
  const due = call.inviting.filter((account) => roster.invited.includes(account) && !isIn(account))
  const admit = call.knocks.filter(({ account, admitted }) => admitted && roster.invited.includes(account))
  const invitees: readonly Invitee[] = [
    ...call.invitees.filter(({ account }) => !isIn(account) && !due.includes(account)),
    ...due.map((account) => ({ account, answer: 'none' }) as const),
  ]
  const alone = people.length === 0 && call.roomOpen
  return {
    call: {
      ...call,
      invitees,
      inviting: call.inviting.filter((account) => !roster.invited.includes(account) && !isIn(account)),
      knocks: call.knocks.filter((knock) => !admit.includes(knock)),
    },
    effects: [
      ...(due.length > 0 ? [{ kind: 'send-invites', groupId, accounts: due } as const] : []),
      ...(due.length > 0 && alone
        ? [{ kind: 'start-timer', groupId, timer: 'alone', about: undefined, delay: ALONE_RINGING } as const]
        : []),
      ...admit.map(({ knock }) => ({ kind: 'admit-knock', groupId, knock }) as const),
    ],
  }
}

/** When everybody who was asked says no before anybody came, there is nothing to wait for. */
export function replied(state: GroupState, call: Inside, account: AccountKey, answer: ReplyAnswer): Transition {
  if (!call.invitees.some((invitee) => invitee.account === account)) return stay(state)
  const invitees = call.invitees.map((invitee) => (invitee.account === account ? { account, answer } : invitee))
  const next: Inside = { ...call, invitees }
  const refused = invitees.every((invitee) => invitee.answer === 'declined' || invitee.answer === 'busy')
  const expected = call.inviting.length > 0 || call.knocks.length > 0 || call.admitted.length > 0
  if (call.met || expected || !refused || call.people.length > 0) return move(state, next)
  const declined = invitees.some((invitee) => invitee.answer === 'declined')
  return leave(state, next, declined ? 'declined' : 'busy')
}

export function knocked(
  state: GroupState,
  call: Inside,
  { device, account, knock }: MailEvent & { kind: 'knock' },
): Transition {
  const { groupId, knocks, roster } = call
  if (!isHost(roster, state.self) || knocks.length >= KNOCKS_KEPT) return stay(state)
  if (knocks.some((other) => other.device === device)) return stay(state)
  return move(state, { ...call, knocks: [...knocks, { device, account, knock, admitted: false }] }, [
    { kind: 'announce', groupId, what: { kind: 'knock', device, knock } },
  ])
}

export function admit(state: GroupState, call: Inside, device: string): Transition {
  const guest = call.knocks.find((knock) => knock.device === device)
  if (guest === undefined || !isHost(call.roster, state.self)) return stay(state)
  const next: Inside = {
    ...call,
    knocks: call.knocks.map((knock) => (knock === guest ? { ...knock, admitted: true } : knock)),
    admitted: [...call.admitted.filter((other) => other !== device), device],
  }
  const wanted = want(state, next, [{ op: 'invite', account: guest.account }])
  return andThen(wanted, sendDue)
}

export function refuse(state: GroupState, call: Inside, device: string): Transition {
  const { groupId, knocks } = call
  const guest = knocks.find((knock) => knock.device === device)
  if (guest === undefined) return stay(state)
  return move(state, { ...call, knocks: knocks.filter((knock) => knock !== guest) }, [
    { kind: 'refuse-knock', groupId, knock: guest.knock },
  ])
}
