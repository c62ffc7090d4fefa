/**
 * What the entries of a chain make of one another (docs/protocol/group.md, section 1.2): who is a member, a host, invited or thrown out, and
 * for each op the condition under which it counts (R28, R29). Nothing here looks at signatures or hashes: `roster.ts` does.
 */
import { type Bytes, equalBytes, toHex } from '../base/bytes.ts'
import { unreachable } from '../base/result.ts'
import type { SignedCertificate } from '../identity/certificate.ts'
import type { AddPolicy, Change, RemoveReason } from './entry.ts'
import type { Join, VerifiedJoin } from './join.ts'
import { ssrcPrefix } from './ssrc.ts'

export const MEMBERS_MAX = 33
export const INVITED_MAX = 256

export interface Member {
  /** The name of the device. */
  readonly certHash: Bytes
  /** Signed, but its times and its account's device list were not looked at: R35. */
  readonly certificate: SignedCertificate
  /** As its Join claims: R35 asks the directory. */
  readonly handle: string
  readonly join: VerifiedJoin
  readonly host: boolean
  /** The upper 24 bits of its SSRCs (section 7.1). */
  readonly ssrcPrefix: number
  /** The epoch that its Add began. A MemberKey that names an earlier one is of a state that the device lost (R31). */
  readonly firstEpoch: number
}

export interface Membership {
  /** In the order in which they came. */
  readonly members: readonly Member[]
  /** accountPub, in hexadecimal. */
  readonly invited: ReadonlySet<string>
  /** Accounts that a host removed (R29), in hexadecimal; none of them is invited. */
  readonly thrownOut: ReadonlySet<string>
  readonly addPolicy: AddPolicy
  /** certHash in hexadecimal → seq of the newest Create, Add or Remove about that device: what uses up its earlier Joins. */
  readonly lastChange: ReadonlyMap<string, number>
}

export type ChangeRefusal =
  | 'op' /* Create, and not first */
  | 'rights' /* the actor may not do this */
  | 'device' /* names a device that is no member */
  | 'no-change' /* makes somebody what they are */
  | 'consent' /* the Join was used, or is older than what became of its device */
  | 'places' /* 33 other devices are in */
  | 'invitations' /* 256 accounts are invited */
  | 'ssrc' /* another member's prefix */

type LaterChange<SomeJoin extends Join = Join> = Exclude<Change<SomeJoin>, { readonly op: 'create' }>

export function memberOf({ members }: Membership, certHash: Bytes): Member | undefined {
  return members.find((member) => equalBytes(member.certHash, certHash))
}

export function isInvited({ invited }: Membership, accountPub: Bytes): boolean {
  return invited.has(toHex(accountPub))
}

/** Section 5.1: a device of this account may be in the room. */
export function mayEnter(membership: Membership, accountPub: Bytes): boolean {
  const isIn = membership.members.some(({ certificate }) => equalBytes(certificate.accountPub, accountPub))
  return isIn || isInvited(membership, accountPub)
}

/** Section 6, "Who adds": hosts first, then in the order of members. */
export function addingOrder({ members }: Membership): readonly Member[] {
  return [...members.filter(({ host }) => host), ...members.filter(({ host }) => !host)]
}

export function founded(join: VerifiedJoin, addPolicy: AddPolicy): Membership {
  const founder = memberFrom(join, 0, true)
  return {
    members: [founder],
    invited: new Set([toHex(join.certificate.accountPub)]),
    thrownOut: new Set(),
    addPolicy,
    lastChange: new Map([[toHex(founder.certHash), 0]]),
  }
}

/** R28: the condition of the op. `undefined`: it holds. */
export function refusalOf(
  membership: Membership,
  change: Change,
  actor: Member,
  seq: number,
): ChangeRefusal | undefined {
  switch (change.op) {
    case 'create':
      return 'op'
    case 'invite':
      return refusalOfInvite(membership, toHex(change.accountPub), actor)
    case 'add':
      return refusalOfAdd(membership, change.join, actor, seq)
    case 'remove': {
      const named = memberOf(membership, change.certHash)
      return named === undefined ? 'device' : mayRemove(named, change.reason, actor) ? undefined : 'rights'
    }
    case 'host': {
      const named = memberOf(membership, change.certHash)
      if (!actor.host) return 'rights'
      return named === undefined ? 'device' : named.host === change.on ? 'no-change' : undefined
    }
    default:
      return unreachable(change)
  }
}

/** What a change that counts leads to. */
export function changed(membership: Membership, change: LaterChange<VerifiedJoin>, seq: number): Membership {
  switch (change.op) {
    case 'invite':
      return { ...membership, ...invitedToo(membership, toHex(change.accountPub)) }
    case 'add': {
      const { certificate } = change.join
      const before = memberOf(membership, certificate.certHash)
      const others = membership.members.filter((member) => member !== before)
      return {
        ...membership,
        ...invitedToo(membership, toHex(certificate.accountPub)),
        members: [...others, memberFrom(change.join, seq, before?.host ?? false)],
        lastChange: new Map(membership.lastChange).set(toHex(certificate.certHash), seq),
      }
    }
    case 'remove': {
      const members = membership.members.filter(({ certHash }) => !equalBytes(certHash, change.certHash))
      const lastChange = new Map(membership.lastChange).set(toHex(change.certHash), seq)
      return { ...membership, ...withoutInvitation(membership, change), members: withSomeHost(members), lastChange }
    }
    case 'host': {
      const members = membership.members.map((member) =>
        equalBytes(member.certHash, change.certHash) ? { ...member, host: change.on } : member,
      )
      return { ...membership, members: withSomeHost(members) }
    }
    default:
      return unreachable(change)
  }
}

function refusalOfInvite(membership: Membership, account: string, actor: Member): ChangeRefusal | undefined {
  const { addPolicy, thrownOut, invited } = membership
  // R29: who was thrown out needs a host to return, whoever else may invite.
  if (!actor.host && (addPolicy === 'hosts' || thrownOut.has(account))) return 'rights'
  // What says nothing new would only fill the chain.
  if (invited.has(account)) return 'no-change'
  return invited.size < INVITED_MAX ? undefined : 'invitations'
}

function refusalOfAdd(membership: Membership, join: Join, actor: Member, seq: number): ChangeRefusal | undefined {
  const { certHash, accountPub } = join.certificate
  const invited = isInvited(membership, accountPub)
  if (!actor.host && (!invited || join.linkTag !== undefined)) return 'rights'
  // A consent counts once, and not after its device was added or removed in the meantime: nobody brings back who left.
  const lastChange = membership.lastChange.get(toHex(certHash)) ?? -1
  if (join.fromSeq > seq || join.fromSeq <= lastChange) return 'consent'
  const others = membership.members.filter((member) => !equalBytes(member.certHash, certHash))
  if (others.length >= MEMBERS_MAX) return 'places'
  if (!invited && membership.invited.size >= INVITED_MAX) return 'invitations'
  const prefix = prefixOf(join)
  return others.some(({ ssrcPrefix: taken }) => taken === prefix) ? 'ssrc' : undefined
}

function mayRemove(named: Member, reason: RemoveReason, actor: Member): boolean {
  const self = named === actor
  switch (reason) {
    case 'removed':
      return actor.host && !self
    case 'left':
      return self
    case 'lost':
      return !self
    default:
      return unreachable(reason)
  }
}

function memberFrom(join: VerifiedJoin, seq: number, host: boolean): Member {
  const { certificate, handle } = join
  const { certHash } = certificate
  return { certHash, certificate, handle, join, host, ssrcPrefix: prefixOf(join), firstEpoch: seq + 1 }
}

function prefixOf({ groupId, certificate, nonce }: Join): number {
  return ssrcPrefix({ groupId, certHash: certificate.certHash, nonce })
}

/** While members but no host are left, the longest member becomes one. */
function withSomeHost(members: readonly Member[]): readonly Member[] {
  if (members.some(({ host }) => host)) return members
  return members.map((member, place) => (place === 0 ? { ...member, host: true } : member))
}

function invitedToo({ invited, thrownOut }: Membership, account: string): Partial<Membership> {
  if (invited.has(account)) return {}
  return { invited: new Set(invited).add(account), thrownOut: without(thrownOut, account) }
}

/** R29: only who was thrown out loses the invitation; who left or was lost keeps it. */
function withoutInvitation(
  membership: Membership,
  { certHash, reason }: { readonly certHash: Bytes; readonly reason: RemoveReason },
): Partial<Membership> {
  const account = memberOf(membership, certHash)?.certificate.accountPub
  if (reason !== 'removed' || account === undefined) return {}
  const name = toHex(account)
  return { invited: without(membership.invited, name), thrownOut: new Set(membership.thrownOut).add(name) }
}

function without(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...names].filter((other) => other !== name))
}
