/**
 * This folder holds the group call as pure functions (docs/protocol/group.md): the roster that says who is in, the keys of its epochs, and
 * the messages of its members. No clock, randomness or I/O of its own; it decides what counts, and neither who waits for whom
 * nor what is shown.
 *
 * This file reads a chain. Devices and the relay read it by the same rules, and everyone who reads the same chain comes to the same result.
 */
import { type Bytes, equalBytes } from '../base/bytes.ts'
import { failure, type Result, success } from '../base/result.ts'
import type { UnixMs } from '../base/time.ts'
import { hash } from '../crypto/hash.ts'

import {
  type AddPolicy,
  type Change,
  type Entry,
  type EntrySigner,
  entrySignedBy,
  issueEntry,
  NO_ENTRY,
  parseEntry,
  rosterHash,
} from './entry.ts'
import { type Join, type JoinRefusal, type VerifiedJoin, verifyJoin } from './join.ts'
import { GROUP_ID_LENGTH } from './member-key.ts'
import {
  changed,
  type ChangeRefusal,
  founded,
  memberOf,
  type Membership,
  MEMBERS_MAX,
  refusalOf,
} from './membership.ts'

export const CHAIN_MAX = 2048
/** The last places are for Remove: nobody can fill the chain to stay in. As many as there can be members. */
const LAST_PLACES = MEMBERS_MAX

/** What a chain says, up to one entry. Never changes: each further entry makes another. */
export interface Roster extends Membership {
  readonly groupId: Bytes
  /** rosterHash(n) at place n; as many as there are entries. */
  readonly hashes: readonly Bytes[]
  /** rosterHash of the newest entry. */
  readonly head: Bytes
  /** rosterHash(0): names the call (section 6). */
  readonly createHash: Bytes
  readonly upgradeTag: Bytes | undefined
  /** 1 + seq of the newest entry that changed membership. */
  readonly epoch: number
  /** rosterHash at that entry. */
  readonly epochHash: Bytes
  /** The last member went: no entry counts any more. */
  readonly closed: boolean
}

export type EntryRefusal =
  | 'malformed'
  | 'group'
  | 'known' /* stands in the chain already */
  | 'fork' /* another one stands at its place, or before it: two chains of one name (R30) */
  | 'gap' /* later entries than the next */
  | 'closed'
  | 'full'
  | 'actor' /* no member */
  | 'signature'
  | ChangeRefusal
  | `join-${JoinRefusal}`

/** `groupId` from the founder's device and the 16-byte seed that only the service is told. */
export function groupIdOf(founderCertHash: Bytes, seed: Bytes): Uint8Array {
  return hash('group id', founderCertHash, seed).slice(0, GROUP_ID_LENGTH)
}

/** R28, R29, R30: one more entry; the first for `undefined`. A refused entry is no part of the chain. */
export function applyEntry(roster: Roster | undefined, bytes: Bytes): Result<Roster, EntryRefusal> {
  const entry = parseEntry(bytes)
  if (entry === undefined) return failure('malformed')
  return roster === undefined ? applyFirst(entry) : applyNext(roster, entry)
}

/** All of them, or none. */
export function applyEntries(
  roster: Roster | undefined,
  entries: readonly Bytes[],
): Result<Roster | undefined, EntryRefusal> {
  let current = roster
  for (const bytes of entries) {
    const next = applyEntry(current, bytes)
    if (!next.ok) return next
    current = next.value
  }
  return success(current)
}

/** Create. The caller made `join` for seq 0. */
export function foundingEntry(
  fields: { readonly join: Join; readonly addPolicy: AddPolicy; readonly upgradeTag: Bytes | undefined },
  founder: EntrySigner,
  at: UnixMs,
): Uint8Array {
  const place = { groupId: fields.join.groupId, seq: 0, prev: NO_ENTRY }
  return issueEntry(place, { op: 'create', ...fields }, founder, at)
}

/** Whether it counts is seen by applying it. */
export function nextEntry(
  { groupId, hashes, head }: Roster,
  change: Exclude<Change, { readonly op: 'create' }>,
  actor: EntrySigner,
  at: UnixMs,
): Uint8Array {
  return issueEntry({ groupId, seq: hashes.length, prev: head }, change, actor, at)
}

function applyFirst(entry: Entry): Result<Roster, EntryRefusal> {
  const { groupId, seq, prev, change } = entry
  if (seq !== 0) return failure('gap')
  if (!equalBytes(prev, NO_ENTRY)) return failure('fork')
  if (change.op !== 'create') return failure('op')
  const { certificate, fromSeq } = change.join
  if (!equalBytes(entry.actor, certificate.certHash)) return failure('actor')
  if (fromSeq !== 0) return failure('consent')
  if (!entrySignedBy(certificate.devicePub, entry)) return failure('signature')
  const join = verifyJoin(change.join, groupId)
  if (!join.ok) return failure(`join-${join.reason}`)
  const createHash = rosterHash(NO_ENTRY, entry.bytes)
  return success({
    ...founded(join.value, change.addPolicy),
    groupId,
    hashes: [createHash],
    head: createHash,
    createHash,
    upgradeTag: change.upgradeTag,
    epoch: 1,
    epochHash: createHash,
    closed: false,
  })
}

function applyNext(roster: Roster, entry: Entry): Result<Roster, EntryRefusal> {
  const misplaced = refusalOfPlace(roster, entry)
  if (misplaced !== undefined) return failure(misplaced)
  const { seq, change } = entry
  const actor = memberOf(roster, entry.actor)
  if (actor === undefined) return failure('actor')
  const refused = refusalOf(roster, change, actor, seq)
  if (refused !== undefined) return failure(refused)
  if (!entrySignedBy(actor.certificate.devicePub, entry)) return failure('signature')
  const verified = verifiedChange(change, roster.groupId)
  if (!verified.ok) return verified

  const head = rosterHash(entry.prev, entry.bytes)
  const membership = changed(roster, verified.value, seq)
  const begins = change.op === 'add' || change.op === 'remove'
  return success({
    ...roster,
    ...membership,
    hashes: [...roster.hashes, head],
    head,
    epoch: begins ? seq + 1 : roster.epoch,
    epochHash: begins ? head : roster.epochHash,
    closed: membership.members.length === 0,
  })
}

function refusalOfPlace(roster: Roster, { groupId, seq, prev, change, bytes }: Entry): EntryRefusal | undefined {
  if (!equalBytes(groupId, roster.groupId)) return 'group'
  const standing = roster.hashes[seq]
  if (standing !== undefined) return equalBytes(standing, rosterHash(prev, bytes)) ? 'known' : 'fork'
  if (seq > roster.hashes.length) return 'gap'
  if (!equalBytes(prev, roster.head)) return 'fork'
  if (roster.closed) return 'closed'
  return seq >= (change.op === 'remove' ? CHAIN_MAX : CHAIN_MAX - LAST_PLACES) ? 'full' : undefined
}

/** R28: the newcomer's own signatures, in an Add. */
function verifiedChange(
  change: Change,
  groupId: Bytes,
): Result<Exclude<Change<VerifiedJoin>, { readonly op: 'create' }>, EntryRefusal> {
  if (change.op === 'create') return failure('op')
  if (change.op !== 'add') return success(change)
  const join = verifyJoin(change.join, groupId)
  return join.ok ? success({ op: 'add', join: join.value }) : failure(`join-${join.reason}`)
}
