/**
 * The timers of a group call. One of each name runs at a time, of those about a device or an epoch one for each; starting one that runs
 * starts it anew. Which run in a state is said in `running.ts` alone.
 */
import { MINUTE, type Ms, SECOND } from '../../base/time.ts'

export const TIMERS = {
  /** Lookups, ticket, the way into the room and the first entry. */
  'set-up': 15 * SECOND,
  /** Section 6: a GroupInvite rings in its first 60 s. */
  ring: 60 * SECOND,
  /** The life of a Knock. */
  knock: 10 * MINUTE,
  /** Section 6: from the person's yes until this device is added. */
  join: 30 * SECOND,
  'repeat-join': 2 * SECOND,
  /** Section 6: for the own Remove to come back. */
  leave: 1 * SECOND,
  /** Out of the room for as long as makes a member lost. */
  reconnect: 30 * SECOND,
  /** Nobody else in, after the invitations rang, or after all others went. */
  alone: 5 * MINUTE,
  /** Section 6: until those who are there add who asks; each rank waits `RANK_DELAY` longer. */
  gather: 0.5 * SECOND,
  /** A change that was not taken: another was first. */
  'submit-again': 1 * SECOND,
  /** R34: about a member that is not in the room. */
  lost: 30 * SECOND,
  /** R34 */
  heads: 10 * SECOND,
  /** R34: nobody confirms the own head. */
  confirm: 20 * SECOND,
  /** After `confirm`, or after the room was entered again: still nobody does. */
  unheard: 40 * SECOND,
  /** R34: a member names entries that do not come. */
  behind: 20 * SECOND,
  /** R33: the old sender key after an Add. */
  switch: 1 * SECOND,
  /** Section 3: a KeyShare is missing. */
  request: 1 * SECOND,
  /** Section 3: one answer a second, about each receiver. */
  answer: 1 * SECOND,
  /** R31, R33: about an older epoch, from the begin of the next. */
  expire: 5 * SECOND,
  /** R33: about an older epoch, from the moment in which all KeyShares of a newer one are in. */
  retire: 2 * SECOND,
  /** R32: a KeyShare whose entry has not come. */
  early: 5 * SECOND,
  /** The directory did not answer about a member (R35). */
  'check-again': 5 * SECOND,
  /** R36: the other side of the 1:1 call does not come. */
  upgrade: 30 * SECOND,
  /** R36: what is under way in the 1:1 call still arrives. */
  'upgrade-done': 2 * SECOND,
  /** R40: two are left, and nobody has come back. */
  return: 5 * SECOND,
  /** R40: the handshake of the 1:1 call. */
  'return-limit': 30 * SECOND,
  /** R40: until the caller leaves the group; the other side waits for that, this long once more. */
  'return-done': 2 * SECOND,
} as const satisfies Readonly<Record<string, Ms>>

export type TimerName = keyof typeof TIMERS

/** `about`: a device or an epoch, where there is one timer for each. */
export interface Timer {
  readonly name: TimerName
  readonly about: string | undefined
}

export const RANK_DELAY: Ms = 1 * SECOND
/** So that whoever is left alone has removed the others before `unheard` runs out. */
export const LOST_RANK_MAX = 5
/** `retire` after a Remove (R33). */
export const RETIRE_AFTER_REMOVE: Ms = 1 * SECOND
/** `alone` while invitations ring. */
export const ALONE_RINGING: Ms = 60 * SECOND
/** `return` after somebody was lost: longer than it takes to find a network and to come back. */
export const RETURN_AFTER_LOSS: Ms = 60 * SECOND
/** `request` doubles up to this: where keys are late because everybody is busy, asking makes everybody busier. */
export const REQUEST_SLOWLY: Ms = 10 * SECOND
/** Of each member, the newest; the runner keeps as many. */
export const MEMBER_KEYS_KEPT = 4
/** KeyShares that wait for their entry. */
export const EARLY_KEPT = 64
/** People at the door. */
export const KNOCKS_KEPT = 32
/** How many calls that are over a device remembers. */
export const FINISHED_KEPT = 32
