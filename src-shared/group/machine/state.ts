/**
 * One device's part in a group call as a pure machine: `step(state, event)` in `step.ts` gives the next state and the effects to
 * execute. What belongs here: who does what when (docs/protocol/group.md, sections 2 to 6). What may not: bytes, keys, signatures,
 * clocks, links. What a chain says comes in as a `Roster`; keys are named by epoch and device; the runner holds them, with the core.
 * A device is in one call at a time, of whichever kind: the runner lets only one of the two machines begin (docs/group-call.md).
 */
import type { UnixMs } from '../../base/time.ts'
import type { AccountKey, DeviceId, Handle } from '../../call/machine/events.ts'
import type { CallId, MediaChoice } from '../../ipc/snapshot.ts'
import type { EntryToMake, Epoch, JoinId, RemoveReason, Roster } from './roster.ts'
import { FINISHED_KEPT } from './timers.ts'

/** Lower-case hexadecimal; while somebody knocks at a link, of the linkId. */
export type GroupId = CallId

export interface GroupState {
  readonly self: DeviceId
  readonly account: AccountKey
  readonly call: GroupCall
  /** Calls that are over, latest last. */
  readonly finished: readonly FinishedGroup[]
}

export interface FinishedGroup {
  readonly groupId: GroupId
  /** Invitations that were sent until then do not ring any more; a later one does. */
  readonly until: UnixMs
  /** Set while the invitation has not come: what to note in the history when it does. */
  readonly missed: GroupEndReason | undefined
}

export type GroupCall = Idle | Ringing | Knocking | Founding | Joining | Inside | Leaving | Ended

export type GroupEndReason =
  | 'hung-up' /* this person left */
  | 'removed' /* a host put this device out */
  | 'declined'
  | 'busy'
  | 'no-answer'
  | 'cancelled'
  | 'answered-elsewhere'
  | 'everyone-left'
  | 'not-admitted' /* nobody added this device */
  | 'connection-lost'
  | 'failed'
  | 'insecure' /* the room's chain is not that of the invitation, or not that of the others */
  | 'offline'
  | 'unknown-handle'
  | 'key-changed'
  | 'no-devices'

export interface Idle {
  readonly kind: 'idle'
}

export interface Ringing {
  readonly kind: 'ringing'
  readonly groupId: GroupId
  readonly from: DeviceId
  readonly sentAt: UnixMs
  readonly remaining: number
}

/** At the door of a link (R38). */
export interface Knocking {
  readonly kind: 'knocking'
  readonly groupId: GroupId
  readonly local: MediaChoice
}

export interface Founding {
  readonly kind: 'founding'
  readonly groupId: GroupId
  /** `preparing`: lookups, ticket, Join; `opening`: on the way into the room; `creating`: the first entries are submitted. */
  readonly stage: 'preparing' | 'opening' | 'creating'
  readonly local: MediaChoice
  readonly join: JoinId | undefined
  readonly invite: readonly AccountKey[]
  readonly upgrade: Upgrade | undefined
}

/** From the person's yes, or from being lost, until an Add. */
export interface Joining {
  readonly kind: 'joining'
  readonly groupId: GroupId
  readonly sentAt: UnixMs
  readonly local: MediaChoice
  /**
   * `opening`: on the way into the room; `empty`: it has no chain, as after a restart of the relay, and somebody may bring it;
   * `outside`: the chain is not shown, as it does not invite this device; `making`: the Join is computed; `asking`: it is repeated.
   */
  readonly stage: 'opening' | 'empty' | 'outside' | 'making' | 'asking'
  readonly join: JoinId | undefined
  /** In the room and not yet a member: what will be needed then. */
  readonly present: readonly DeviceId[]
  readonly memberKeys: readonly MemberKeys[]
  readonly upgrade: Upgrade | undefined
}

export interface Inside {
  readonly kind: 'inside'
  readonly groupId: GroupId
  readonly sentAt: UnixMs
  readonly local: MediaChoice
  readonly hand: boolean
  readonly join: JoinId
  readonly roster: Roster
  /** `false`: the runner is on its way back. */
  readonly roomOpen: boolean
  /** Of the room's chain. Shorter than the own one after the relay forgot it. */
  readonly roomLength: number
  /** Others in the room, members or not. */
  readonly present: readonly DeviceId[]
  /** The other members, as in the roster. Nobody is left out (R35). */
  readonly people: readonly Person[]
  readonly memberKeys: readonly MemberKeys[]
  /** R34: somebody else has this chain. Nothing is sent and no key given before. */
  readonly confirmed: boolean
  /** R30: the room goes on with another chain than this device's. */
  readonly forked: boolean
  /** Own sender keys that exist, oldest first: the one in use and the current epoch's. */
  readonly own: readonly OwnKey[]
  /** Of `own`: the one for sending, were there no trouble. */
  readonly using: Epoch
  /** Epochs whose keys of others are kept, oldest first; the last is the current one. */
  readonly held: readonly HeldEpoch[]
  readonly early: readonly EarlyShare[]
  /** Whose KeyRequest was answered within the last second. */
  readonly answered: readonly DeviceId[]
  /** KeyRequests so far in this epoch and stay in the room. */
  readonly asked: number
  /** Who asks to be let in and may be. */
  readonly joins: readonly PendingJoin[]
  /** Changes that this device wants and the chain does not have yet. */
  readonly wanted: readonly EntryToMake[]
  /** Accounts that are to be sent an invitation as soon as the chain invites them. */
  readonly inviting: readonly AccountKey[]
  readonly invitees: readonly Invitee[]
  readonly knocks: readonly Knock[]
  /** Devices that this person let in by link (R38). */
  readonly admitted: readonly DeviceId[]
  /** Somebody else was in at some time. */
  readonly met: boolean
  readonly upgrade: Upgrade | undefined
  /** Of the last Remove among the entries that began the epoch. */
  readonly removal: RemoveReason | undefined
  /** It has what a 1:1 call has not: a link that is out, or lines in its chat. */
  readonly groupOnly: boolean
  readonly returning: Return | undefined
  /** In this epoch it did not come about, and is not tried again. */
  readonly returnFailed: boolean
}

export interface Person {
  readonly device: DeviceId
  readonly join: JoinId
  /** R35: the certificate by R4 to R7, under the Join's handle. */
  readonly trust: 'checking' | 'trusted' | 'refused' | 'unreachable'
  /** R34: what was wrong with its Heads. */
  readonly trouble: 'none' | 'fork' | 'withheld'
  /** The longest chain that it named and that is not here. */
  readonly claimed: number
  readonly media: MediaChoice
  readonly hand: boolean
}

/** Epochs that a device's MemberKeys name, the newest last; that of its Join is 0 and always known. */
export interface MemberKeys {
  readonly device: DeviceId
  readonly epochs: readonly Epoch[]
}

export interface OwnKey {
  readonly epoch: Epoch
  /** Somebody is new in it, and is told the own name. */
  readonly newcomer: boolean
  /** All who had it by then were told what is sent, and who is who. */
  readonly told: boolean
  readonly given: readonly Given[]
}

/** A KeyShare was made for this stay of a device. */
export interface Given {
  readonly device: DeviceId
  readonly join: JoinId
  readonly memberKey: Epoch
  readonly sent: boolean
}

export interface HeldEpoch {
  readonly epoch: Epoch
  /** A Remove began it. */
  readonly removal: boolean
  readonly from: readonly DeviceId[]
  readonly got: readonly DeviceId[]
  /** The MemberKey that serves it, by the epoch that it names; `undefined`: its private half is erased. */
  readonly receiveKey: Epoch | undefined
}

export interface EarlyShare {
  readonly epoch: Epoch
  readonly share: Handle
}

export interface PendingJoin {
  readonly join: JoinId
  readonly device: DeviceId
  readonly account: AccountKey
  readonly byLink: boolean
}

export interface Invitee {
  readonly account: AccountKey
  readonly answer: 'none' | 'ringing' | 'declined' | 'busy'
}

export interface Knock {
  readonly device: DeviceId
  readonly account: AccountKey
  readonly knock: Handle
  /** The person said yes; the invitation waits for the chain. */
  readonly admitted: boolean
}

/** R36 */
export interface Upgrade {
  /** The 1:1 call. */
  readonly callId: CallId
  readonly peer: DeviceId
  readonly account: AccountKey
  /** Both have each other's keys of an epoch. */
  readonly done: boolean
}

/** R40: the 1:1 call that is to take this one's place. */
export interface Return {
  /** Whether this device made it. */
  readonly caller: boolean
  /** `calling`: until both have its keys. */
  readonly stage: 'calling' | 'connected'
}

export interface Leaving {
  readonly kind: 'leaving'
  readonly groupId: GroupId
  readonly sentAt: UnixMs
  readonly reason: GroupEndReason
}

export interface Ended {
  readonly kind: 'ended'
  readonly groupId: GroupId
  readonly reason: GroupEndReason
}

export function initialState(self: DeviceId, account: AccountKey): GroupState {
  return { self, account, call: { kind: 'idle' }, finished: [] }
}

/** Whether another call, of either kind, must wait. */
export function occupies({ kind }: GroupCall): boolean {
  return kind !== 'idle' && kind !== 'ended'
}

export function remember(finished: readonly FinishedGroup[], entry: FinishedGroup): readonly FinishedGroup[] {
  return [...finished.filter(({ groupId }) => groupId !== entry.groupId), entry].slice(-FINISHED_KEPT)
}
