/**
 * Entry (docs/protocol/group.md, section 1.1): one link of the roster's hash chain, signed by the member that makes the change.
 * Reading one says nothing about whether it counts: that is `roster.ts`.
 */
import { type Bytes, concatBytes } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import { unreachable } from '../base/result.ts'
import type { UnixMs } from '../base/time.ts'
import { ByteWriter } from '../base/writer.ts'
import { hash } from '../crypto/hash.ts'
import { SIGNATURE_LENGTH, SIGNING_KEY_LENGTH } from '../crypto/primitives.ts'
import { signDigest, verifyDigest } from '../crypto/signature.ts'
import { HASH_LENGTH } from '../identity/certificate.ts'
import { namedCodes } from '../protocol/named-codes.ts'
import { type Join, readJoin } from './join.ts'
import { GROUP_ID_LENGTH } from './member-key.ts'
import { orZero, readUnlessZero } from './optional-field.ts'

export const ENTRY_MAX = 4096
export const UPGRADE_TAG_LENGTH = 32

const LABEL = 'roster entry'

/** Who may invite: hosts, or every member. */
export type AddPolicy = 'hosts' | 'all'
export type RemoveReason = 'removed' | 'left' | 'lost'

export type Change<SomeJoin extends Join = Join> =
  | {
      readonly op: 'create'
      readonly join: SomeJoin
      readonly addPolicy: AddPolicy
      /** R36, in a call that grew from a 1:1 call. */
      readonly upgradeTag: Bytes | undefined
    }
  | { readonly op: 'invite'; readonly accountPub: Bytes }
  | { readonly op: 'add'; readonly join: SomeJoin }
  | { readonly op: 'remove'; readonly certHash: Bytes; readonly reason: RemoveReason }
  | { readonly op: 'host'; readonly certHash: Bytes; readonly on: boolean }

/** Where an entry stands. */
export interface EntryPlace {
  readonly groupId: Bytes
  readonly seq: number
  /** rosterHash of the entry before. */
  readonly prev: Bytes
}

export interface Entry extends EntryPlace {
  readonly change: Change
  /** certHash of the signing device. */
  readonly actor: Bytes
  /** The actor's clock; nothing is decided by it. */
  readonly at: UnixMs
  readonly bytes: Bytes
  readonly signature: Bytes
}

export interface EntrySigner {
  readonly certHash: Bytes
  readonly signingSecret: Bytes
}

const CREATE = 1
const INVITE = 2
const ADD = 3
const REMOVE = 4
const HOST = 5

const policies: readonly AddPolicy[] = ['hosts', 'all']
const reasons = namedCodes<RemoveReason>(['removed', 'left', 'lost'])

/** rosterHash(−1) */
export const NO_ENTRY: Bytes = new Uint8Array(HASH_LENGTH)

/** rosterHash(n) from rosterHash(n − 1) and entry n. */
export function rosterHash(prev: Bytes, entry: Bytes): Uint8Array {
  return hash('roster', prev, entry)
}

export function issueEntry(place: EntryPlace, change: Change, actor: EntrySigner, at: UnixMs): Uint8Array {
  const writer = new ByteWriter().fixed(place.groupId, GROUP_ID_LENGTH).u32(place.seq).fixed(place.prev, HASH_LENGTH)
  writeChange(writer, change)
  const body = writer.fixed(actor.certHash, HASH_LENGTH).u64(at).finish()
  return concatBytes(body, signDigest(actor.signingSecret, hash(LABEL, body)))
}

export function parseEntry(bytes: Bytes): Entry | undefined {
  if (bytes.length > ENTRY_MAX) return undefined
  return parse(bytes, (reader) => ({
    groupId: reader.fixed(GROUP_ID_LENGTH),
    seq: reader.u32(),
    prev: reader.fixed(HASH_LENGTH),
    change: readChange(reader),
    actor: reader.fixed(HASH_LENGTH),
    at: reader.u64(),
    signature: reader.fixed(SIGNATURE_LENGTH),
    bytes: reader.since(0),
  }))
}

export function entrySignedBy(devicePub: Bytes, entry: Entry): boolean {
  const digest = hash(LABEL, entry.bytes.subarray(0, -SIGNATURE_LENGTH))
  return verifyDigest(devicePub, entry.signature, digest)
}

function writeChange(writer: ByteWriter, change: Change): void {
  switch (change.op) {
    case 'create':
      writer.u8(CREATE).raw(change.join.bytes).u8(policies.indexOf(change.addPolicy))
      writer.fixed(orZero(change.upgradeTag, UPGRADE_TAG_LENGTH), UPGRADE_TAG_LENGTH)
      break
    case 'invite':
      writer.u8(INVITE).fixed(change.accountPub, SIGNING_KEY_LENGTH)
      break
    case 'add':
      writer.u8(ADD).raw(change.join.bytes)
      break
    case 'remove':
      writer.u8(REMOVE).fixed(change.certHash, HASH_LENGTH).u8(reasons.code(change.reason))
      break
    case 'host':
      writer.u8(HOST).fixed(change.certHash, HASH_LENGTH).u8(Number(change.on))
      break
    default:
      unreachable(change)
  }
}

function readChange(reader: ByteReader): Change {
  const op = reader.oneOf([CREATE, INVITE, ADD, REMOVE, HOST], reader.u8())
  switch (op) {
    case CREATE: {
      const join = readJoin(reader)
      const addPolicy = policies[reader.u8()]
      if (addPolicy === undefined) throw new MalformedError('unknown policy')
      return { op: 'create', join, addPolicy, upgradeTag: readUnlessZero(reader, UPGRADE_TAG_LENGTH) }
    }
    case INVITE:
      return { op: 'invite', accountPub: reader.fixed(SIGNING_KEY_LENGTH) }
    case ADD:
      return { op: 'add', join: readJoin(reader) }
    case REMOVE: {
      const certHash = reader.fixed(HASH_LENGTH)
      return { op: 'remove', certHash, reason: reasons.read(reader) }
    }
    case HOST: {
      const certHash = reader.fixed(HASH_LENGTH)
      return { op: 'host', certHash, on: reader.oneOf([0, 1], reader.u8()) === 1 }
    }
    default:
      return unreachable(op)
  }
}
