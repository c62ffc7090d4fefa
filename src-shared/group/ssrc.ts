/**
 * Whose the SSRCs of a group call are (docs/protocol/group.md, section 7.1): their upper bits follow from the Join, and no two members have
 * the same. What is below them: `src-shared/media/ssrc.ts`.
 */
import type { Bytes } from '../base/bytes.ts'
import { hash } from '../crypto/hash.ts'

/** 24 bits. */
export function ssrcPrefix(join: { readonly groupId: Bytes; readonly certHash: Bytes; readonly nonce: Bytes }): number {
  const digest = hash('group ssrc', join.groupId, join.certHash, join.nonce)
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) >>> 8
}
