/**
 * What the two SRTP transforms have in common (`srtp-aes-cm.ts`, `srtp-gcm.ts`). A transform serves one master key and either RTP or RTCP;
 * it knows keys and nonces, but neither sequence numbers nor replay. Its counter block and its MAC state are scratch memory that
 * lives as long as the key: a packet costs no key expansion and no hash of the key.
 */
import type { Bytes } from '../base/bytes.ts'

export interface SrtpTransform {
  /** Bytes of tag between the ciphertext (or the SRTCP index) and the MKI, and after the MKI. */
  readonly tagBeforeMki: number
  readonly tagAfterMki: number
  /** `packet` with everything from `bodyAt` on encrypted, and the trailer that its suite and kind ask for. `index`: 48 bits for RTP, 31 for RTCP. */
  seal(packet: Bytes, bodyAt: number, ssrc: number, index: number, mki: Bytes): Uint8Array<ArrayBuffer>
  /** The inverse; `undefined` if the tag does not fit. The caller has checked that header, trailer and tag are there. */
  open(
    packet: Bytes,
    bodyAt: number,
    ssrc: number,
    index: number,
    mkiLength: number,
  ): Uint8Array<ArrayBuffer> | undefined
  erase(): void
}

/** The SRTCP index field: the E flag, always set, and 31 bits of index (RFC 3711 section 3.4). */
export const SRTCP_INDEX_LENGTH = 4
const E_FLAG = 0x8000_0000

export function srtcpIndexField(index: number): number {
  return E_FLAG + index
}

export function writeU32(target: Bytes, at: number, value: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}

/**
 * XORs SSRC and 48-bit packet index into a counter block at `at`: the one layout of both suites and both kinds
 * (RFC 3711 section 4.1.1: at byte 4; RFC 7714 sections 8.1 and 9.1: at byte 2).
 */
export function mixNonce(block: Bytes, at: number, ssrc: number, index: number): void {
  const high = Math.floor(index / 0x1_0000_0000)
  block[at] = (block[at] ?? 0) ^ (ssrc >>> 24)
  block[at + 1] = (block[at + 1] ?? 0) ^ (ssrc >>> 16)
  block[at + 2] = (block[at + 2] ?? 0) ^ (ssrc >>> 8)
  block[at + 3] = (block[at + 3] ?? 0) ^ ssrc
  block[at + 4] = (block[at + 4] ?? 0) ^ (high >>> 8)
  block[at + 5] = (block[at + 5] ?? 0) ^ high
  block[at + 6] = (block[at + 6] ?? 0) ^ (index >>> 24)
  block[at + 7] = (block[at + 7] ?? 0) ^ (index >>> 16)
  block[at + 8] = (block[at + 8] ?? 0) ^ (index >>> 8)
  block[at + 9] = (block[at + 9] ?? 0) ^ index
}
