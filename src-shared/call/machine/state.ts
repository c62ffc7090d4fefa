/**
 * The 1:1 call of one device as a pure machine: `step(state, event)` in `step.ts` gives the next state and the effects to execute.
 * What belongs here: what may happen when (docs/protocol.md, sections 3.6 and 3.7). What may not: bytes, keys, clocks, links;
 * they live in the runner (`src-main/calls`), so that every interleaving of two or three devices can be walked through in a test.
 * A device has at most one call; invitations beside it are answered without a state of their own.
 */
import type { UnixMs } from '../../base/time.ts'
import type { CallId, EndReason, MediaChoice } from '../../ipc/snapshot.ts'
import type { AccountKey, DeviceId } from './events.ts'
import { FINISHED_KEPT } from './timers.ts'

export interface DeviceState {
  readonly call: Call
  /** "Hide my address": no direct path, offered or taken. */
  readonly hideAddress: boolean
  /** Calls that are over, latest last. */
  readonly finished: readonly FinishedCall[]
}

export interface FinishedCall {
  readonly callId: CallId
  /** The device that ended it before its invitation came; `undefined`: over for whoever invites. */
  readonly by: DeviceId | undefined
  /** Set while the invitation has not come: what to note in the history when it does. */
  readonly missed: EndReason | undefined
}

export type Call = Idle | Outgoing | Incoming | Connected | Ended

export interface Idle {
  readonly kind: 'idle'
}

export interface Outgoing {
  readonly kind: 'outgoing'
  readonly callId: CallId
  /**
   * `resolving`: the directory is asked; `preparing`: ephemeral keys and ticket; `inviting`: invitations are on their way,
   * and answers welcome; `ringing`: the same, and a device said that it rings.
   */
  readonly stage: 'resolving' | 'preparing' | 'inviting' | 'ringing'
  /** Known after `resolving`. */
  readonly account: AccountKey | undefined
  readonly local: MediaChoice
  readonly relayOpen: boolean
  /** Accepts that were handed to the cryptography, and those of them that it refused. */
  readonly acceptsTried: number
  readonly acceptsRefused: number
}

export interface Incoming {
  readonly kind: 'incoming'
  readonly callId: CallId
  /** `ringing` until the user's yes; `making`: the Accept is computed; `made`: it waits for the relay; `sent`: Confirm is awaited. */
  readonly stage: 'ringing' | 'making' | 'made' | 'sent'
  readonly from: DeviceId
  readonly account: AccountKey
  readonly sentAt: UnixMs
  /** Nothing is open before the user's yes. */
  readonly local: MediaChoice
  readonly remote: MediaChoice
  readonly relayOpen: boolean
}

export interface Connected {
  readonly kind: 'connected'
  readonly callId: CallId
  readonly role: 'caller' | 'callee'
  readonly device: DeviceId
  readonly account: AccountKey
  /** The callee's: of the invitation. */
  readonly sentAt: UnixMs | undefined
  readonly local: MediaChoice
  readonly remote: MediaChoice
  readonly relayOpen: boolean
  /** `false`: reconnecting. */
  readonly live: boolean
  readonly direct: DirectPath
  readonly generation: number
  readonly rekeying: boolean
}

export type DirectPath =
  /** `last`: the highest path id of the call so far; lower ones never come back. `failures`: since one last worked. */
  | { readonly kind: 'none'; readonly last: number; readonly failures: number }
  | {
      readonly kind: 'open'
      readonly pathId: number
      readonly failures: number
      /** The peer's endpoint is known. */
      readonly answered: boolean
      /** The peer's proof verified (R26): packets from it count. */
      readonly proven: boolean
      /** The peer has taken this side's proof. With `proven`, and not `quiet`: media go this way. */
      readonly taken: boolean
      /** Nothing comes over it at present; it is kept, because it may be the network that is away. */
      readonly quiet: boolean
    }

export interface Ended {
  readonly kind: 'ended'
  readonly callId: CallId
  readonly reason: EndReason
}

export const NO_MEDIA: MediaChoice = { audio: false, video: false, screen: false }

export function initialState(hideAddress: boolean): DeviceState {
  return { call: { kind: 'idle' }, hideAddress, finished: [] }
}

/** The path that this device's media take now; `undefined`: none may leave (3.7). */
export function sendingPath(call: Call): 'relay' | 'direct' | undefined {
  switch (call.kind) {
    case 'incoming':
      return call.stage === 'sent' ? 'relay' : undefined
    case 'connected':
      return usesDirect(call) ? 'direct' : 'relay'
    case 'idle':
    case 'outgoing':
    case 'ended':
      return undefined
  }
}

/** Packets that come over `path` count; before, they are dropped unread. */
export function takesPackets(call: Call, path: 'relay' | 'direct'): boolean {
  if (path === 'relay') return sendingPath(call) !== undefined
  return call.kind === 'connected' && call.direct.kind === 'open' && call.direct.proven
}

export function usesDirect({ direct }: Connected): boolean {
  return isAgreed(direct) && !direct.quiet
}

/** Both sides have taken each other's proof. */
export function isAgreed(direct: DirectPath): direct is DirectPath & { readonly kind: 'open' } {
  return direct.kind === 'open' && direct.proven && direct.taken
}

export function remember(finished: readonly FinishedCall[], entry: FinishedCall): readonly FinishedCall[] {
  return [...finished.filter(({ callId }) => callId !== entry.callId), entry].slice(-FINISHED_KEPT)
}
