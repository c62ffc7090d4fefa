/**
 * Flexible forward error correction (RFC 8627): a repair packet is the exclusive or of several packets of a stream, so that any one of
 * them can be had from it and the others. One stream, a flexible mask (R = 0, F = 0); its SSRC is the repair packet's only CSRC.
 *
 *     R F P X CC | M PT recovery | length recovery u16 | timestamp recovery u32 | SN base u16 | k mask | repair payload
 */
import { type Bytes, concatBytes } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { sequenceNumberOf } from './rtp.ts'
import { sequenceDelta } from './sequence.ts'

export interface Repair {
  /** The numbers of the packets that it is made of, in order. */
  readonly numbers: readonly number[]
  /** The first eight bytes, and what follows the mask. */
  readonly recovery: Bytes
  readonly payload: Bytes
}

/** Of the RTP header; what follows it is the repair payload's part (section 6.2). */
const FIXED_HEADER = 12
const RECOVERY_LENGTH = 8
/** The version's two bits have the place of R and F. */
const WITHOUT_VERSION = 0x3f
const VERSION_2 = 0x80
/** Bits of the mask's three parts; in front of the first two stands k: another part follows (section 4.2.2.1). */
const MASK_PARTS = [15, 31, 64] as const
const SHORT_MASK = MASK_PARTS[0]

/** Whether the shortest mask can name all of `packets`, which are in order. */
export function fitsShortMask(packets: readonly Bytes[]): boolean {
  const first = packets[0]
  const last = packets.at(-1)
  return first !== undefined && last !== undefined && offsetOf(last, first) < SHORT_MASK
}

/** The payload of the packet that repairs any one of `packets`: in the clear, in order, within the shortest mask. */
export function repairPayload(packets: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const [first] = packets
  if (first === undefined || !fitsShortMask(packets)) throw new RangeError('no packets, or too far apart')
  const mask = packets.reduce((bits, packet) => bits | (1 << (SHORT_MASK - 1 - offsetOf(packet, first))), 0)
  const longest = Math.max(...packets.map(({ length }) => length - FIXED_HEADER))
  const recovery = new Uint8Array(RECOVERY_LENGTH)
  const payload = new Uint8Array(longest)
  for (const packet of packets) addTo(recovery, payload, packet)
  return concatBytes(recovery, new ByteWriter().u16(sequenceNumberOf(first)).u16(mask).finish(), payload)
}

/** `undefined`: malformed, or of another form. */
export function parseRepair(bytes: Bytes): Repair | undefined {
  return parse(bytes, (reader) => {
    const recovery = reader.fixed(RECOVERY_LENGTH)
    if (((recovery[0] ?? 0) & ~WITHOUT_VERSION) !== 0) throw new MalformedError('form of the FEC header')
    const base = reader.u16()
    const numbers = readMask(reader).map((offset) => (base + offset) & 0xffff)
    if (numbers.length === 0) throw new MalformedError('empty mask')
    return { numbers, recovery, payload: reader.rest() }
  })
}

/** The missing one, in the clear, from all the others (section 6.3). `undefined`: they do not belong together. */
export function recoverPacket(
  { recovery, payload }: Repair,
  others: readonly Bytes[],
  missing: { readonly ssrc: number; readonly sequenceNumber: number },
): Uint8Array<ArrayBuffer> | undefined {
  const head = concatBytes(recovery)
  const rest = concatBytes(payload)
  if (others.some(({ length }) => length < FIXED_HEADER || length - FIXED_HEADER > rest.length)) return undefined
  for (const other of others) addTo(head, rest, other)
  const length = ((head[2] ?? 0) << 8) | (head[3] ?? 0)
  if (length > rest.length) return undefined
  const first = VERSION_2 | (head[0] ?? 0)
  const header = new ByteWriter()
    .u8(first)
    .u8(head[1] ?? 0)
    .u16(missing.sequenceNumber)
    .finish()
  const ssrc = new ByteWriter().u32(missing.ssrc).finish()
  return concatBytes(header, head.subarray(4), ssrc, rest.subarray(0, length))
}

function offsetOf(packet: Bytes, first: Bytes): number {
  return sequenceDelta(sequenceNumberOf(packet), sequenceNumberOf(first))
}

/** Adds the packet's bit string (section 6.3.2): the first eight bytes with the length in the number's place, and all behind the SSRC. */
function addTo(recovery: Uint8Array, payload: Uint8Array, packet: Bytes): void {
  const length = packet.length - FIXED_HEADER
  const head = [
    (packet[0] ?? 0) & WITHOUT_VERSION,
    packet[1] ?? 0,
    length >>> 8,
    length & 0xff,
    ...packet.subarray(4, 8),
  ]
  head.forEach((byte, i) => (recovery[i] = (recovery[i] ?? 0) ^ byte))
  for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (packet[FIXED_HEADER + i] ?? 0)
}

/** The offsets that are set. */
function readMask(reader: ByteReader): number[] {
  const offsets: number[] = []
  let from = 0
  for (const [part, bits] of MASK_PARTS.entries()) {
    const isLast = part === MASK_PARTS.length - 1
    const bytes = reader.fixed(Math.ceil(bits / 8))
    const skipped = isLast ? 0 : 1
    for (let i = 0; i < bits; i++) {
      const at = i + skipped
      if ((((bytes[at >> 3] ?? 0) << (at & 7)) & 0x80) !== 0) offsets.push(from + i)
    }
    if (isLast || ((bytes[0] ?? 0) & 0x80) === 0) break
    from += bits
  }
  return offsets
}
