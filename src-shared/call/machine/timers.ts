/** The timers of a call: one of each name at a time; starting one that runs starts it anew. */
import { type Ms, SECOND } from '../../base/time.ts'
import { OLD_GENERATION_KEPT, REKEY_INTERVAL } from '../rekey.ts'

export const TIMERS = {
  /** Lookup and relay ticket together: longer than a slow connection takes, short enough to believe that something happens. */
  'set-up': 15 * SECOND,
  /** How long a caller lets the others ring. */
  'no-answer': 45 * SECOND,
  /** The longest ring; it ends earlier with the invitation (R24). */
  ring: 45 * SECOND,
  /** From the user's yes until the Accept can leave. */
  'relay-wait': 10 * SECOND,
  /** The relay may lose the Accept (its restart, a caller not yet in the room): it is repeated until Confirm. */
  'repeat-accept': 0.5 * SECOND,
  /** R23 */
  confirm: 10 * SECOND,
  'keep-alive': 3 * SECOND,
  /** Three lost KeepAlives: the user is told "reconnecting". */
  silence: 10 * SECOND,
  /** Less than `silence`: a dead direct path is left before anyone speaks of reconnecting. */
  'direct-silence': 7 * SECOND,
  /** How long a direct path that is quiet may take to come back, where the relay carries the call. */
  'direct-quiet': 10 * SECOND,
  /** How long a call waits for the other side to come back. */
  reconnect: 30 * SECOND,
  /** ICE, DTLS and both proofs. */
  'direct-attempt': 15 * SECOND,
  'direct-retry': 10 * SECOND,
  /** Section 5 */
  rekey: REKEY_INTERVAL,
  /** R39 */
  'old-keys': OLD_GENERATION_KEPT,
} as const satisfies Readonly<Record<string, Ms>>

export type TimerName = keyof typeof TIMERS

/** Attempts at a direct path without success; a peer that hides its address costs one, as it never answers. */
export const DIRECT_ATTEMPTS = 5
/** How many calls that are over a device remembers, so that a late or repeated message does not wake them (R19). */
export const FINISHED_KEPT = 32
