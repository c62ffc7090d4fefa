/**
 * Return from a group call to a 1:1 call (docs/protocol/group.md, R40). The callId of the 1:1 call takes the place of a tag: it can only be
 * made with a key of the epoch in which the two are alone, and names who is called.
 */
import type { Bytes } from '../base/bytes.ts'
import { hmacSha256 } from '../crypto/hash.ts'
import { CALL_ID_LENGTH } from '../protocol/invite.ts'
import type { SenderKeys } from './group-keys.ts'

/** `keys`: the caller's in that epoch; `calledCertHash`: of the other member's device. */
export function returnCallId({ oneToOne }: Pick<SenderKeys, 'oneToOne'>, calledCertHash: Bytes): Uint8Array {
  return hmacSha256(oneToOne, calledCertHash).slice(0, CALL_ID_LENGTH)
}
