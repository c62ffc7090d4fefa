/**
 * Head (docs/protocol/group.md, section 3 and R34): a member says, signed, which chain it has. Who hears another branch, or nobody who has
 * the same, is being kept apart from the others.
 */
import { type Bytes, concatBytes, equalBytes, toHex } from '../base/bytes.ts'
import { parse } from '../base/reader.ts'
import { failure, type Result, success } from '../base/result.ts'
import { type Ms, SECOND, type UnixMs } from '../base/time.ts'
import { ByteWriter } from '../base/writer.ts'
import { hash } from '../crypto/hash.ts'
import { PORTABLE, type Primitives } from '../crypto/primitives.ts'
import { SIGNATURE_LENGTH } from '../crypto/signature.ts'
import { HASH_LENGTH } from '../identity/certificate.ts'
import type { EntrySigner } from './entry.ts'
import { GROUP_ID_LENGTH, type GroupDevice } from './member-key.ts'
import type { Roster } from './roster.ts'

const LABEL = 'head'

export interface Head {
  readonly groupId: Bytes
  readonly certHash: Bytes
  /** Of the newest entry, also of one that changed no membership. */
  readonly seq: number
  readonly rosterHash: Bytes
  readonly epoch: number
  /** The sender's clock; rises from one Head of a member to the next. */
  readonly at: UnixMs
  readonly bytes: Bytes
  readonly signature: Bytes
}

declare const checked: unique symbol

export type VerifiedHead = Head & { readonly [checked]: 'head' }

export type HeadRefusal = 'group' | 'device' | 'signature'

export function issueHead(roster: Roster, own: EntrySigner, at: UnixMs, primitives: Primitives = PORTABLE): Uint8Array {
  const body = new ByteWriter()
    .fixed(roster.groupId, GROUP_ID_LENGTH)
    .fixed(own.certHash, HASH_LENGTH)
    .u32(roster.hashes.length - 1)
    .fixed(roster.head, HASH_LENGTH)
    .u32(roster.epoch)
    .u64(at)
    .finish()
  return concatBytes(body, primitives.signDigest(own.signingSecret, hash(LABEL, body)))
}

export function parseHead(bytes: Bytes): Head | undefined {
  return parse(bytes, (reader) => ({
    groupId: reader.fixed(GROUP_ID_LENGTH),
    certHash: reader.fixed(HASH_LENGTH),
    seq: reader.u32(),
    rosterHash: reader.fixed(HASH_LENGTH),
    epoch: reader.u32(),
    at: reader.u64(),
    signature: reader.fixed(SIGNATURE_LENGTH),
    bytes: reader.since(0),
  }))
}

export function verifyHead(
  head: Head,
  member: GroupDevice,
  primitives: Primitives = PORTABLE,
): Result<VerifiedHead, HeadRefusal> {
  if (!equalBytes(head.groupId, member.groupId)) return failure('group')
  if (!equalBytes(head.certHash, member.certHash)) return failure('device')
  const digest = hash(LABEL, head.bytes.subarray(0, -SIGNATURE_LENGTH))
  if (!primitives.verifyDigest(member.devicePub, head.signature, digest)) return failure('signature')
  // The one place where a Head becomes a verified one.
  return success(head as VerifiedHead)
}

/** R34: where its sender stands on the own chain. `ahead`: the own chain must grow before more can be said. */
export function compareHead(roster: Roster, head: VerifiedHead): 'same' | 'behind' | 'ahead' | 'fork' {
  const own = roster.hashes[head.seq]
  if (own === undefined) return 'ahead'
  if (!equalBytes(own, head.rosterHash)) return 'fork'
  return head.seq === roster.hashes.length - 1 ? 'same' : 'behind'
}

/** A Head may be later than the quickest of its sender by so much. */
export const HEAD_LATE: Ms = 10 * SECOND
/** Two clocks go apart by no more than this share of the time. */
const CLOCK_DRIFT = 1e-4

interface Heard {
  readonly at: UnixMs
  readonly now: UnixMs
  /** The least that was between a Head's `at` and its arrival: clock difference and the shortest way. */
  readonly quickest: Ms
}

/**
 * R34: only a fresh Head confirms. Otherwise the relay could keep the entry that removes somebody from a member, and feed it the Heads that
 * the others said before, again or one by one.
 */
export class HeadWatch {
  readonly #heard = new Map<string, Heard>()

  take({ certHash, at }: VerifiedHead, now: UnixMs): 'fresh' | 'repeated' | 'late' {
    const name = toHex(certHash)
    const before = this.#heard.get(name)
    if (before !== undefined && at <= before.at) return 'repeated'
    const way = now - at
    const drifted = before === undefined ? way : before.quickest + CLOCK_DRIFT * Math.max(0, now - before.now)
    const quickest = Math.min(way, drifted)
    this.#heard.set(name, { at, now, quickest })
    return way - quickest > HEAD_LATE ? 'late' : 'fresh'
  }

  /** When a device was added anew, or is gone. */
  forget(certHash: Bytes): void {
    this.#heard.delete(toHex(certHash))
  }
}
