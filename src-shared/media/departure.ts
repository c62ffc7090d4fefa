/**
 * When the relay sent a packet of a group on (docs/protocol/group.md, section 5.3): the packet itself cannot say it, as its tag covers
 * all of it, so the relay puts padding (RFC 3550 section 5.1) behind it that is taken off before anything else looks at it.
 * The time has the form of WebRTC's "absolute send time": 24 bits, units of 2^-18 s, so it begins anew every 64 s.
 */
import type { Bytes } from '../base/bytes.ts'
import { type Ms, SECOND } from '../base/time.ts'

/** `time u24 ‖ 4 u8`: the last byte of padding counts it, itself included. */
export const DEPARTURE_BYTES = 4
/** After so long the time begins anew. */
export const DEPARTURE_PERIOD: Ms = 64 * SECOND

const UNITS_PER_MS = 2 ** 18 / SECOND
const PADDING = 0x20

/** Nobody but the relay pads a packet of a group. */
export function isPadded(packet: Bytes): boolean {
  return ((packet[0] ?? 0) & PADDING) !== 0
}

/** Writes `now` into a copy of an RTP packet that is longer by `DEPARTURE_BYTES`. */
export function stampDeparture(packet: Bytes, now: Ms): void {
  const at = packet.length - DEPARTURE_BYTES
  const time = Math.floor((now % DEPARTURE_PERIOD) * UNITS_PER_MS)
  packet[0] = (packet[0] ?? 0) | PADDING
  packet[at] = (time >> 16) & 0xff
  packet[at + 1] = (time >> 8) & 0xff
  packet[at + 2] = time & 0xff
  packet[at + 3] = DEPARTURE_BYTES
}

/** Of an RTP packet as it came, modulo `DEPARTURE_PERIOD`; `undefined`: it says none. */
export function departureOf(packet: Bytes): Ms | undefined {
  if (!hasDeparture(packet)) return undefined
  const [high = 0, middle = 0, low = 0] = packet.subarray(-DEPARTURE_BYTES)
  return ((high << 16) | (middle << 8) | low) / UNITS_PER_MS
}

/** The RTP packet as its sender made it. */
export function withoutDeparture(packet: Bytes): Bytes {
  if (!hasDeparture(packet)) return packet
  const original = packet.slice(0, -DEPARTURE_BYTES)
  original[0] = (original[0] ?? 0) & ~PADDING
  return original
}

function hasDeparture(packet: Bytes): boolean {
  return packet.length > DEPARTURE_BYTES && isPadded(packet) && packet[packet.length - 1] === DEPARTURE_BYTES
}
