/**
 * What the renderer sees: one immutable picture of everything it shows, pushed whole by the main process after each change.
 * No key, no certificate, no address. Times are Unix milliseconds.
 */
import type { UnixMs } from '../base/time.ts'
import type { VideoCodec } from '../media/payload-types.ts'
import type { GroupView, JoinableCall } from './group-view.ts'
import type { AccountId, CallId, EndReason, MediaChoice, PersonName, SuiteName, Verification } from './terms.ts'

export type * from './terms.ts'

export interface Snapshot {
  readonly startup: Startup
  readonly service: ServiceState
  readonly contacts: readonly Contact[]
  readonly history: readonly HistoryEntry[]
  readonly settings: Settings
  /** A device has one call: while one of `call` and `group` is on, the other is not, but for a moment in which one becomes the other. */
  readonly call: CallView | undefined
  readonly group: GroupView | undefined
  readonly incoming: IncomingView | undefined
  /** Group calls that go on, as far as is known here, and to which this account is invited. Latest first. */
  readonly joinable: readonly JoinableCall[]
  /** The chosen keys for muting belong to another program. */
  readonly muteShortcutTaken: boolean
  readonly mainWindow: MainWindow
}

/** `front`: it has the keyboard. `away`: minimised or hidden. */
export type MainWindow = 'front' | 'behind' | 'away'

/** Where the app stands before the main window can be used. */
export type Startup =
  | { readonly kind: 'opening' }
  | { readonly kind: 'no-keychain'; readonly reason: KeychainProblem }
  | { readonly kind: 'no-account' }
  | { readonly kind: 'ready'; readonly profile: Profile }

export type KeychainProblem =
  | 'missing' /* no keychain service, or one that would store in the clear */
  | 'locked' /* there is one, and it did not answer or is locked */
  | 'changed' /* it answers, but no longer opens what this device sealed; nothing was overwritten */
  | 'damaged' /* the sealed files cannot be read */

export interface Profile {
  readonly name: string
  readonly handle: string
  readonly accountId: AccountId
}

export interface ServiceState {
  readonly kind: 'connecting' | 'online' | 'offline'
  /** What a person types into another app to use the same service, e.g. `192.168.1.20:8440`. */
  readonly address: string
  /** The service that runs inside this app, if it does. */
  readonly embedded: boolean
}

export interface Contact {
  readonly accountId: AccountId
  readonly handle: string
  readonly name: string
  readonly verification: Verification
  readonly blocked: boolean
}

export interface HistoryEntry {
  readonly id: string
  readonly handle: string
  readonly accountId: AccountId | undefined
  readonly name: string
  /** The others of a group call; then `handle` and `name` are of who called, or of the first who was called. */
  readonly group: readonly PersonName[] | undefined
  readonly direction: 'outgoing' | 'incoming'
  readonly video: boolean
  readonly startedAt: UnixMs
  /** 0 if the call was never answered. */
  readonly durationMs: number
  readonly reason: EndReason
  /** A missed call that the person has not looked at yet. */
  readonly unseen: boolean
}

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark'
  readonly hideAddress: boolean
  /** The first suite that is offered (R22). */
  readonly preferredSuite: SuiteName
  readonly cameraId: string | undefined
  readonly microphoneId: string | undefined
  readonly speakerId: string | undefined
  readonly echoCancellation: boolean
  readonly noiseSuppression: boolean
  readonly automaticGain: boolean
  /** While muted, the space bar is held to speak. */
  readonly pushToTalk: boolean
  /** Keys that mute and unmute from any program (`accelerator.ts`). */
  readonly muteShortcut: string | undefined
  /** Of the own picture. */
  readonly videoCodec: VideoCodecChoice
  /** A small window stands for the call while the main one is out of sight. */
  readonly floatingWindow: boolean
  readonly ringtone: boolean
  /** Only people in the contacts may ring. */
  readonly contactsOnly: boolean
  readonly language: 'system' | 'en'
}

export type VideoCodecChoice = 'automatic' | VideoCodec

export interface IncomingView {
  readonly callId: CallId
  readonly name: string
  readonly handle: string
  readonly verification: Verification
  readonly inContacts: boolean
  readonly video: boolean
  /** Who is in already, besides the caller, as the caller says; `undefined` for a 1:1 call. */
  readonly group: readonly PersonName[] | undefined
}

export interface CallView {
  readonly callId: CallId
  /** It is to take the place of the group call, which is shown and heard until then (R40). */
  readonly behindGroup: boolean
  readonly direction: 'outgoing' | 'incoming'
  readonly name: string
  readonly handle: string
  readonly accountId: AccountId | undefined
  readonly phase: CallPhase
  readonly local: MediaChoice
  readonly remote: MediaChoice
  /** Set from the moment when the session's keys exist. */
  readonly proof: CallProof | undefined
  /** When the call was answered; the elapsed time counts from here. */
  readonly connectedAt: UnixMs | undefined
}

export type CallPhase =
  | { readonly kind: 'calling' } /* invitations are on their way */
  | { readonly kind: 'ringing' } /* a device of the other person has it */
  | { readonly kind: 'connecting' } /* accepted; keys are being agreed */
  | { readonly kind: 'connected' }
  | { readonly kind: 'reconnecting'; readonly until: UnixMs } /* then the call is given up */
  | { readonly kind: 'ended'; readonly reason: EndReason } /* shown until dismissed */

export interface CallProof {
  readonly verification: Verification
  /** Four words, equal on both sides unless someone stands between; `undefined` before Confirm. */
  readonly safetyWords: readonly string[] | undefined
  readonly suite: SuiteName
  readonly path: 'relay' | 'direct'
  readonly keysSince: UnixMs
}
