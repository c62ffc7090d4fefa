/** Everything that the group machine asks for. The runner executes effects in their order; results come back as events. */
import type { Ms } from '../../base/time.ts'
import type { AccountKey, DeviceId, Handle } from '../../call/machine/events.ts'
import type { CallId, MediaChoice } from '../../ipc/snapshot.ts'
import type { ReplyAnswer } from '../../protocol/cancel.ts'
import type { Change, EntryToMake, Epoch, JoinId } from './roster.ts'
import type { GroupEndReason, GroupId, Person } from './state.ts'
import type { TimerName } from './timers.ts'

/** What the person is told. Of `added` with the account's verification state (R35). */
export type Announcement =
  | Exclude<Change, { kind: 'invited' }>
  | { readonly kind: 'checked'; readonly device: DeviceId; readonly trust: Person['trust'] }
  /** R34: nothing more is sent to it. `fork`: it has another member list; `withheld`: the service keeps entries back. */
  | { readonly kind: 'trouble'; readonly device: DeviceId; readonly trouble: Exclude<Person['trouble'], 'none'> }
  /** R34: nobody confirms the own member list; nothing is sent until somebody does. */
  | { readonly kind: 'confirmed'; readonly confirmed: boolean }
  /** R30: "the service gives different member lists". */
  | { readonly kind: 'room-forked' }
  | { readonly kind: 'knock'; readonly device: DeviceId; readonly knock: Handle }
  | { readonly kind: 'mute-request'; readonly by: DeviceId }

type Of<Kind extends string, Fields = unknown> = { readonly kind: Kind; readonly groupId: GroupId } & Readonly<Fields>

export type GroupEffect =
  // The service and mail
  /** Lookups of whom the person chose, a GroupTicket, and the own Join with its receive key (of epoch 0). */
  | Of<'prepare'>
  | Of<'resolve-people', { people: Handle }>
  /** A GroupInvite to each device of these accounts. */
  | Of<'send-invites', { accounts: readonly AccountKey[] }>
  /** Withdrawn. */
  | Of<'send-cancel', { accounts: readonly AccountKey[] }>
  | Of<'send-answered'>
  | Of<'send-reply', { answer: ReplyAnswer }>
  | Of<'send-knock'>
  /** A GroupInvite with linkProof, to the device that knocked. */
  | Of<'admit-knock', { knock: Handle }>
  | Of<'refuse-knock', { knock: Handle }>
  /** R35: the directory, asked under the Join's handle. */
  | Of<'check-member', { device: DeviceId; join: JoinId }>
  // The room
  /** The runner comes back by itself when the connection is lost. */
  | Of<'open-room'>
  /** With a new receive key (of epoch 0); those of an earlier Join, and what was wrapped for them, are erased. */
  | Of<'make-join'>
  | Of<'send-join'>
  /** Signed behind the own chain's end, in one Submit; what does not count there is left out. */
  | Of<'submit', { entries: readonly EntryToMake[] }>
  /** The own chain from this seq on, which the room lacks; in as many Submits as it takes. */
  | Of<'submit-chain', { from: number }>
  | Of<'send-head', { to: DeviceId | undefined }>
  // Keys
  /** Draws the own senderKey of this epoch. KeyShares of earlier ones that are not made yet are not made any more (R33). */
  | Of<'enter-epoch', { epoch: Epoch }>
  /** A new receive key; its MemberKey names this epoch and goes to all. */
  | Of<'make-member-key', { epoch: Epoch }>
  | Of<'send-member-key', { epoch: Epoch; to: DeviceId | undefined }>
  /** A KeyShare of the own senderKey of `epoch`, wrapped for the receiver's MemberKey that names `memberKey`. */
  | Of<'give-key', { epoch: Epoch; to: DeviceId; memberKey: Epoch }>
  /** The own MemberKey that serves `epoch`, and a KeyRequest. */
  | Of<'request-key', { epoch: Epoch; from: DeviceId; memberKey: Epoch }>
  | Of<'open-share', { share: Handle }>
  | Of<'drop-share', { share: Handle }>
  /** The private half of the MemberKey that names this epoch. */
  | Of<'erase-receive-key', { memberKey: Epoch }>
  | Of<'erase-sender-key', { epoch: Epoch }>
  /** All keys of others in this epoch, also in the media worker. */
  | Of<'drop-epoch', { epoch: Epoch }>
  /** Media and records leave under this epoch's own key from now on. */
  | Of<'send-with', { epoch: Epoch }>
  /** Neither media nor records leave. */
  | Of<'stop-sending'>
  /** Media state, first; `profile`: then the own name; then the hand if it is up. `to`: those who got the key later; else all. */
  | Of<'send-state', { media: MediaChoice; hand: boolean; profile: boolean; to: readonly DeviceId[] | undefined }>
  | Of<'send-media', { media: MediaChoice }>
  | Of<'send-hand', { up: boolean }>
  | Of<'send-mute-request', { device: DeviceId }>
  // The person
  | Of<'announce', { what: Announcement }>
  // The 1:1 call that this one grows from (R36)
  | Of<'send-upgrade', { callId: CallId }>
  | Of<'finish-one-to-one', { callId: CallId }>
  // The 1:1 call that takes this one's place (R40)
  | Of<'call-back', { peer: DeviceId; epoch: Epoch }>
  /** It is over, if it is not yet; nobody is told. */
  | Of<'end-return'>
  | Of<'finish-return'>
  // Time, and the end
  | Of<'start-timer', { timer: TimerName; about: string | undefined; delay: Ms }>
  | Of<'cancel-timer', { timer: TimerName; about: string | undefined }>
  | Of<'cancel-all-timers'>
  /** Erase every key and the chain, close the room and the media port. What was to be sent before is still sent. */
  | Of<'release'>
  /** Into the history; `missed`: the person should be told of it later. */
  | Of<'record', { reason: GroupEndReason; missed: boolean }>
