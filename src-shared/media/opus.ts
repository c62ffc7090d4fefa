/** Opus in RTP (RFC 7587): the payload is one Opus packet. What is read of it is its length in time and whether it is well formed (RFC 6716 section 3). */
import type { Bytes } from '../base/bytes.ts'

/** Samples at 48 kHz of the one packet length that the profile uses: 20 ms. */
export const OPUS_FRAME_SAMPLES = 960
export const OPUS_FRAME_MS = 20

/** RFC 6716 section 3.4, R5. */
const MAX_SAMPLES = 5760
/** RFC 6716 section 3.4, R2. */
const MAX_FRAME_LENGTH = 1275

/** RFC 6716 table 2, samples at 48 kHz of one frame. */
function frameSamples(toc: number): number {
  const config = toc >> 3
  if (config < 12) return [480, 960, 1920, 2880][config & 3] ?? 0
  if (config < 16) return (config & 1) === 0 ? 480 : 960
  return 120 << (config & 3)
}

/** Samples at 48 kHz that a well-formed packet decodes to; `undefined` for a malformed one (RFC 6716 section 3.4, R1 to R7). */
export function opusSamples(packet: Bytes): number | undefined {
  const toc = packet[0]
  if (toc === undefined) return undefined
  const count = frameCount(packet, toc & 3)
  if (count === undefined) return undefined
  const samples = count * frameSamples(toc)
  return samples <= MAX_SAMPLES ? samples : undefined
}

function frameCount(packet: Bytes, code: number): number | undefined {
  const rest = packet.length - 1
  switch (code) {
    case 0:
      return rest <= MAX_FRAME_LENGTH ? 1 : undefined
    case 1:
      return rest % 2 === 0 && rest / 2 <= MAX_FRAME_LENGTH ? 2 : undefined
    case 2: {
      const first = frameLength(packet, 1)
      if (first === undefined) return undefined
      const second = packet.length - first.next - first.length
      return second >= 0 && second <= MAX_FRAME_LENGTH ? 2 : undefined
    }
    default:
      return countedFrames(packet)
  }
}

/** RFC 6716 section 3.2.1: one byte up to 251, else two. */
function frameLength(packet: Bytes, at: number): { length: number; next: number } | undefined {
  const first = packet[at]
  if (first === undefined) return undefined
  if (first < 252) return { length: first, next: at + 1 }
  const second = packet[at + 1]
  return second === undefined ? undefined : { length: first + 4 * second, next: at + 2 }
}

/** Code 3, section 3.2.5: a count byte (v, p, M), padding lengths, frame lengths if v, the frames, the padding. */
function countedFrames(packet: Bytes): number | undefined {
  const header = packet[1]
  if (header === undefined) return undefined
  const count = header & 0x3f
  if (count === 0) return undefined
  let at = 2
  let end = packet.length
  if ((header & 0x40) !== 0) {
    let byte: number | undefined
    do {
      byte = packet[at++]
      if (byte === undefined) return undefined
      // 255 stands for 254 bytes and another length byte.
      end -= Math.min(byte, 254)
    } while (byte === 255)
  }
  if ((header & 0x80) === 0) {
    const size = (end - at) / count
    return size >= 0 && size <= MAX_FRAME_LENGTH && Number.isInteger(size) ? count : undefined
  }
  for (let i = 0; i < count - 1; i++) {
    const frame = frameLength(packet, at)
    if (frame === undefined) return undefined
    at = frame.next
    end -= frame.length
  }
  return end - at >= 0 && end - at <= MAX_FRAME_LENGTH ? count : undefined
}

/**
 * What the decoder is given in place of a lost packet: the TOC of the one before it with frames of no length, which
 * triggers libopus's own concealment. An empty chunk would be fatal to the decoder.
 */
export function opusConcealment(previous: Bytes): Uint8Array<ArrayBuffer> {
  const toc = previous[0] ?? 0
  switch (toc & 3) {
    case 2:
      // Two frames of different length need a length byte; two of equal length need none.
      return Uint8Array.of((toc & 0xfc) | 1)
    case 3: {
      const count = (previous[1] ?? 1) & 0x3f
      return count === 1 ? Uint8Array.of(toc & 0xfc) : Uint8Array.of(toc, count)
    }
    default:
      return Uint8Array.of(toc)
  }
}
