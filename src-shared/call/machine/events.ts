/**
 * Every input of the call machine, by source:
 *
 * - the user: call, accept, decline, end, choice of media, dismiss, hide my address; the group call that this one has become; and the system, resumed from suspend or with a
 *   media worker that has forgotten what it received
 * - the service: lookup and ticket came or failed; invitations could not be handed over
 * - mail (sealed envelopes, opened by all of R14): invite, cancel, answered, reply
 * - the relay link: opened, lost, the peer left the room, an Accept arrived
 * - the control channel, over either path: a record that opened, or one that did not
 * - the direct path: own end found, stands, any message, the peer's proof, quiet, back, lost
 * - cryptography: what the runner made of an Accept or a rekey
 * - timers
 *
 * Bytes, keys and certificates do not come in here: where one matters later, the runner keeps it and the machine holds its `Handle`.
 */
import type { Ms, UnixMs } from '../../base/time.ts'
import type { CallId, EndReason, MediaChoice } from '../../ipc/snapshot.ts'
import type { CancelReason, ReplyAnswer } from '../../protocol/cancel.ts'
import type { EndReason as End } from '../../protocol/control-record.ts'
import type { TimerName } from './timers.ts'

/** Lower-case hexadecimal of a certHash. */
export type DeviceId = string
/** Lower-case hexadecimal of an account key. */
export type AccountKey = string
/** Something that the runner keeps for the machine. */
export type Handle = number

/** What the receiver's own rules say of an invitation that is genuine: `miss` and `key-changed` (R7) are noted, not rung. */
export type Admission = 'ring' | 'miss' | 'key-changed' | 'busy'

export interface Invitation {
  readonly callId: CallId
  readonly from: DeviceId
  readonly account: AccountKey
  readonly media: MediaChoice
  /** By the sender's clock: tells which of two invitations of one device is the newer. */
  readonly sentAt: UnixMs
  /** How long it is still good for; zero or less: expired. */
  readonly remaining: Ms
  readonly admission: Admission
  /** In the contacts: only they learn that it rings or that the line is busy (R19). */
  readonly known: boolean
}

/** A control record's content as the machine needs it (section 3.5). */
export type ControlMessage =
  | { readonly type: 'confirm'; /** R23: the nonce fits the commitment. */ readonly matches: boolean }
  | { readonly type: 'media'; readonly media: MediaChoice }
  | { readonly type: 'path-offer'; readonly pathId: number; readonly endpoint: Handle }
  | { readonly type: 'path-remove'; readonly pathId: number }
  | { readonly type: 'rekey-offer'; readonly offer: Handle }
  | { readonly type: 'rekey-answer'; readonly answer: Handle }
  | { readonly type: 'rekey-request' }
  | { readonly type: 'end'; readonly end: End }
  | { readonly type: 'cancel'; readonly reason: CancelReason }
  | { readonly type: 'keep-alive' }
  | { readonly type: 'profile' }

export type UserEvent =
  | { readonly kind: 'user-call'; readonly callId: CallId; readonly media: MediaChoice }
  | { readonly kind: 'user-accept'; readonly callId: CallId; readonly media: MediaChoice }
  | { readonly kind: 'user-decline'; readonly callId: CallId }
  | { readonly kind: 'user-end'; readonly callId: CallId }
  | { readonly kind: 'user-media'; readonly callId: CallId; readonly media: MediaChoice }
  | { readonly kind: 'user-dismiss'; readonly callId: CallId }
  /** It goes on as a group call (R36): the peer's machine hears the same from its own group. */
  | { readonly kind: 'moved'; readonly callId: CallId }
  | { readonly kind: 'hide-address'; readonly hide: boolean }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'media-restarted'; readonly callId: CallId }

export type ServiceEvent =
  | { readonly kind: 'resolved'; readonly callId: CallId; readonly account: AccountKey }
  | { readonly kind: 'prepared'; readonly callId: CallId }
  /** Lookup, ticket or all invitations failed. */
  | { readonly kind: 'set-up-failed'; readonly callId: CallId; readonly reason: EndReason }

export type MailEvent =
  | { readonly kind: 'invite'; readonly invitation: Invitation }
  /** The other member's of the group call that goes on as this one (R40): its person was asked once. `media`: of the group call. */
  | { readonly kind: 'called-back'; readonly invitation: Invitation; readonly media: MediaChoice }
  /** The calling device takes its call back; or a device that was invited (the runner knows which) could not go on. */
  | { readonly kind: 'cancel'; readonly callId: CallId; readonly from: DeviceId; readonly reason: CancelReason }
  /** Signed by a device of the own account (R24). */
  | { readonly kind: 'answered'; readonly callId: CallId }
  /** Signed by a device of the account that was called. */
  | { readonly kind: 'reply'; readonly callId: CallId; readonly from: DeviceId; readonly answer: ReplyAnswer }

export type RelayEvent =
  | { readonly kind: 'relay-opened'; readonly callId: CallId }
  | { readonly kind: 'relay-lost'; readonly callId: CallId }
  | { readonly kind: 'peer-left'; readonly callId: CallId }
  | { readonly kind: 'accept-arrived'; readonly callId: CallId; readonly accept: Handle }

export type ControlEvent =
  | { readonly kind: 'control'; readonly callId: CallId; readonly message: ControlMessage }
  /** On the relay's stream, which damages nothing by itself (R16). */
  | { readonly kind: 'record-damaged'; readonly callId: CallId }

export type DirectEvent =
  | { readonly kind: 'direct-local'; readonly callId: CallId; readonly pathId: number; readonly endpoint: Handle }
  | { readonly kind: 'direct-opened'; readonly callId: CallId; readonly pathId: number }
  /** A control record came over it, new or repeated: who sends one there has taken this side's proof. */
  | { readonly kind: 'direct-heard'; readonly callId: CallId; readonly pathId: number }
  | { readonly kind: 'path-proof'; readonly callId: CallId; readonly pathId: number; readonly valid: boolean }
  /** Over a path that stood nothing comes any more, not even signs of life; and then again. */
  | { readonly kind: 'direct-quiet'; readonly callId: CallId; readonly pathId: number }
  | { readonly kind: 'direct-back'; readonly callId: CallId; readonly pathId: number }
  | { readonly kind: 'direct-lost'; readonly callId: CallId; readonly pathId: number }

export type CryptoEvent =
  | { readonly kind: 'accept-made'; readonly callId: CallId }
  | { readonly kind: 'accept-failed'; readonly callId: CallId; readonly reason: EndReason }
  | {
      readonly kind: 'accept-verified'
      readonly callId: CallId
      readonly device: DeviceId
      readonly media: MediaChoice
    }
  | { readonly kind: 'accept-refused'; readonly callId: CallId }
  | { readonly kind: 'rekeyed'; readonly callId: CallId; readonly generation: number }
  | { readonly kind: 'rekey-refused'; readonly callId: CallId }

export interface TimerEvent {
  readonly kind: 'timer'
  readonly callId: CallId
  readonly timer: TimerName
}

export type CallEvent =
  UserEvent | ServiceEvent | MailEvent | RelayEvent | ControlEvent | DirectEvent | CryptoEvent | TimerEvent
