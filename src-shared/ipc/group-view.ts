/** The part of the snapshot that is about group calls (docs/group-call.md). Like the rest: no key, no certificate, no address. */
import type { UnixMs } from '../base/time.ts'
import type { AccountId, CallId, EndReason, MediaChoice, PersonName, SuiteName, Verification } from './terms.ts'

/** Names a device for as long as it is a member: its certHash, lower-case hexadecimal. */
export type MemberId = string

export interface GroupView {
  readonly callId: CallId
  readonly direction: 'outgoing' | 'incoming'
  /** Numbers the media of this device in the call, from 1, also on the way in: each time it comes in they begin anew, with a port of their own. */
  readonly stay: number
  readonly phase: GroupPhase
  /** The elapsed time counts from here. */
  readonly connectedAt: UnixMs | undefined
  readonly local: MediaChoice
  readonly hand: boolean
  /** Whether this person may remove and make hosts. */
  readonly host: boolean
  readonly me: MemberId
  /** The others, in the order in which they came. Nobody is left out (R35). */
  readonly members: readonly MemberView[]
  readonly invitees: readonly InviteeView[]
  readonly proof: GroupProof | undefined
  /** Why nothing is sent at present (R34): nobody confirms the own member list, or the service shows another one (R30). */
  readonly paused: 'unconfirmed' | 'trouble' | 'forked' | undefined
  /** Oldest first, 500 at most. Gone with the call. */
  readonly chat: readonly ChatLine[]
  readonly unreadChat: number
  /** What happened, oldest first, 100 at most. */
  readonly events: readonly GroupEventLine[]
  /** Of the last seconds. */
  readonly reactions: readonly ReactionView[]
  /** To this call, made by this person; for hosts. */
  readonly link: { readonly url: string; readonly expiresAt: UnixMs } | undefined
  /** Who waits at the door, the first to come first; for hosts. */
  readonly knocks: readonly KnockView[]
  /** A host asks this person to mute; gone when the microphone is off. */
  readonly muteRequestBy: PersonName | undefined
}

export type GroupPhase =
  | { readonly kind: 'calling' } /* founding it, or nobody has come yet */
  | { readonly kind: 'knocking'; readonly at: PersonName } /* waits for this host to open */
  | { readonly kind: 'joining' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'reconnecting' }
  | { readonly kind: 'ended'; readonly reason: EndReason } /* shown until dismissed */

export interface MemberView extends PersonName {
  readonly id: MemberId
  readonly accountId: AccountId
  readonly verification: Verification
  readonly inContacts: boolean
  readonly host: boolean
  /** In the room at this moment. */
  readonly present: boolean
  /** R35: what the directory says of its certificate. Only `trusted` ones get keys. */
  readonly trust: 'checking' | 'trusted' | 'refused' | 'unreachable'
  /** R34: it has another member list, or the service keeps entries back. */
  readonly trouble: 'none' | 'fork' | 'withheld'
  /** Came by a link (R38): shown as unverified, whatever is known of it. */
  readonly guest: boolean
  /** Its media can be opened. */
  readonly keyed: boolean
  readonly media: MediaChoice
  readonly hand: boolean
  /** When the hand went up; sorts those who wait. */
  readonly handSince: UnixMs | undefined
}

export interface KnockView extends PersonName {
  readonly id: MemberId
  readonly verification: Verification
  readonly inContacts: boolean
}

export interface InviteeView extends PersonName {
  /** `key-changed`: the person has to look at the new key first (R7). `not-reached`: the service did not take the invitation. */
  readonly state: 'calling' | 'ringing' | 'declined' | 'busy' | 'not-found' | 'key-changed' | 'not-reached'
}

export interface GroupProof {
  readonly suite: SuiteName
  /** Under whose own key this device sends. */
  readonly epoch: number
  /** It is the newest, and everybody's key of it is here. */
  readonly complete: boolean
  readonly keysSince: UnixMs
  /** How the relay is reached; `undefined` while it is not. */
  readonly transport: 'udp' | 'websocket' | undefined
  /** rosterHash at the chain's end, hexadecimal: equal for all. */
  readonly rosterDigest: string
  /** R37. `asked`: some have not answered yet; `mismatch`: somebody showed what it had not committed to. */
  readonly words:
    { readonly kind: 'none' | 'asked' | 'mismatch' } | { readonly kind: 'words'; readonly words: readonly string[] }
}

export interface ChatLine {
  readonly id: string
  /** `undefined`: the own. */
  readonly from: PersonName | undefined
  readonly text: string
  readonly at: UnixMs
}

export type EventKind =
  | 'joined'
  | 'returned'
  | 'left'
  | 'lost'
  | 'removed'
  | 'made-host'
  | 'no-host'
  | 'trust-refused'
  | 'fork'
  | 'withheld'
  | 'unconfirmed'
  | 'confirmed'
  | 'room-forked'
  | 'hand'

export interface GroupEventLine {
  readonly id: string
  readonly at: UnixMs
  readonly kind: EventKind
  /** Whom it is about; `undefined`: this person. */
  readonly who: (PersonName & { readonly id: MemberId; readonly verification: Verification }) | undefined
  /** Who did it, where that is somebody else. */
  readonly by: PersonName | undefined
}

export interface ReactionView {
  readonly id: string
  /** `undefined`: the own. */
  readonly from: MemberId | undefined
  readonly emoji: string
}

/** What the person may react with. Others may come from other clients and are shown. */
export const REACTIONS = ['👍', '👏', '❤️', '😂', '😮', '🎉'] as const

export interface JoinableCall {
  readonly callId: CallId
  readonly from: PersonName
  /** Who was in when the invitation was written, as it says. */
  readonly people: readonly PersonName[]
  readonly video: boolean
  readonly at: UnixMs
}
