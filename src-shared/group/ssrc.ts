/**
 * SSRCs of a group call (docs/protocol/group.md, section 7.1): `prefix (24 bits) ‖ stream (6 bits) ‖ kind (2 bits)`. The prefix follows from
 * the Join, and no two members have the same: whose a packet is shows before it is decrypted.
 */
import type { Bytes } from '../base/bytes.ts'
import { hash } from '../crypto/hash.ts'
import { MEDIA_KIND_CODE, type MediaKind } from '../crypto/key-schedule.ts'

/** Streams that one member can number; afterwards it needs a new Join. */
export const STREAM_NUMBERS = 64

export function ssrcPrefix(join: { readonly groupId: Bytes; readonly certHash: Bytes; readonly nonce: Bytes }): number {
  const digest = hash('group ssrc', join.groupId, join.certHash, join.nonce)
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) >>> 8
}

export function groupSsrc(prefix: number, stream: number, kind: MediaKind): number {
  if (stream < 0 || stream >= STREAM_NUMBERS) throw new RangeError('no such stream')
  return ((prefix << 8) | (stream << 2) | MEDIA_KIND_CODE[kind]) >>> 0
}

export function prefixOfSsrc(ssrc: number): number {
  return ssrc >>> 8
}
