/**
 * This folder runs the effects of the group machine (`src-shared/group/machine`) with the core (`src-shared/group`): it turns what the
 * ports bring into events, and effects into work for the ports. What belongs here: the order of that work, and the chain, keys and
 * records of one call. What may not: decisions about the course of a call, which are the machine's; Electron; any port's implementation.
 */
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import type { Ms, UnixMs } from '../../src-shared/base/time.ts'
import type { GroupEffect } from '../../src-shared/group/machine/effects.ts'
import type { GroupEvent } from '../../src-shared/group/machine/events.ts'
import { type GroupEndReason, type GroupState, initialState, occupies } from '../../src-shared/group/machine/state.ts'
import type { Epoch } from '../../src-shared/group/machine/roster.ts'
import { step } from '../../src-shared/group/machine/step.ts'
import { CHAT_ID_LENGTH } from '../../src-shared/group/record-content.ts'
import type { Upgrade } from '../../src-shared/group/upgrade.ts'
import type { GroupOutcome, KnockOutcome, LinkHours, LinkOutcome } from '../../src-shared/ipc/contract.ts'
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { AccountId, CallId, MediaChoice, Verification } from '../../src-shared/ipc/snapshot.ts'
import type { ReturningCall } from '../calls/ports.ts'
import { Turns } from '../calls/turns.ts'
import { REACTION_SHOWN } from './conversation.ts'
import { GroupEffects } from './effects.ts'
import { follow } from './following.ts'
import { found } from './founding.ts'
import { type GroupContext, type GroupRunner, mediaStay, wantedBy } from './group-context.ts'
import { mailReceived } from './invitations.ts'
import { forget, join, mayComeBack } from './joining.ts'
import { KnownInvitations } from './known-invitations.ts'
import { askForLink, knockAt, withdrawLink } from './links.ts'
import { chooseMedia, oneToOneMedia, oneToOneOver } from './one-to-one.ts'
import type { GroupEnvironment, GroupViews } from './ports.ts'
import { calledBack, KnownReturns, tellGroupOnly } from './returning.ts'
import { sendRecord } from './say.ts'
import { Screen } from './screen.ts'
import { upgrade, upgradeReceived } from './upgrading.ts'
import { groupView, historyEntry, incomingView, joinableCall } from './views.ts'
import { compareWords } from './words.ts'

export interface GroupCalls {
  /** Whether a call of the other kind must wait. */
  readonly occupied: boolean
  /** A call of this kind that is on, rings, or is still shown. */
  knows(callId: CallId): boolean
  start(handles: readonly string[], media: MediaChoice): GroupOutcome
  invite(callId: CallId, handles: readonly string[]): void
  /** The connected 1:1 call goes on as a group call, with these (R36). */
  upgrade(callId: CallId, handles: readonly string[]): GroupOutcome
  /** Its other side wants that. */
  upgradeReceived(callId: CallId, upgrade: Upgrade): void
  /** Who switches the microphone off in the 1:1 call means the group that it becomes as well. */
  oneToOneMedia(callId: CallId, media: MediaChoice): void
  /** The 1:1 call is over. `hungUp`: by this person, who means the group as well. */
  oneToOneOver(callId: CallId, hungUp: boolean): void
  /** Whether an Invite is the other member's, whose call is to take this one's place (R40); `refused`: it was, and is not now. */
  calledBack(callId: CallId, from: Bytes): ReturningCall | 'refused' | undefined
  /** R40: both sides have the keys of that call. */
  returnConnected(callId: CallId): void
  join(callId: CallId, media: MediaChoice): GroupOutcome
  /** Takes an invitation off the list. */
  forget(callId: CallId): void
  accept(callId: CallId, media: MediaChoice): void
  decline(callId: CallId): void
  end(callId: CallId): void
  setMedia(callId: CallId, media: MediaChoice): void
  dismiss(callId: CallId): void
  remove(callId: CallId, member: MemberId): void
  setHost(callId: CallId, member: MemberId, host: boolean): void
  askToMute(callId: CallId, member: MemberId): void
  raiseHand(callId: CallId, up: boolean): void
  react(callId: CallId, emoji: string): void
  say(callId: CallId, text: string): 'sent' | 'not-sent'
  markChatRead(callId: CallId): void
  compareWords(callId: CallId): void
  /** Hosts only: in the place of the link that the call has. */
  createLink(callId: CallId, hours: LinkHours): Promise<LinkOutcome>
  withdrawLink(callId: CallId): void
  /** At the door of somebody else's call. */
  knock(link: string, media: MediaChoice): Promise<KnockOutcome>
  admit(callId: CallId, guest: MemberId): void
  refuse(callId: CallId, guest: MemberId): void
  personChanged(accountId: AccountId, change: { readonly name?: string; readonly verification?: Verification }): void
  /** The page lost what the media worker knew. `true`: this device leaves and comes anew, with streams of its own. */
  mediaRestarted(callId: CallId): boolean
  /** Leaves; resolves when that has been said. */
  close(): Promise<void>
}

/** The machine leaves within a second, and what it says last needs a moment. */
const GOODBYE: Ms = 1500
export function createGroupCalls(environment: GroupEnvironment): GroupCalls {
  return new GroupCallRunner(environment)
}

class GroupCallRunner implements GroupCalls, GroupRunner {
  readonly environment: GroupEnvironment
  readonly #contexts = new Map<CallId, GroupContext>()
  readonly #effects: GroupEffects
  readonly #screen: Screen
  readonly #returns = new KnownReturns()
  readonly #stopMail: () => void
  #state: GroupState | undefined
  readonly #turns = new Turns<GroupEvent>(
    (event) => this.#step(event),
    () => this.#settled(),
  )
  /** The page was loaded again: to be joined anew as soon as it is left. */
  #anew: { readonly callId: CallId; readonly media: MediaChoice; readonly staysBefore: number } | undefined

  constructor(environment: GroupEnvironment) {
    this.environment = { ...environment, invitations: new KnownInvitations(environment.invitations) }
    this.#effects = new GroupEffects(this)
    this.#screen = new Screen(environment, (now) => this.#views(now))
    this.#stopMail = environment.mail.onReceived((mail) => mailReceived(this, mail))
    this.changed()
  }

  readonly state = (): GroupState => {
    this.#state ??= this.#initial()
    return this.#state
  }

  readonly dispatch = (event: GroupEvent): void => this.#turns.take(event)

  readonly add = (context: GroupContext): void => void this.#contexts.set(context.callId, context)

  readonly changed = (): void => this.#screen.changed()

  readonly keyOpened = (context: GroupContext, epoch: Epoch, device: MemberId): void => {
    this.#returns.note(context, epoch, device)
  }

  get contexts(): ReadonlyMap<CallId, GroupContext> {
    return this.#contexts
  }

  get occupied(): boolean {
    return occupies(this.state().call)
  }

  knows(callId: CallId): boolean {
    const { call } = this.state()
    return call.kind !== 'idle' && call.groupId === callId
  }

  start(handles: readonly string[], media: MediaChoice): GroupOutcome {
    return found(this, handles, media)
  }

  upgrade(callId: CallId, handles: readonly string[]): GroupOutcome {
    return upgrade(this, callId, handles)
  }

  upgradeReceived(callId: CallId, received: Upgrade): void {
    upgradeReceived(this, callId, received)
  }

  oneToOneMedia(callId: CallId, media: MediaChoice): void {
    oneToOneMedia(this, callId, media)
  }

  oneToOneOver(callId: CallId, hungUp: boolean): void {
    oneToOneOver(this, callId, hungUp)
  }

  calledBack(callId: CallId, from: Bytes): ReturningCall | 'refused' | undefined {
    const known = this.#returns.find(callId, from)
    return known && calledBack(this, this.#contexts.get(known.groupId), known, callId)
  }

  returnConnected(callId: CallId): void {
    this.dispatch({ kind: 'one-to-one-connected', groupId: callId })
  }

  invite(callId: CallId, handles: readonly string[]): void {
    const context = this.#contexts.get(callId)
    if (context === undefined) return
    const wanted = handles.map(wantedBy)
    // Who is called once more is called once.
    const others = context.wanted.filter(({ handle }) => !handles.includes(handle.reveal()))
    context.wanted = [...others, ...wanted]
    this.dispatch({ kind: 'user-invite', groupId: callId, people: context.invited.put(wanted) })
  }

  join(callId: CallId, media: MediaChoice): GroupOutcome {
    return join(this, callId, media)
  }

  forget(callId: CallId): void {
    forget(this, callId)
  }

  accept(callId: CallId, media: MediaChoice): void {
    this.dispatch({ kind: 'user-accept', groupId: callId, media })
  }

  decline(callId: CallId): void {
    this.dispatch({ kind: 'user-decline', groupId: callId })
  }

  end(callId: CallId): void {
    this.dispatch({ kind: 'user-end', groupId: callId })
  }

  setMedia(callId: CallId, media: MediaChoice): void {
    chooseMedia(this, callId, media)
  }

  dismiss(callId: CallId): void {
    this.dispatch({ kind: 'user-dismiss', groupId: callId })
  }

  remove(callId: CallId, device: MemberId): void {
    this.dispatch({ kind: 'user-remove', groupId: callId, device })
  }

  setHost(callId: CallId, device: MemberId, on: boolean): void {
    this.dispatch({ kind: 'user-host', groupId: callId, device, on })
  }

  askToMute(callId: CallId, device: MemberId): void {
    this.dispatch({ kind: 'user-mute', groupId: callId, device })
  }

  raiseHand(callId: CallId, up: boolean): void {
    this.dispatch({ kind: 'user-hand', groupId: callId, up })
  }

  react(callId: CallId, emoji: string): void {
    const context = this.#contexts.get(callId)
    if (context === undefined || !sendRecord(context, { type: 'reaction', emoji })) return
    const { clock } = this.environment
    context.conversation.reacted(undefined, emoji, clock.now())
    clock.after(REACTION_SHOWN, this.changed)
    this.changed()
  }

  say(callId: CallId, text: string): 'sent' | 'not-sent' {
    const context = this.#contexts.get(callId)
    const { random, clock } = this.environment
    const id = random(CHAT_ID_LENGTH)
    if (context === undefined || !sendRecord(context, { type: 'chat', id, text })) return 'not-sent'
    context.conversation.said(undefined, id, text, clock.now())
    tellGroupOnly(this, context)
    this.changed()
    return 'sent'
  }

  markChatRead(callId: CallId): void {
    const context = this.#contexts.get(callId)
    if (context === undefined) return
    context.conversation.unread = 0
    this.changed()
  }

  compareWords(callId: CallId): void {
    const context = this.#contexts.get(callId)
    if (context !== undefined) compareWords(this, context)
  }

  createLink(callId: CallId, hours: LinkHours): Promise<LinkOutcome> {
    return askForLink(this, callId, hours)
  }

  withdrawLink(callId: CallId): void {
    const context = this.#contexts.get(callId)
    if (context !== undefined) withdrawLink(this, context)
  }

  knock(link: string, media: MediaChoice): Promise<KnockOutcome> {
    return knockAt(this, link, media)
  }

  admit(callId: CallId, guest: MemberId): void {
    this.dispatch({ kind: 'user-admit', groupId: callId, device: guest })
  }

  refuse(callId: CallId, guest: MemberId): void {
    this.dispatch({ kind: 'user-refuse', groupId: callId, device: guest })
  }

  personChanged(accountId: AccountId, change: { readonly name?: string; readonly verification?: Verification }): void {
    for (const { people } of this.#contexts.values()) {
      const person = people.get(accountId)
      const inContacts = person?.inContacts === true || change.name !== undefined
      if (person !== undefined) people.set(accountId, { ...person, ...change, inContacts })
    }
    this.changed()
  }

  mediaRestarted(callId: CallId): boolean {
    const { call } = this.state()
    const context = this.#contexts.get(callId)
    if (context === undefined || call.kind !== 'inside' || call.groupId !== callId) return false
    this.#anew = { callId, media: { ...call.local, screen: false }, staysBefore: mediaStay(context) }
    this.end(callId)
    return true
  }

  async close(): Promise<void> {
    this.#stopMail()
    const { call } = this.state()
    if (occupies(call) && call.kind !== 'idle') {
      this.end(call.groupId)
      await new Promise<void>((resolve) => this.environment.clock.after(GOODBYE, resolve))
    }
    this.#screen.stop()
  }

  #initial(): GroupState {
    const own = this.environment.identity()
    if (own === undefined) throw new Error('a group call without an account')
    return initialState(toHex(own.certHash), toHex(own.accountPub))
  }

  #settled(): void {
    this.#joinAnew()
    this.#hush()
    this.#forget()
    this.changed()
  }

  #step(event: GroupEvent): void {
    const before = this.state()
    const { state, effects } = step(before, event)
    this.#state = state
    const { call } = state
    const context = call.kind === 'idle' ? undefined : this.#contexts.get(call.groupId)
    if (context !== undefined) follow(this, context, before)
    for (const effect of effects) this.#execute(effect)
  }

  #execute(effect: GroupEffect): void {
    const context = this.#contexts.get(effect.groupId)
    if (context === undefined) throw new Error('an effect for a group call that is not there')
    if (effect.kind === 'record') {
      if (!isQuiet(context)) this.#record(context, effect.reason, effect.missed)
    } else this.#effects.execute(context, effect)
  }

  #record(context: GroupContext, reason: GroupEndReason, missed: boolean): void {
    const { clock, record, invitations } = this.environment
    if (this.#anew?.callId !== context.callId) record(historyEntry(context, reason, missed, clock.now()))
    if (!mayComeBack(context, reason)) invitations.remove(context.groupId)
  }

  #joinAnew(): void {
    const anew = this.#anew
    if (anew === undefined || this.state().call.kind !== 'ended') return
    this.#anew = undefined
    this.dispatch({ kind: 'user-dismiss', groupId: anew.callId })
    join(this, anew.callId, anew.media, anew.staysBefore)
  }

  /** While the 1:1 call goes on, or was what the person ended, the end of its upgrade is no matter of the screen. */
  #hush(): void {
    const { call } = this.state()
    const context = call.kind === 'ended' ? this.#contexts.get(call.groupId) : undefined
    if (context !== undefined && isQuiet(context)) this.dismiss(context.callId)
  }

  /** A call that is neither on nor on the screen is nobody's business any more. */
  #forget(): void {
    const { call } = this.state()
    for (const callId of this.#contexts.keys()) {
      if (call.kind === 'idle' || call.groupId !== callId) this.#contexts.delete(callId)
    }
  }

  #views(now: UnixMs): GroupViews {
    const { identity, invitations } = this.environment
    const state = identity() === undefined ? undefined : this.state()
    const { call } = state ?? {}
    const current = call === undefined || call.kind === 'idle' ? undefined : call.groupId
    const context = current === undefined ? undefined : this.#contexts.get(current)
    return {
      group: state && context?.silent === false ? groupView(state, context, now) : undefined,
      incoming: state && context && incomingView(state, context),
      joinable: invitations
        .all(now)
        .filter(({ groupId }) => toHex(groupId) !== current || call?.kind === 'ended')
        .map(joinableCall),
    }
  }
}

function isQuiet({ oneToOne, silent }: GroupContext): boolean {
  return silent || oneToOne !== undefined
}
