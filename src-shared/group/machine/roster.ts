/** The roster as the machine knows it: what the runner reads from the chain with the core (docs/protocol/group.md, section 1.2). */
import type { AccountKey, DeviceId } from '../../call/machine/events.ts'

/** Lower-case hexadecimal of a Join's nonce: one stay of a device. */
export type JoinId = string
/** 1 + seq of the entry that began it. */
export type Epoch = number

export interface Member {
  readonly device: DeviceId
  readonly account: AccountKey
  readonly host: boolean
  readonly join: JoinId
  /** The epoch that its Add began: MemberKeys of earlier ones are of a stay that is over (R31). */
  readonly firstEpoch: Epoch
}

export interface Roster {
  /** Entries in the chain. */
  readonly length: number
  readonly epoch: Epoch
  /** In the order in which they came. */
  readonly members: readonly Member[]
  readonly invited: readonly AccountKey[]
  readonly addPolicy: 'hosts' | 'all'
}

export type RemoveReason = 'removed' | 'left' | 'lost'

/** What the new entries did, one for each, in their order: somebody who came and went between two events is not hidden (R35). */
export type Change =
  | {
      readonly kind: 'added'
      readonly device: DeviceId
      readonly account: AccountKey
      readonly join: JoinId
      readonly by: DeviceId
    }
  | {
      readonly kind: 'removed'
      readonly device: DeviceId
      readonly account: AccountKey
      readonly reason: RemoveReason
      readonly by: DeviceId
    }
  | { readonly kind: 'invited'; readonly account: AccountKey; readonly by: DeviceId }
  | { readonly kind: 'host'; readonly device: DeviceId; readonly on: boolean; readonly by: DeviceId }

/** An entry to sign. */
export type EntryToMake =
  | { readonly op: 'create' }
  | { readonly op: 'invite'; readonly account: AccountKey }
  | { readonly op: 'add'; readonly device: DeviceId; readonly account: AccountKey; readonly join: JoinId }
  | { readonly op: 'remove'; readonly device: DeviceId; readonly reason: RemoveReason }
  | { readonly op: 'host'; readonly device: DeviceId; readonly on: boolean }

export function memberOf({ members }: Roster, device: DeviceId): Member | undefined {
  return members.find((member) => member.device === device)
}

export function isHost(roster: Roster, device: DeviceId): boolean {
  return memberOf(roster, device)?.host === true
}

/** R28, Invite. */
export function mayInvite(roster: Roster, device: DeviceId): boolean {
  return roster.addPolicy === 'all' ? memberOf(roster, device) !== undefined : isHost(roster, device)
}

/** Section 6, "Who adds": hosts first, then in the order of members; among those who are there. */
export function rankOf({ members }: Roster, device: DeviceId, present: readonly DeviceId[]): number {
  const there = members.filter((member) => member.device === device || present.includes(member.device))
  const order = [...there.filter(({ host }) => host), ...there.filter(({ host }) => !host)]
  return order.findIndex((member) => member.device === device)
}
