/**
 * This folder runs the effects of the call machine (`src-shared/call/machine`): it turns what the ports bring into events, and effects
 * into work for the ports. What belongs here: the order of that work, and what one call holds (`call-context.ts`). What may not:
 * decisions about the course of a call, which are the machine's; Electron; any port's implementation.
 */
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'

import type { CallEffect } from '../../src-shared/call/machine/effects.ts'
import type { CallEvent } from '../../src-shared/call/machine/events.ts'
import { type DeviceState, initialState, NO_MEDIA } from '../../src-shared/call/machine/state.ts'
import { step } from '../../src-shared/call/machine/step.ts'
import type { Upgrade } from '../../src-shared/group/upgrade.ts'
import type { CallId, CallView, IncomingView, MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import type { AccountId, Verification } from '../../src-shared/ipc/snapshot.ts'
import { CALL_ID_LENGTH } from '../../src-shared/protocol/invite.ts'
import { type CallContext, createContext, type Runner } from './call-context.ts'
import { sendUpgrade } from './control-link.ts'
import { EffectRunner } from './effects.ts'
import { mailReceived } from './mail.ts'
import type { CallEnvironment, ReturningCall, StandingCall } from './ports.ts'
import { Turns } from './turns.ts'
import { callView, historyEntry, incomingView } from './views.ts'

export interface Calls {
  /** Whether a group call must wait. */
  readonly occupied: boolean
  /** The id of the new call; `undefined` while there is another. */
  start(handle: string, media: MediaChoice): CallId | undefined
  accept(callId: CallId, media: MediaChoice): void
  decline(callId: CallId): void
  /** Cancels while ringing, hangs up afterwards. Of one that has not taken a group call's place the person learns nothing. */
  end(callId: CallId): void
  setMedia(callId: CallId, media: MediaChoice): void
  /** Takes an ended call off the screen. */
  dismiss(callId: CallId): void
  /** Also while a call is on: a hidden address leaves the direct path at once. */
  preferencesChanged(): void
  /** The person renamed or compared keys with somebody: what is shown of a running call follows. */
  personChanged(accountId: AccountId, change: { readonly name?: string; readonly verification?: Verification }): void
  /** The machine woke up: new keys (section 5). */
  resumed(): void
  /** The page lost what the media worker knew. `true`: new keys will come, and the present ones are not to be used again. */
  mediaRestarted(callId: CallId): boolean
  /** What a group call needs to take this one over (R36); `undefined` unless it is connected. */
  standing(callId: CallId): StandingCall | undefined
  sendUpgrade(callId: CallId, upgrade: Upgrade): void
  /** The group call has taken it over: it ends without a word. */
  moved(callId: CallId): void
  /** The call that is to take a group call's place, to its other member (R40). */
  callBack(returning: ReturningCall): void
  /** It has taken that place. */
  takePlace(callId: CallId): void
  /** Hangs up; resolves when that has been said. */
  close(): Promise<void>
}

interface Views {
  readonly call: CallView | undefined
  readonly incoming: IncomingView | undefined
}

export function createCalls(environment: CallEnvironment): Calls {
  return new CallRunner(environment)
}

class CallRunner implements Calls, Runner {
  readonly environment: CallEnvironment
  readonly #contexts = new Map<CallId, CallContext>()
  readonly #effects: EffectRunner
  readonly #stopMail: () => void
  #state: DeviceState
  readonly #turns = new Turns<CallEvent>(
    (event) => this.#step(event),
    () => this.#settled(),
  )
  #shown: string

  constructor(environment: CallEnvironment) {
    this.environment = environment
    this.#state = initialState(environment.preferences().hideAddress)
    this.#effects = new EffectRunner(this)
    this.#shown = JSON.stringify(this.#views())
    this.#stopMail = environment.mail.onReceived((mail) => mailReceived(this, mail))
  }

  readonly state = (): DeviceState => this.#state

  readonly dispatch = (event: CallEvent): void => this.#turns.take(event)

  readonly add = (context: CallContext): void => void this.#contexts.set(context.callId, context)

  get contexts(): ReadonlyMap<CallId, CallContext> {
    return this.#contexts
  }

  get occupied(): boolean {
    const { kind } = this.#state.call
    return kind !== 'idle' && kind !== 'ended'
  }

  start(handle: string, media: MediaChoice): CallId | undefined {
    if (this.occupied || this.environment.otherwiseEngaged()) return undefined
    this.preferencesChanged()
    return this.#call(this.environment.random(CALL_ID_LENGTH), handle, media, undefined)
  }

  callBack(returning: ReturningCall): void {
    if (this.occupied) return
    this.preferencesChanged()
    this.#call(returning.callId, returning.person.handle.reveal(), returning.media, returning)
  }

  #call(callIdBytes: Bytes, handle: string, media: MediaChoice, returning: ReturningCall | undefined): CallId {
    const callId = toHex(callIdBytes)
    this.add(
      createContext({
        callId,
        callIdBytes,
        direction: 'outgoing',
        startedAt: this.environment.clock.now(),
        video: media.video,
        person: undefined,
        claimedHandle: new Sensitive(handle),
        claimedName: undefined,
        outgoing: {
          typedHandle: new Sensitive(handle),
          offer: undefined,
          ticket: undefined,
          invited: [],
          sends: new Map(),
          verifying: new Set(),
        },
        incoming: undefined,
        returning,
        local: media,
        remote: NO_MEDIA,
      }),
    )
    this.dispatch({ kind: 'user-call', callId, media })
    return callId
  }

  accept(callId: CallId, media: MediaChoice): void {
    this.preferencesChanged()
    this.dispatch({ kind: 'user-accept', callId, media })
  }

  decline(callId: CallId): void {
    this.dispatch({ kind: 'user-decline', callId })
  }

  end(callId: CallId): void {
    this.dispatch({ kind: 'user-end', callId })
  }

  setMedia(callId: CallId, media: MediaChoice): void {
    this.dispatch({ kind: 'user-media', callId, media })
  }

  dismiss(callId: CallId): void {
    this.dispatch({ kind: 'user-dismiss', callId })
  }

  preferencesChanged(): void {
    const { hideAddress } = this.environment.preferences()
    if (hideAddress !== this.#state.hideAddress) this.dispatch({ kind: 'hide-address', hide: hideAddress })
  }

  personChanged(accountId: AccountId, change: { readonly name?: string; readonly verification?: Verification }): void {
    for (const context of this.#contexts.values()) {
      if (context.person?.accountId !== accountId) continue
      // A name of one's own makes a contact; who is taken out of the contacts stays one until the call is over.
      const inContacts = context.person.inContacts || change.name !== undefined
      context.person = { ...context.person, ...change, inContacts }
    }
    this.#show()
  }

  resumed(): void {
    this.dispatch({ kind: 'resumed' })
  }

  mediaRestarted(callId: CallId): boolean {
    const { call } = this.#state
    // Before Confirm nothing of the other side's counts yet, and no new keys can be asked for.
    if (call.kind !== 'connected' || call.callId !== callId) return false
    this.dispatch({ kind: 'media-restarted', callId })
    return true
  }

  standing(callId: CallId): StandingCall | undefined {
    const { call } = this.#state
    const context = this.#contexts.get(callId)
    if (call.kind !== 'connected' || call.callId !== callId || context === undefined) return undefined
    const { session, oldSession, peer, person, connectedAt, local } = context
    const { direction, startedAt, video } = context.returning ?? context
    if (session === undefined || peer === undefined || person === undefined) return undefined
    // The other side may be a generation of keys behind (R39).
    const exporters = [session, oldSession].flatMap((one) => one?.keys.groupUpgrade ?? [])
    return { exporters, peer, person, connectedAt, direction, startedAt, media: { ...local, screen: false }, video }
  }

  sendUpgrade(callId: CallId, upgrade: Upgrade): void {
    const context = this.#contexts.get(callId)
    if (context !== undefined && this.standing(callId) !== undefined) sendUpgrade(context, upgrade)
  }

  moved(callId: CallId): void {
    this.dispatch({ kind: 'moved', callId })
  }

  takePlace(callId: CallId): void {
    const context = this.#contexts.get(callId)
    if (context !== undefined) context.behind = false
    this.#show()
  }

  async close(): Promise<void> {
    this.#stopMail()
    const { call } = this.#state
    if (call.kind === 'idle' || call.kind === 'ended') return
    this.end(call.callId)
    await this.#effects.leave()
  }

  #settled(): void {
    this.#hush()
    this.#tellConnected()
    this.#forget()
    this.#show()
  }

  #step(event: CallEvent): void {
    const { state, effects } = step(this.#state, event)
    this.#state = state
    const { call } = state
    const context = call.kind === 'idle' ? undefined : this.#contexts.get(call.callId)
    if (context !== undefined && 'local' in call) context.local = call.local
    if (context !== undefined && 'remote' in call) context.remote = call.remote
    for (const effect of effects) this.#execute(effect)
  }

  #execute(effect: CallEffect): void {
    const context = this.#contexts.get(effect.callId)
    if (context === undefined) throw new Error('an effect for a call that is not there')
    if (effect.kind === 'record') {
      const { clock, record } = this.environment
      if (!context.behind) record(historyEntry(context, effect.reason, effect.missed, clock.now()))
    } else this.#effects.execute(context, effect)
    if (effect.kind === 'release') this.environment.released(effect.callId)
  }

  /** The person has seen nothing of it, and sees nothing of its end. */
  #hush(): void {
    const { call } = this.#state
    if (call.kind === 'ended' && this.#contexts.get(call.callId)?.behind === true) this.dismiss(call.callId)
  }

  /** R40. The callee is heard only when it has taken Confirm. */
  #tellConnected(): void {
    const { call } = this.#state
    const context = call.kind === 'connected' ? this.#contexts.get(call.callId) : undefined
    if (context?.behind !== true || !context.heard || context.returning === undefined) return
    this.environment.returnConnected(context.returning.groupId)
  }

  /** A call that is neither on nor on the screen is nobody's business any more. */
  #forget(): void {
    const { call } = this.#state
    for (const callId of this.#contexts.keys()) {
      if (call.kind === 'idle' || call.callId !== callId) this.#contexts.delete(callId)
    }
  }

  #views(): Views {
    const { call } = this.#state
    const context = call.kind === 'idle' ? undefined : this.#contexts.get(call.callId)
    if (context === undefined) return { call: undefined, incoming: undefined }
    return { call: callView(this.#state, context), incoming: incomingView(this.#state, context) }
  }

  #show(): void {
    const views = this.#views()
    const shown = JSON.stringify(views)
    if (shown === this.#shown) return
    this.#shown = shown
    this.environment.show(views)
  }
}
