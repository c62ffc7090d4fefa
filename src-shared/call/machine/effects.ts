/** Everything that the call machine asks for. The runner executes effects in their order; results come back as events. */
import type { Ms } from '../../base/time.ts'
import type { CallId, EndReason, MediaChoice } from '../../ipc/snapshot.ts'
import type { CancelReason, ReplyAnswer } from '../../protocol/cancel.ts'
import type { EndReason as End } from '../../protocol/control-record.ts'
import type { Handle } from './events.ts'
import type { TimerName } from './timers.ts'

/** A control record to send; the runner fills in what the machine does not hold. */
export type ControlToSend =
  | { readonly type: 'confirm' }
  | { readonly type: 'media'; readonly media: MediaChoice }
  | { readonly type: 'path-offer'; readonly pathId: number; readonly endpoint: Handle }
  | { readonly type: 'path-remove'; readonly pathId: number }
  | { readonly type: 'end'; readonly end: End }
  | { readonly type: 'keep-alive' }
  | { readonly type: 'rekey-request' }

/** `invited`: every device that got the invitation; `others`: those without the one that answered; `peer`: that one. */
export type CancelTarget = 'invited' | 'others' | 'peer'

export type CallEffect =
  // The service and mail
  | { readonly kind: 'resolve'; readonly callId: CallId }
  /** Ephemeral keys and a relay ticket. */
  | { readonly kind: 'prepare'; readonly callId: CallId }
  | { readonly kind: 'send-invites'; readonly callId: CallId }
  | { readonly kind: 'send-cancel'; readonly callId: CallId; readonly reason: CancelReason; readonly to: CancelTarget }
  | { readonly kind: 'send-answered'; readonly callId: CallId }
  | { readonly kind: 'send-reply'; readonly callId: CallId; readonly answer: ReplyAnswer }
  // The handshake and the relay
  | { readonly kind: 'open-relay'; readonly callId: CallId }
  | { readonly kind: 'make-accept'; readonly callId: CallId; readonly media: MediaChoice }
  | { readonly kind: 'send-accept'; readonly callId: CallId }
  | { readonly kind: 'verify-accept'; readonly callId: CallId; readonly accept: Handle }
  /** The relay forwards this device's packets to the peer from now on. */
  | { readonly kind: 'set-receiver'; readonly callId: CallId }
  // The control channel
  | { readonly kind: 'send-control'; readonly callId: CallId; readonly message: ControlToSend }
  /** What the peer has not acknowledged, once more, on every open path. */
  | { readonly kind: 'resend-control'; readonly callId: CallId }
  | { readonly kind: 'offer-rekey'; readonly callId: CallId }
  | { readonly kind: 'answer-rekey'; readonly callId: CallId; readonly offer: Handle }
  | { readonly kind: 'finish-rekey'; readonly callId: CallId; readonly answer: Handle }
  | { readonly kind: 'drop-old-keys'; readonly callId: CallId }
  /** The own name, once and never before Confirm (R27). */
  | { readonly kind: 'send-profile'; readonly callId: CallId }
  // The direct path
  | {
      readonly kind: 'open-direct'
      readonly callId: CallId
      readonly pathId: number
      readonly role: 'offerer' | 'answerer'
    }
  | { readonly kind: 'connect-direct'; readonly callId: CallId; readonly pathId: number; readonly endpoint: Handle }
  | { readonly kind: 'send-path-proof'; readonly callId: CallId; readonly pathId: number }
  | { readonly kind: 'close-direct'; readonly callId: CallId; readonly pathId: number }
  // The media
  /** The session's keys of the current generation go to the media worker. */
  | { readonly kind: 'give-keys'; readonly callId: CallId }
  | { readonly kind: 'show-path'; readonly callId: CallId; readonly path: 'relay' | 'direct' }
  | { readonly kind: 'show-remote-media'; readonly callId: CallId; readonly media: MediaChoice }
  // Time, and the end
  | { readonly kind: 'start-timer'; readonly callId: CallId; readonly timer: TimerName; readonly delay: Ms }
  | { readonly kind: 'cancel-timer'; readonly callId: CallId; readonly timer: TimerName }
  | { readonly kind: 'cancel-all-timers'; readonly callId: CallId }
  /** Erase every key of the call (R21), close both paths and the media port. What was to be sent before is still sent. */
  | { readonly kind: 'release'; readonly callId: CallId }
  /** Into the history; `missed`: the person should be told of it later. */
  | { readonly kind: 'record'; readonly callId: CallId; readonly reason: EndReason; readonly missed: boolean }
