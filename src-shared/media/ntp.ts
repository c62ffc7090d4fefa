/**
 * The 64-bit NTP form of RTCP (RFC 3550 section 4), filled from the monotonic clock of a call: it orders and relates
 * streams and times round trips, and never tells the time of day (docs/protocol/media.md, section 7).
 */
import type { Ms } from '../base/time.ts'

export interface NtpTime {
  /** u32 */
  readonly seconds: number
  /** u32, in units of 2^-32 s. */
  readonly fraction: number
}

const UNITS_PER_SECOND = 2 ** 32

export function ntpOf(now: Ms): NtpTime {
  const seconds = Math.floor(now / 1000)
  const fraction = Math.floor(((now - seconds * 1000) / 1000) * UNITS_PER_SECOND)
  return { seconds: seconds >>> 0, fraction: fraction >>> 0 }
}

/** Milliseconds since the sender's zero. Exact enough for lip sync (below a microsecond). */
export function msOfNtp(time: NtpTime): Ms {
  return time.seconds * 1000 + (time.fraction * 1000) / UNITS_PER_SECOND
}

/** The middle 32 bits, units of 1/65536 s: what LSR and round-trip times are made of (RFC 3550 section 6.4.1). */
export function shortNtp(time: NtpTime): number {
  return (((time.seconds & 0xffff) << 16) | (time.fraction >>> 16)) >>> 0
}
