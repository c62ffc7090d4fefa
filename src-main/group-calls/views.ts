/** What the person sees of group calls. */
import { toHex } from '../../src-shared/base/bytes.ts'
import type { DeviceId } from '../../src-shared/call/machine/events.ts'
import { currentEpoch, sendingEpoch } from '../../src-shared/group/machine/key-state.ts'
import { type Epoch, isHost } from '../../src-shared/group/machine/roster.ts'
import type { GroupEndReason, GroupState, Inside, Invitee } from '../../src-shared/group/machine/state.ts'
import { displayName } from '../../src-shared/identity/display-name.ts'
import type {
  GroupEventLine,
  GroupPhase,
  GroupProof,
  GroupView,
  InviteeView,
  JoinableCall,
  MemberView,
} from '../../src-shared/ipc/group-view.ts'
import type { HistoryEntry, IncomingView, PersonName } from '../../src-shared/ipc/snapshot.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { LookupFailure } from '../calls/ports.ts'
import { type GroupContext, mediaStay } from './group-context.ts'
import type { Invitation } from './ports.ts'

export function groupView(state: GroupState, context: GroupContext, now: UnixMs): GroupView | undefined {
  const phase = phaseOf(state, context)
  if (phase === undefined) return undefined
  const { call, self } = state
  const { conversation, callId, direction, connectedAt, local } = context
  const inside = call.kind === 'inside' ? call : undefined
  return {
    callId,
    direction,
    stay: mediaStay(context),
    phase,
    connectedAt,
    local,
    hand: inside?.hand ?? false,
    host: inside !== undefined && isHost(inside.roster, self),
    me: self,
    members: inside?.people.map((person) => memberView(context, inside, person.device)) ?? [],
    invitees: inviteeViews(context, inside),
    proof: proofOf(context, inside),
    paused: pausedBy(inside),
    chat: conversation.lines.map(({ id, from, text, at }) => ({
      id,
      from: from === undefined ? undefined : nameOf(context, from),
      text,
      at,
    })),
    unreadChat: conversation.unread,
    events: conversation.happenings.map(({ id, at, kind, who, by }): GroupEventLine => ({
      id,
      at,
      kind,
      who:
        who === undefined || who === self ? undefined : { ...nameOf(context, who), id: who, ...trustOf(context, who) },
      by: by === undefined ? undefined : nameOf(context, by),
    })),
    link: context.door && { url: context.door.url, expiresAt: context.door.expiresAt },
    knocks: (inside?.knocks ?? []).flatMap(({ device, knock, admitted }) => {
      const guest = admitted ? undefined : context.guests.see(knock)
      if (guest === undefined) return []
      const { person, name } = guest
      const handle = person.handle.reveal()
      const { verification, inContacts } = person
      return [{ id: device, name: inContacts ? person.name : (name ?? handle), handle, verification, inContacts }]
    }),
    reactions: conversation.reactions(now).map(({ id, from, emoji }) => ({ id, from, emoji })),
    muteRequestBy:
      conversation.muteRequestBy === undefined || !local.audio
        ? undefined
        : nameOf(context, conversation.muteRequestBy),
  }
}

function phaseOf({ call }: GroupState, { caller }: GroupContext): GroupPhase | undefined {
  switch (call.kind) {
    case 'idle':
    case 'ringing':
      return undefined
    case 'founding':
      return { kind: 'calling' }
    case 'knocking':
      return { kind: 'knocking', at: { name: caller?.name ?? '', handle: caller?.handle.reveal() ?? '' } }
    case 'joining':
      return { kind: 'joining' }
    case 'inside':
      if (!call.roomOpen) return { kind: 'reconnecting' }
      return { kind: call.people.length === 0 && !call.met ? 'calling' : 'connected' }
    case 'leaving':
    case 'ended':
      return { kind: 'ended', reason: call.reason }
  }
}

function memberView(context: GroupContext, call: Inside, device: DeviceId): MemberView {
  const person = call.people.find((other) => other.device === device)
  const known = context.met.get(device)
  return {
    ...nameOf(context, device),
    id: device,
    accountId: known?.account ?? '',
    ...trustOf(context, device),
    inContacts: personOf(context, device)?.inContacts ?? false,
    host: isHost(call.roster, device),
    present: call.present.includes(device),
    guest: isGuest(context, device),
    trust: person?.trust ?? 'checking',
    trouble: person?.trouble ?? 'none',
    keyed: call.held.some(({ epoch }) => context.keys.hasKeysOf(epoch, device)),
    media: person?.media ?? { audio: false, video: false, screen: false },
    hand: person?.hand ?? false,
    handSince: context.handsSince.get(device),
  }
}

/** 3.8: the own contacts' name, else what the member calls itself, beside its handle. */
export function nameOf(context: GroupContext, device: DeviceId): PersonName {
  const person = personOf(context, device)
  const handle = person?.handle.reveal() ?? context.met.get(device)?.handle ?? ''
  if (person?.inContacts === true) return { name: person.name, handle }
  const claimed = context.claimedNames.get(device)
  return { name: (claimed && displayName(claimed)) ?? person?.name ?? handle, handle }
}

function personOf({ people, met }: GroupContext, device: DeviceId) {
  const account = met.get(device)?.account
  return account === undefined ? undefined : people.get(account)
}

function trustOf(context: GroupContext, device: DeviceId): Pick<MemberView, 'verification'> {
  const known = personOf(context, device)?.verification ?? 'unverified'
  return { verification: known === 'verified' && isGuest(context, device) ? 'unverified' : known }
}

function isGuest({ met }: GroupContext, device: DeviceId): boolean {
  return met.get(device)?.guest === true
}

function inviteeViews(context: GroupContext, call: Inside | undefined): readonly InviteeView[] {
  const answers: Readonly<Record<Invitee['answer'], InviteeView['state']>> = {
    none: 'calling',
    ringing: 'ringing',
    declined: 'declined',
    busy: 'busy',
  }
  const isIn = (account: string): boolean => call?.roster.members.some((member) => member.account === account) === true
  return context.wanted.flatMap(({ handle, person, failed }): InviteeView[] => {
    const typed = handle.reveal()
    if (failed !== undefined) return [{ name: typed, handle: typed, state: stateOf(failed) }]
    if (person === undefined) return [{ name: typed, handle: typed, state: 'calling' }]
    if (isIn(person.accountId)) return []
    const answer = call?.invitees.find(({ account }) => account === person.accountId)?.answer
    // Who was in and left again is not called any more.
    if (call !== undefined && answer === undefined && !call.inviting.includes(person.accountId)) return []
    return [{ name: person.name, handle: person.handle.reveal(), state: answers[answer ?? 'none'] }]
  })
}

function stateOf(failed: LookupFailure): InviteeView['state'] {
  if (failed === 'key-changed') return failed
  return failed === 'offline' ? 'not-reached' : 'not-found'
}

function proofOf(context: GroupContext, call: Inside | undefined): GroupProof | undefined {
  const { chain, keys, keysSince, conversation } = context
  const epoch = call && sendingEpoch(call)
  const own = epoch === undefined ? undefined : keys.ownKeys(epoch)
  if (own === undefined || keysSince === undefined || chain.roster === undefined) return undefined
  return {
    suite: own.suite,
    epoch: own.epoch,
    complete: call !== undefined && isComplete(call, own.epoch),
    keysSince,
    transport: context.link?.transport,
    rosterDigest: toHex(chain.roster.head),
    words: wordsView(conversation.words, toHex(chain.roster.head)),
  }
}

function isComplete(call: Inside, sending: Epoch): boolean {
  const { epoch, from, got } = currentEpoch(call)
  return epoch === sending && got.length === from.length
}

function wordsView(words: GroupContext['conversation']['words'], head: string): GroupProof['words'] {
  if (words === undefined || toHex(words.round.rosterHash) !== head) return { kind: 'none' }
  if (words.mismatch) return { kind: 'mismatch' }
  const said = words.round.words
  return said === undefined ? { kind: 'asked' } : { kind: 'words', words: said }
}

function pausedBy(call: Inside | undefined): GroupView['paused'] {
  if (call === undefined || !call.roomOpen || call.people.length === 0) return undefined
  if (call.forked) return 'forked'
  if (!call.confirmed) return 'unconfirmed'
  return sendingEpoch(call) === undefined ? 'trouble' : undefined
}

export function incomingView({ call }: GroupState, context: GroupContext): IncomingView | undefined {
  const { invitation, caller, callId, video } = context
  if (call.kind !== 'ringing' || invitation === undefined) return undefined
  const handle = invitation.inviterHandle.reveal()
  const others = invitation.people.reveal().filter((other) => other !== handle)
  return {
    callId,
    name: invitation.inviterName,
    handle,
    verification: caller?.verification ?? 'unverified',
    inContacts: caller?.inContacts ?? false,
    video,
    group: others.map((other) => ({ name: other, handle: other })),
  }
}

export function joinableCall(invitation: Invitation): JoinableCall {
  const { groupId, inviterName, inviterHandle, people, video, sentAt } = invitation
  const handle = inviterHandle.reveal()
  return {
    callId: toHex(groupId),
    from: { name: inviterName, handle },
    people: people.reveal().map((other) => ({ name: other, handle: other })),
    video,
    at: sentAt,
  }
}

export function historyEntry(
  context: GroupContext,
  reason: GroupEndReason,
  missed: boolean,
  now: UnixMs,
): HistoryEntry {
  const { callId, caller, invitation, wanted, direction, video, startedAt, connectedAt } = context
  const [first] = wanted
  const handle =
    invitation?.inviterHandle.reveal() ??
    first?.person?.handle.reveal() ??
    first?.handle.reveal() ??
    caller?.handle.reveal() ??
    ''
  const called = wanted.map(({ handle: typed, person }) => ({
    name: person?.name ?? typed.reveal(),
    handle: typed.reveal(),
  }))
  const named = invitation?.people.reveal().map((other) => ({ name: other, handle: other })) ?? []
  return {
    id: `${callId}-${String(startedAt)}`,
    handle,
    accountId: caller?.accountId ?? first?.person?.accountId,
    name: invitation?.inviterName ?? first?.person?.name ?? handle,
    group: eachOnce([...everybodyMet(context), ...called, ...named]),
    direction,
    video,
    startedAt,
    durationMs: connectedAt === undefined ? 0 : now - connectedAt,
    reason,
    unseen: missed,
  }
}

/** The others who were members at any time. */
export function everybodyMet(context: GroupContext): readonly PersonName[] {
  const self = toHex(context.own.certHash)
  const others = [...context.met.keys()].filter((device) => device !== self)
  return eachOnce(others.map((device) => nameOf(context, device)))
}

function eachOnce(people: readonly PersonName[]): readonly PersonName[] {
  return people.filter((one, at) => people.findIndex((other) => other.handle === one.handle) === at)
}

export function hasCompany(context: GroupContext): boolean {
  return (context.chain.roster?.members.length ?? 0) > 1
}
