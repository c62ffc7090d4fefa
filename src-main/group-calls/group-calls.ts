/**
 * This folder runs the effects of the group machine (`src-shared/group/machine`) with the core (`src-shared/group`): it turns what the
 * ports bring into events, and effects into work for the ports. What belongs here: the order of that work, and the chain, keys and
 * records of one call. What may not: decisions about the course of a call, which are the machine's; Electron; any port's implementation.
 */
import { type Bytes, equalBytes, toHex } from '../../src-shared/base/bytes.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import { DAY, HOUR, type Ms, type UnixMs } from '../../src-shared/base/time.ts'
import type { GroupEffect } from '../../src-shared/group/machine/effects.ts'
import type { GroupEvent } from '../../src-shared/group/machine/events.ts'
import { type GroupEndReason, type GroupState, initialState, occupies } from '../../src-shared/group/machine/state.ts'
import { type Epoch, isHost } from '../../src-shared/group/machine/roster.ts'
import { step } from '../../src-shared/group/machine/step.ts'
import { CHAT_ID_LENGTH } from '../../src-shared/group/record-content.ts'
import { groupIdOf } from '../../src-shared/group/roster.ts'
import type { Upgrade } from '../../src-shared/group/upgrade.ts'
import type { GroupOutcome, KnockOutcome, LinkHours, LinkOutcome } from '../../src-shared/ipc/contract.ts'
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { AccountId, CallId, MediaChoice, Verification } from '../../src-shared/ipc/snapshot.ts'
import type { ReturningCall, StandingCall } from '../calls/ports.ts'
import { REACTION_SHOWN } from './conversation.ts'
import { GroupEffects } from './effects.ts'
import { createContext, type GroupContext, type GroupRunner, type Wanted } from './group-context.ts'
import { mailReceived } from './invitations.ts'
import { KnownInvitations } from './known-invitations.ts'
import { beginStay, tellMembers } from './keys.ts'
import { createLink, knockAt, withdrawLink } from './links.ts'
import type { GroupEnvironment, GroupViews, Invitation } from './ports.ts'
import { calledBack, KnownReturns, tellGroupOnly } from './returning.ts'
import { sendRecord } from './say.ts'
import { type Beginning, upgradedContext, upgradingContext } from './upgrading.ts'
import { groupView, hasCompany, historyEntry, incomingView, joinableCall } from './views.ts'
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

const SHOW_EVERY: Ms = 100
/** As long as an invitation: who founded a call may return to it. */
const FOUNDED_LIFE: Ms = DAY
/** The machine leaves within a second, and what it says last needs a moment. */
const GOODBYE: Ms = 1500
/** Nothing is left to return to. */
const OVER: ReadonlySet<GroupEndReason> = new Set([
  'everyone-left',
  'removed',
  'insecure',
  'declined',
  'busy',
  'no-answer',
])
const SEED_LENGTH = 16

export function createGroupCalls(environment: GroupEnvironment): GroupCalls {
  return new GroupCallRunner(environment)
}

class GroupCallRunner implements GroupCalls, GroupRunner {
  readonly environment: GroupEnvironment
  readonly #contexts = new Map<CallId, GroupContext>()
  readonly #effects: GroupEffects
  readonly #invitations: KnownInvitations
  readonly #returns = new KnownReturns()
  readonly #stopMail: () => void
  #state: GroupState | undefined
  readonly #events: GroupEvent[] = []
  #running = false
  #shown = ''
  #shownAt: UnixMs = 0
  #cancelShow: (() => void) | undefined
  /** The page was loaded again: to be joined anew as soon as it is left. */
  #returning: { readonly callId: CallId; readonly media: MediaChoice } | undefined

  constructor(environment: GroupEnvironment) {
    this.#invitations = new KnownInvitations(environment.invitations)
    this.environment = { ...environment, invitations: this.#invitations }
    this.#effects = new GroupEffects(this)
    const desk = {
      runner: this,
      contextOf: (callId: CallId) => this.#contexts.get(callId),
      add: (context: GroupContext) => void this.#contexts.set(context.callId, context),
    }
    this.#stopMail = environment.mail.onReceived((mail) => mailReceived(desk, mail))
    this.changed()
  }

  readonly state = (): GroupState => {
    this.#state ??= this.#initial()
    return this.#state
  }

  /** Events that come up while another is worked on wait for their turn. */
  readonly dispatch = (event: GroupEvent): void => {
    this.#events.push(event)
    if (this.#running) return
    this.#running = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next)
    } finally {
      this.#running = false
    }
    this.#return()
    this.#hush()
    this.#forget()
    this.changed()
  }

  /** In a large call much happens within a moment, and each view of it costs milliseconds: the first is shown at once. */
  readonly changed = (): void => {
    const now = this.environment.clock.now()
    if (this.#cancelShow !== undefined) return
    if (now - this.#shownAt >= SHOW_EVERY) this.#show(now)
    else this.#cancelShow = this.environment.clock.after(SHOW_EVERY, () => this.#show(this.environment.clock.now()))
  }

  #show(now: UnixMs): void {
    this.#cancelShow = undefined
    this.#shownAt = now
    const views = this.#views()
    const shown = JSON.stringify(views)
    if (shown === this.#shown) return
    this.#shown = shown
    this.environment.show(views)
  }

  get occupied(): boolean {
    return occupies(this.state().call)
  }

  knows(callId: CallId): boolean {
    const { call } = this.state()
    return call.kind !== 'idle' && call.groupId === callId
  }

  start(handles: readonly string[], media: MediaChoice): GroupOutcome {
    const { environment } = this
    const own = environment.identity()
    if (own === undefined || this.occupied || environment.otherwiseEngaged()) return 'busy'
    const seed = environment.random(SEED_LENGTH)
    const context = createContext(
      {
        groupId: groupIdOf(own.certHash, seed),
        direction: 'outgoing',
        startedAt: environment.clock.now(),
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
      environment.random,
    )
    this.#contexts.set(context.callId, context)
    this.dispatch({ kind: 'user-found', groupId: context.callId, media, upgrade: undefined })
    return 'started'
  }

  upgrade(callId: CallId, handles: readonly string[]): GroupOutcome {
    const { identity, oneToOne, random } = this.environment
    const own = identity()
    const standing = oneToOne.standing(callId)
    if (own === undefined || standing === undefined || this.occupied) return 'busy'
    const begun = upgradingContext(this, own, callId, standing, random(SEED_LENGTH), handles.map(wantedBy))
    this.#takeOver(begun, standing)
    const { context, from } = begun
    this.dispatch({ kind: 'user-found', groupId: context.callId, media: standing.media, upgrade: from })
    return 'started'
  }

  upgradeReceived(callId: CallId, upgrade: Upgrade): void {
    const { identity, oneToOne } = this.environment
    const own = identity()
    const standing = oneToOne.standing(callId)
    if (own === undefined || standing === undefined || this.occupied) return
    const begun = upgradedContext(this, own, callId, standing, upgrade)
    if (begun === undefined) return
    this.#takeOver(begun, standing)
    const { context, from } = begun
    this.dispatch({ kind: 'upgraded', groupId: context.callId, media: standing.media, from })
  }

  oneToOneMedia(callId: CallId, media: MediaChoice): void {
    const context = this.#besides(callId)
    // What is captured for one call is not for another: who shares a screen picks it anew in the group.
    if (context !== undefined) this.setMedia(context.callId, { ...media, screen: false })
  }

  oneToOneOver(callId: CallId, hungUp: boolean): void {
    const context = this.#besides(callId)
    if (context === undefined) return
    if (hungUp) {
      context.silent = true
      this.end(context.callId)
    } else {
      context.oneToOne = undefined
      context.returning = undefined
      this.dispatch({ kind: 'one-to-one-ended', groupId: context.callId })
    }
  }

  calledBack(callId: CallId, from: Bytes): ReturningCall | 'refused' | undefined {
    const known = this.#returns.find(callId, from)
    return known && calledBack(this, this.#contexts.get(known.groupId), known, callId)
  }

  returnConnected(callId: CallId): void {
    this.dispatch({ kind: 'one-to-one-connected', groupId: callId })
  }

  readonly keyOpened = (context: GroupContext, epoch: Epoch, device: MemberId): void => {
    this.#returns.note(context, epoch, device)
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
    const { clock, invitations, otherwiseEngaged, identity } = this.environment
    const own = identity()
    const invitation = invitations.all(clock.now()).find(({ groupId }) => toHex(groupId) === callId)
    if (invitation === undefined || own === undefined || this.occupied || otherwiseEngaged()) return 'busy'
    this.#enter(invitation, own, media)
    return 'started'
  }

  forget(callId: CallId): void {
    const { clock, invitations } = this.environment
    const known = invitations.all(clock.now()).find(({ groupId }) => toHex(groupId) === callId)
    if (known !== undefined) invitations.remove(known.groupId)
    this.changed()
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
    const context = this.#contexts.get(callId)
    if (context !== undefined && !media.audio) context.conversation.muteRequestBy = undefined
    if (context?.returning !== undefined) {
      this.environment.oneToOne.setMedia(context.returning, { ...media, screen: false })
    }
    this.dispatch({ kind: 'user-media', groupId: callId, media })
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

  async createLink(callId: CallId, hours: LinkHours): Promise<LinkOutcome> {
    const context = this.#contexts.get(callId)
    const { call, self } = this.state()
    if (context === undefined || call.kind !== 'inside' || !isHost(call.roster, self)) return 'refused'
    return createLink(this, context, hours)
  }

  withdrawLink(callId: CallId): void {
    const context = this.#contexts.get(callId)
    if (context !== undefined) withdrawLink(this, context)
  }

  knock(link: string, media: MediaChoice): Promise<KnockOutcome> {
    return knockAt(this, link, media, (context) => {
      if (this.occupied || this.environment.otherwiseEngaged()) return false
      this.#contexts.set(context.callId, context)
      this.dispatch({ kind: 'user-knock', groupId: context.callId, media })
      return true
    })
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
    if (call.kind !== 'inside' || call.groupId !== callId) return false
    this.#returning = { callId, media: { ...call.local, screen: false } }
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
    this.#cancelShow?.()
  }

  #besides(callId: CallId): GroupContext | undefined {
    return [...this.#contexts.values()].find(({ oneToOne, returning }) => oneToOne === callId || returning === callId)
  }

  #takeOver({ context }: Beginning, { person }: StandingCall): void {
    context.people.set(person.accountId, person)
    this.#contexts.set(context.callId, context)
  }

  #initial(): GroupState {
    const own = this.environment.identity()
    if (own === undefined) throw new Error('a group call without an account')
    return initialState(toHex(own.certHash), toHex(own.accountPub))
  }

  #step(event: GroupEvent): void {
    const before = this.state()
    const { state, effects } = step(before, event)
    this.#state = state
    const { call } = state
    const context = call.kind === 'idle' ? undefined : this.#contexts.get(call.groupId)
    if (context !== undefined) this.#follow(context, before)
    for (const effect of effects) this.#execute(effect)
  }

  /** What the context takes over from the machine. */
  #follow(context: GroupContext, before: GroupState): void {
    const { call } = this.state()
    if ('local' in call) context.local = call.local
    const { clock } = this.environment
    if (call.kind !== 'inside') return
    const was = before.call.kind === 'inside' ? before.call : undefined
    if (was?.join !== call.join) {
      beginStay(this, context)
      tellGroupOnly(this, context)
      this.#foundedHere(context)
      // Called nobody: the others come by the link.
      if (
        was === undefined &&
        context.seed !== undefined &&
        context.oneToOne === undefined &&
        context.wanted.length === 0
      )
        void createLink(this, context, FOUNDED_LIFE / HOUR)
    }
    if (was?.roster !== call.roster) {
      for (const { certHash, certificate, handle, join } of context.chain.roster?.members ?? []) {
        // Who came by a link stays a guest, also when it returns by its invitation.
        const guest = join.linkTag !== undefined || context.met.get(toHex(certHash))?.guest === true
        context.met.set(toHex(certHash), { account: toHex(certificate.accountPub), handle, guest })
      }
    }
    if (call.met) context.connectedAt ??= clock.now()
    if (was?.people !== call.people || was.roster !== call.roster) tellMembers(this, context)
  }

  /** So that this person may come back, as everybody else may by its invitation. */
  #foundedHere(context: GroupContext): void {
    const { chain, own, groupId, ticket, video, wanted } = context
    if (context.createHash !== undefined || chain.roster === undefined || ticket === undefined) return
    context.createHash = chain.roster.createHash
    const now = this.environment.clock.now()
    this.environment.invitations.save({
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

  #execute(effect: GroupEffect): void {
    const context = this.#contexts.get(effect.groupId)
    if (context === undefined) throw new Error('an effect for a group call that is not there')
    if (effect.kind === 'record') {
      if (!isQuiet(context)) this.#record(context, effect.reason, effect.missed)
    } else this.#effects.execute(context, effect)
  }

  #record(context: GroupContext, reason: GroupEndReason, missed: boolean): void {
    const { clock, record, invitations } = this.environment
    if (this.#returning?.callId !== context.callId) record(historyEntry(context, reason, missed, clock.now()))
    const wasIn = context.stay > 0
    // Who did not answer, or was busy, may still come.
    const mayCome = !wasIn && (reason === 'no-answer' || reason === 'busy')
    const isOver = OVER.has(reason) || (wasIn && !hasCompany(context))
    if (isOver && !mayCome) invitations.remove(context.groupId)
  }

  #return(): void {
    const returning = this.#returning
    if (returning === undefined || this.state().call.kind !== 'ended') return
    this.#returning = undefined
    this.dispatch({ kind: 'user-dismiss', groupId: returning.callId })
    this.join(returning.callId, returning.media)
  }

  #enter(invitation: Invitation, own: NonNullable<ReturnType<GroupEnvironment['identity']>>, media: MediaChoice): void {
    const { clock, random } = this.environment
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
    this.#contexts.set(context.callId, context)
    this.dispatch({ kind: 'user-join', groupId: context.callId, media, sentAt: invitation.sentAt })
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

  #views(): GroupViews {
    const { clock, invitations } = this.environment
    const now = clock.now()
    const state = this.environment.identity() === undefined ? undefined : this.state()
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

function wantedBy(handle: string): Wanted {
  return { handle: new Sensitive(handle), person: undefined, failed: undefined }
}
