/**
 * How much one connection, one room and all devices of one address may make the relay do. Packets beyond it are dropped: media
 * live with loss. A frame beyond it ends the connection: the control channel lives with none.
 */
import { MINUTE, type Ms, type UnixMs } from '../../src-shared/base/time.ts'
import { Budget } from './budget.ts'

/**
 * Picture in three sizes, screen and sound are about 500 a second. 2 MB/s is 16 Mbit/s, room for bursts of keyframes.
 */
const PACKETS = { perSecond: 3000, burst: 3000 }
const PACKET_BYTES = { perSecond: 2_000_000, burst: 2_000_000 }
/**
 * Copies that go out. One core sends some 30 000 to 100 000 packets a second. A full call in which everybody looks at everybody's
 * smallest picture (30 packets a second each) and hears five voices (50) needs 40 000. What is beyond would only wait, with
 * everybody else's.
 */
const COPIES = { perSecond: 100_000, burst: 100_000 }
/** Of one member: twice what a busy one sends to 32 others. A hostile one takes a third of the room's. */
const OWN_COPIES = { perSecond: 32_000, burst: 32_000 }
/** An epoch of 33 is 32 KeyShares, a MemberKey, a Head and some records within a second: 40. */
const FRAMES = { perSecond: 200, burst: 400 }
/**
 * Bytes of messages, each copy counted. An epoch of 33 is 46 kB of KeyShares and 80 kB for what goes to all; the largest
 * message to 32 others 2.1 MB. So it is eight epochs a second, or one such message after the other every two seconds.
 */
const MESSAGES = { perSecond: 1_000_000, burst: 3_000_000 }
/** All who come from behind one NAT: a whole call of 33 has 4.2 MB an epoch. */
const MESSAGES_OF_ADDRESS = { perSecond: 10_000_000, burst: 30_000_000 }
/**
 * Entries of chains to check: up to 6 signatures, some milliseconds each. At once a whole chain (2048, when a relay was
 * restarted); later a call's own changes, of which one that gathers 33 newcomers is the largest.
 */
const ENTRIES = { perSecond: 16, burst: 2112 }
const ENTRIES_OF_ADDRESS = { perSecond: 48, burst: 4224 }

/** An address is remembered so long after its last connection: until all that it may do is full again. */
export const ADDRESS_REMEMBERED: Ms = 2 * MINUTE

/** Packets that are asked for again: a tenth of what a busy receiver gets. */
const REQUESTS = { perSecond: 300, burst: 600 }

/** Of one connection. */
export interface OwnAllowance {
  readonly packets: Budget
  readonly packetBytes: Budget
  readonly copies: Budget
  readonly frames: Budget
  readonly requests: Budget
  readonly messages: Budget
  readonly entries: Budget
}

export interface AddressAllowance {
  readonly copies: Budget
  readonly messages: Budget
  readonly entries: Budget
}

export function ownAllowance(now: UnixMs): OwnAllowance {
  return {
    packets: budget(PACKETS, now),
    packetBytes: budget(PACKET_BYTES, now),
    copies: budget(OWN_COPIES, now),
    frames: budget(FRAMES, now),
    requests: budget(REQUESTS, now),
    messages: budget(MESSAGES, now),
    entries: budget(ENTRIES, now),
  }
}

export function addressAllowance(now: UnixMs): AddressAllowance {
  return {
    copies: budget(COPIES, now),
    messages: budget(MESSAGES_OF_ADDRESS, now),
    entries: budget(ENTRIES_OF_ADDRESS, now),
  }
}

/** Copies in one room. */
export function roomAllowance(now: UnixMs): Budget {
  return budget(COPIES, now)
}

function budget({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }, now: UnixMs): Budget {
  return new Budget(perSecond, burst, now)
}
