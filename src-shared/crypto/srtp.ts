/**
 * This folder holds one cryptographic construction a file, on the primitives of noble; no clock, randomness or I/O, and nothing that
 * knows what a call is. This file is SRTP and SRTCP (RFC 3711; RFC 6188 and RFC 7714 for the suites) as the media worker uses them:
 * a sender and a receiver for one master key, which is one direction, kind of media and generation (docs/protocol.md, section 3.4).
 */
import { type Bytes, equalBytes } from '../base/bytes.ts'
import { failure, type Result, success } from '../base/result.ts'
import type { SuiteName } from '../ipc/snapshot.ts'
import { ReplayWindow } from './replay-window.ts'
import { createAesCmTransform } from './srtp-aes-cm.ts'
import { createGcmTransform } from './srtp-gcm.ts'
import { deriveSessionKeys, eraseSessionKeys, type PacketKind } from './srtp-keys.ts'
import { type PacketHeader, rtcpHeader, rtpHeader } from './srtp-packet.ts'
import { SRTCP_INDEX_LENGTH, type SrtpTransform } from './srtp-transform.ts'
import { suiteOf } from './suites.ts'

export interface SrtpParameters {
  readonly suite: SuiteName
  /** Master key and salt; copied, the caller may erase them. */
  readonly key: Bytes
  readonly salt: Bytes
  /** R18: the generation, 1 byte; the epoch, 2 bytes, in a group. Its length is fixed by the kind of call. */
  readonly mki: Bytes
}

export interface SrtpSender {
  /**
   * R18: within one SSRC sequence numbers only rise, by less than 2^15; anything else would reuse a nonce and throws. A packet that is
   * to go out again is sent again as it was protected. Streams should start below 2^15 (RFC 3711 section 3.3.1), so that the
   * first wrap cannot be missed.
   */
  protectRtp(packet: Bytes): Uint8Array<ArrayBuffer>
  protectRtcp(packet: Bytes): Uint8Array<ArrayBuffer>
  /** The roll-over counter that `protectRtp` takes for the next packet of this SSRC, if it has this sequence number. */
  rolloverOf(ssrc: number, sequenceNumber: number): number
  /** Overwrites all keys; nothing can be protected any more. */
  erase(): void
}

export type UnprotectFailure =
  | 'malformed' /* no header, no room for a trailer, or unencrypted RTCP */
  | 'unknown-mki' /* made with another master key; a different receiver may have it */
  | 'replayed' /* seen before, or too old to tell */
  | 'authentication'
  | 'too-many-streams' /* authentic, but from one SSRC more than a peer needs */

export interface SrtpReceiver {
  /**
   * The packet as it was before `protectRtp`, in a buffer of its own. A failure changes nothing. `rollover`: what the packet
   * says of its roll-over counter; who gets only parts of a stream cannot count it. A false one does not authenticate.
   */
  unprotectRtp(packet: Bytes, rollover?: number): Result<Uint8Array<ArrayBuffer>, UnprotectFailure>
  unprotectRtcp(packet: Bytes): Result<Uint8Array<ArrayBuffer>, UnprotectFailure>
  erase(): void
}

/** A peer may restart a stream or send layers under SSRCs of their own; state for more than so many would only serve an attack. */
export const SRTP_STREAMS_MAX = 32

const SEQUENCE_RANGE = 0x1_0000
const HALF_RANGE = 0x8000
const RTP_INDEX_END = 2 ** 48
const RTCP_INDEX_END = 2 ** 31

export function createSrtpSender(parameters: SrtpParameters): SrtpSender {
  const transforms = createTransforms(parameters)
  const mki = Uint8Array.from(parameters.mki)
  const rtpIndices = new Map<number, number>()
  const rtcpIndices = new Map<number, number>()

  const nextIndex = (ssrc: number, sequenceNumber: number): number => {
    const last = rtpIndices.get(ssrc)
    if (last === undefined) return sequenceNumber
    const step = (sequenceNumber - last) & (SEQUENCE_RANGE - 1)
    if (step === 0 || step >= HALF_RANGE) throw new RangeError('sequence number does not rise')
    return last + step
  }

  return {
    protectRtp(packet) {
      const { ssrc, sequenceNumber, bodyAt } = own(rtpHeader(packet))
      const index = nextIndex(ssrc, sequenceNumber)
      if (index >= RTP_INDEX_END) throw new RangeError('the key has protected all packets that it may')
      rtpIndices.set(ssrc, index)
      return transforms.rtp().seal(packet, bodyAt, ssrc, index, mki)
    },

    protectRtcp(packet) {
      const { ssrc, bodyAt } = own(rtcpHeader(packet))
      const index = rtcpIndices.get(ssrc) ?? 0
      if (index >= RTCP_INDEX_END) throw new RangeError('the key has protected all packets that it may')
      rtcpIndices.set(ssrc, index + 1)
      return transforms.rtcp().seal(packet, bodyAt, ssrc, index, mki)
    },

    rolloverOf: (ssrc, sequenceNumber) => Math.floor(nextIndex(ssrc, sequenceNumber) / SEQUENCE_RANGE),

    erase: () => transforms.erase(),
  }
}

export function createSrtpReceiver(parameters: SrtpParameters): SrtpReceiver {
  const transforms = createTransforms(parameters)
  const mki = Uint8Array.from(parameters.mki)
  const rtpWindows = new Map<number, ReplayWindow>()
  const rtcpWindows = new Map<number, ReplayWindow>()

  /** Everything that both kinds have in common; `indices` are tried in order. */
  const unprotect = (
    packet: Bytes,
    header: PacketHeader,
    transform: SrtpTransform,
    windows: Map<number, ReplayWindow>,
    indices: readonly number[],
  ): Result<Uint8Array<ArrayBuffer>, UnprotectFailure> => {
    const { ssrc, bodyAt } = header
    const window = windows.get(ssrc) ?? new ReplayWindow()
    const fresh = indices.filter((index) => index >= 0 && window.accepts(index))
    if (fresh.length === 0) return failure('replayed')
    for (const index of fresh) {
      const opened = transform.open(packet, bodyAt, ssrc, index, mki.length)
      if (opened === undefined) continue
      if (!windows.has(ssrc) && windows.size >= SRTP_STREAMS_MAX) return failure('too-many-streams')
      windows.set(ssrc, window)
      window.add(index)
      return success(opened)
    }
    return failure('authentication')
  }

  const hasMki = (packet: Bytes, transform: SrtpTransform): boolean => {
    const at = packet.length - transform.tagAfterMki - mki.length
    return equalBytes(packet.subarray(at, at + mki.length), mki)
  }

  return {
    unprotectRtp(packet, rollover) {
      const transform = transforms.rtp()
      const { tagBeforeMki, tagAfterMki } = transform
      const header = rtpHeader(packet, packet.length - tagBeforeMki - mki.length - tagAfterMki)
      if (header === undefined) return failure('malformed')
      if (!hasMki(packet, transform)) return failure('unknown-mki')
      const { ssrc, sequenceNumber } = header
      const indices =
        rollover === undefined
          ? rtpIndices(sequenceNumber, rtpWindows.get(ssrc)?.highest)
          : [rollover * SEQUENCE_RANGE + sequenceNumber]
      return unprotect(packet, header, transform, rtpWindows, indices)
    },

    unprotectRtcp(packet) {
      const transform = transforms.rtcp()
      const { tagBeforeMki, tagAfterMki } = transform
      const indexAt = packet.length - tagAfterMki - mki.length - SRTCP_INDEX_LENGTH
      const header = rtcpHeader(packet, indexAt - tagBeforeMki)
      if (header === undefined) return failure('malformed')
      const field = new DataView(packet.buffer, packet.byteOffset).getUint32(indexAt)
      if (field < RTCP_INDEX_END) return failure('malformed')
      if (!hasMki(packet, transform)) return failure('unknown-mki')
      return unprotect(packet, header, transform, rtcpWindows, [field - RTCP_INDEX_END])
    },

    erase: () => transforms.erase(),
  }
}

/**
 * The packet index that a sequence number most likely stands for (RFC 3711 section 3.3.1 and appendix A): the one nearest to the highest
 * index so far. Before the first packet of a stream it is in the first round, or, where its beginning was missed, in the second.
 */
export function rtpIndices(sequenceNumber: number, highest: number | undefined): readonly number[] {
  if (highest === undefined) {
    return sequenceNumber < HALF_RANGE ? [sequenceNumber, sequenceNumber + SEQUENCE_RANGE] : [sequenceNumber]
  }
  const sameRound = highest - (highest % SEQUENCE_RANGE) + sequenceNumber
  if (highest - sameRound > HALF_RANGE) return [sameRound + SEQUENCE_RANGE]
  if (sameRound - highest > HALF_RANGE) return [sameRound - SEQUENCE_RANGE]
  return [sameRound]
}

interface Transforms {
  rtp(): SrtpTransform
  rtcp(): SrtpTransform
  erase(): void
}

function createTransforms(parameters: SrtpParameters): Transforms {
  const rtp = createTransform('rtp', parameters)
  const rtcp = createTransform('rtcp', parameters)
  let erased = false
  const alive = (transform: SrtpTransform): SrtpTransform => {
    if (erased) throw new Error('the SRTP keys were erased')
    return transform
  }
  return {
    rtp: () => alive(rtp),
    rtcp: () => alive(rtcp),
    erase() {
      erased = true
      rtp.erase()
      rtcp.erase()
    },
  }
}

function createTransform(kind: PacketKind, { suite, key, salt }: SrtpParameters): SrtpTransform {
  const keys = deriveSessionKeys(suiteOf(suite), kind, key, salt)
  const transform =
    suite === 'AES_256_CM_HMAC_SHA1_80' ? createAesCmTransform(kind, keys) : createGcmTransform(kind, keys)
  eraseSessionKeys(keys)
  return transform
}

function own(header: PacketHeader | undefined): PacketHeader {
  if (header === undefined) throw new RangeError('not an RTP or RTCP packet')
  return header
}
