/**
 * Every input of the group machine, by source:
 *
 * - the person: found, accept, decline, join, knock, end, dismiss; add people, remove, make host, admit, refuse, ask to mute; media, hand
 * - the service: what was looked up; what the directory says of a member (R35)
 * - mail (sealed envelopes, opened by all of R14): invite, cancel, answered, reply, knock
 * - the room: entered, lost, refused; who comes and goes; the chain grew, or has a second branch; a change was refused
 * - members: Join, MemberKey, KeyShare, KeyRequest, Head and records, each verified by the core
 * - the core: a Join was made, a KeyShare made or opened
 * - the 1:1 call that this one grows from, or that takes its place; timers
 *
 * Bytes, keys and certificates do not come in here: where one matters later, the runner keeps it and the machine holds its `Handle` or
 * its name.
 */
import type { Ms, UnixMs } from '../../base/time.ts'
import type { AccountKey, Admission, DeviceId, Handle } from '../../call/machine/events.ts'
import type { CallId, MediaChoice } from '../../ipc/snapshot.ts'
import type { ReplyAnswer } from '../../protocol/cancel.ts'
import type { Change, Epoch, JoinId, Roster } from './roster.ts'
import type { GroupEndReason, GroupId } from './state.ts'
import type { TimerName } from './timers.ts'

export interface GroupInvitation {
  readonly groupId: GroupId
  readonly from: DeviceId
  readonly sentAt: UnixMs
  /** Of the 60 s in which it rings; zero or less: it only stays good for joining. */
  readonly remaining: Ms
  /** `busy`: this device is in a 1:1 call. */
  readonly admission: Admission
  /** In the contacts: only they learn that it rings or that the line is busy (R19). */
  readonly known: boolean
  /** The linkId of the Knock that its linkProof answers (R38). */
  readonly answersKnock: GroupId | undefined
}

/** R36: the 1:1 call that goes on as this one. */
export interface UpgradedCall {
  readonly callId: CallId
  readonly peer: DeviceId
  readonly account: AccountKey
}

export type UserEvent =
  | {
      readonly kind: 'user-found'
      readonly groupId: GroupId
      readonly media: MediaChoice
      readonly upgrade: UpgradedCall | undefined
    }
  | { readonly kind: 'user-accept'; readonly groupId: GroupId; readonly media: MediaChoice }
  | { readonly kind: 'user-decline'; readonly groupId: GroupId }
  /** Into a call that the runner has an invitation to, or was in before it restarted. */
  | { readonly kind: 'user-join'; readonly groupId: GroupId; readonly media: MediaChoice; readonly sentAt: UnixMs }
  | { readonly kind: 'user-knock'; readonly groupId: GroupId; readonly media: MediaChoice }
  | { readonly kind: 'user-end'; readonly groupId: GroupId }
  | { readonly kind: 'user-dismiss'; readonly groupId: GroupId }
  | { readonly kind: 'user-invite'; readonly groupId: GroupId; readonly people: Handle }
  | { readonly kind: 'user-remove'; readonly groupId: GroupId; readonly device: DeviceId }
  | { readonly kind: 'user-host'; readonly groupId: GroupId; readonly device: DeviceId; readonly on: boolean }
  | { readonly kind: 'user-admit'; readonly groupId: GroupId; readonly device: DeviceId }
  | { readonly kind: 'user-refuse'; readonly groupId: GroupId; readonly device: DeviceId }
  | { readonly kind: 'user-mute'; readonly groupId: GroupId; readonly device: DeviceId }
  | { readonly kind: 'user-media'; readonly groupId: GroupId; readonly media: MediaChoice }
  | { readonly kind: 'user-hand'; readonly groupId: GroupId; readonly up: boolean }

export type ServiceEvent =
  /** Lookups, ticket and the own Join for a call that is founded. */
  | {
      readonly kind: 'prepared'
      readonly groupId: GroupId
      readonly accounts: readonly AccountKey[]
      readonly join: JoinId
    }
  | { readonly kind: 'set-up-failed'; readonly groupId: GroupId; readonly reason: GroupEndReason }
  | { readonly kind: 'people-resolved'; readonly groupId: GroupId; readonly accounts: readonly AccountKey[] }
  /** May come again when the directory changes its mind. */
  | {
      readonly kind: 'member-checked'
      readonly groupId: GroupId
      readonly device: DeviceId
      readonly join: JoinId
      readonly result: 'trusted' | 'refused' | 'unreachable'
    }

export type MailEvent =
  | { readonly kind: 'invite'; readonly invitation: GroupInvitation }
  /** Withdrawn, by the inviting device or a device of somebody whom the invitation names. */
  | { readonly kind: 'cancel'; readonly groupId: GroupId; readonly sentAt: UnixMs }
  /** Signed by a device of the own account (R24). */
  | { readonly kind: 'answered'; readonly groupId: GroupId; readonly sentAt: UnixMs }
  /** Signed by a device of `account`; about a Knock: of the host. */
  | { readonly kind: 'reply'; readonly groupId: GroupId; readonly account: AccountKey; readonly answer: ReplyAnswer }
  /** Its tag fits a link of this call (R38). */
  | {
      readonly kind: 'knock'
      readonly groupId: GroupId
      readonly device: DeviceId
      readonly account: AccountKey
      readonly knock: Handle
    }

export type RoomEvent =
  /**
   * After the first Entries of a stay in the room: what they brought came before, as `roster-changed`; who is there comes after.
   * Once more when a chain comes into a room that had none, or that did not show it. `length`: of the room's chain.
   * `chain`: whether what this device holds now is the call that it was invited to (section 6); `outside`: it is not shown, as this
   * device is neither member nor invited.
   */
  | {
      readonly kind: 'room-entered'
      readonly groupId: GroupId
      readonly length: number
      readonly chain: 'good' | 'none' | 'outside' | 'closed' | 'wrong'
    }
  /** Entries came that this device had: another brings the chain back to a room that forgot it. */
  | { readonly kind: 'room-length'; readonly groupId: GroupId; readonly length: number }
  | { readonly kind: 'room-lost'; readonly groupId: GroupId }
  /** Not let in: neither member nor invited any more. */
  | { readonly kind: 'room-refused'; readonly groupId: GroupId }
  | { readonly kind: 'entered'; readonly groupId: GroupId; readonly device: DeviceId }
  | { readonly kind: 'left'; readonly groupId: GroupId; readonly device: DeviceId }
  | {
      readonly kind: 'roster-changed'
      readonly groupId: GroupId
      readonly roster: Roster
      readonly changes: readonly Change[]
    }
  /** The room has another entry at a place that this device has (R30). */
  | { readonly kind: 'room-forked'; readonly groupId: GroupId }
  /** `retry`: another was first, or the device to be removed is there; else the change will never count. `length`: of the room's chain. */
  | { readonly kind: 'submit-refused'; readonly groupId: GroupId; readonly retry: boolean; readonly length: number }

export type MemberEvent =
  /** Counts on the chain as it is (R28); with a linkTag that fits if `byLink`. */
  | {
      readonly kind: 'join-arrived'
      readonly groupId: GroupId
      readonly device: DeviceId
      readonly account: AccountKey
      readonly join: JoinId
      readonly byLink: boolean
    }
  /** `epoch`: the one that it names. */
  | { readonly kind: 'member-key'; readonly groupId: GroupId; readonly device: DeviceId; readonly epoch: Epoch }
  | { readonly kind: 'share-arrived'; readonly groupId: GroupId; readonly epoch: Epoch; readonly share: Handle }
  | { readonly kind: 'key-request'; readonly groupId: GroupId; readonly device: DeviceId; readonly epoch: Epoch }
  /** Against the own chain. `length`: of the chain that it names. One that does not count by R34 (old, repeated) is not handed in. */
  | {
      readonly kind: 'head'
      readonly groupId: GroupId
      readonly device: DeviceId
      readonly relation: 'same' | 'behind' | 'ahead' | 'fork'
      readonly length: number
    }
  | {
      readonly kind: 'media-state'
      readonly groupId: GroupId
      readonly device: DeviceId
      readonly media: MediaChoice
    }
  | { readonly kind: 'hand'; readonly groupId: GroupId; readonly device: DeviceId; readonly up: boolean }
  | {
      readonly kind: 'mute-request'
      readonly groupId: GroupId
      readonly device: DeviceId
      readonly about: DeviceId
    }

export type CoreEvent =
  | { readonly kind: 'join-made'; readonly groupId: GroupId; readonly join: JoinId }
  | { readonly kind: 'join-failed'; readonly groupId: GroupId }
  /** A KeyShare was made and handed to the room. */
  | { readonly kind: 'key-given'; readonly groupId: GroupId; readonly epoch: Epoch; readonly device: DeviceId }
  /** All of R32 holds. A share that does not is erased without a word. */
  | { readonly kind: 'share-opened'; readonly groupId: GroupId; readonly epoch: Epoch; readonly device: DeviceId }

export type OneToOneEvent =
  /** The peer's Upgrade, its tag and actor checked (R36). */
  | {
      readonly kind: 'upgraded'
      readonly groupId: GroupId
      readonly media: MediaChoice
      readonly from: UpgradedCall
    }
  | { readonly kind: 'one-to-one-ended'; readonly groupId: GroupId }
  /** The other member's Invite to the 1:1 call of R40, of the current epoch. */
  | { readonly kind: 'called-back'; readonly groupId: GroupId }
  /** R40: the handshake is done on both sides. */
  | { readonly kind: 'one-to-one-connected'; readonly groupId: GroupId }
  /** Whether there is now something that a 1:1 call has not. */
  | { readonly kind: 'group-only'; readonly groupId: GroupId; readonly on: boolean }

export interface TimerEvent {
  readonly kind: 'timer'
  readonly groupId: GroupId
  readonly timer: TimerName
  readonly about: string | undefined
}

export type GroupEvent =
  UserEvent | ServiceEvent | MailEvent | RoomEvent | MemberEvent | CoreEvent | OneToOneEvent | TimerEvent
