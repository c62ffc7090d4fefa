/** R13: which messages are too old, too early, live too long, or were here before. The memory behind it is the caller's. */
import type { Bytes } from '../base/bytes.ts'
import { failure, type Result, success } from '../base/result.ts'
import { type Ms, SECOND, type UnixMs } from '../base/time.ts'
import { ENVELOPE_LIFE, type EnvelopeContent } from './envelope.ts'

/** How far two clocks may be apart. */
export const CLOCK_ERROR: Ms = 300 * SECOND
/** After a message's own end, how long it is still recognised: longer than `CLOCK_ERROR`, in which it could be accepted. */
export const REPLAY_MARGIN: Ms = 600 * SECOND

export type TimeRefusal =
  | 'life' /* claims to live longer than its type may, or to end before it began */
  | 'expired'
  | 'early' /* sent in the future: it would outlive the memory of it */

export function checkTimes(content: EnvelopeContent, now: UnixMs): Result<undefined, TimeRefusal> {
  const life = content.expiresAt - content.sentAt
  if (life < 0 || life > ENVELOPE_LIFE[content.type]) return failure('life')
  if (now > content.expiresAt + CLOCK_ERROR) return failure('expired')
  if (content.sentAt > now + CLOCK_ERROR) return failure('early')
  return success(undefined)
}

/** The memory of R13. `remember` answers `false` for a pair that it holds already. */
export interface ReplayMemory {
  remember(senderCertHash: Bytes, messageId: Bytes, keepUntil: UnixMs): boolean
}

/** `false` if the message was accepted before; from now on it was. */
export function acceptOnce(memory: ReplayMemory, senderCertHash: Bytes, content: EnvelopeContent): boolean {
  return memory.remember(senderCertHash, content.messageId, content.expiresAt + REPLAY_MARGIN)
}
