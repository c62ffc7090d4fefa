/** Packets and parameters that the SRTP tests share. */
import type { SrtpParameters } from '../../../src-shared/crypto/srtp.ts'
import { suiteOf } from '../../../src-shared/crypto/suites.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'

export const SUITE_NAMES: readonly SuiteName[] = ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM']

export function srtpParameters(suite: SuiteName, mki: Uint8Array = Uint8Array.of(0)): SrtpParameters {
  return {
    suite,
    key: Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1),
    salt: Uint8Array.from({ length: suiteOf(suite).saltLength }, (_, i) => 7 * i + 2),
    mki,
  }
}

export interface RtpFields {
  readonly sequenceNumber: number
  readonly ssrc?: number
  readonly csrcs?: number
  /** 32-bit words of header extension. */
  readonly extension?: number
  readonly payload?: Uint8Array
}

export function rtpPacket({
  sequenceNumber,
  ssrc = 0x1234_5679,
  csrcs = 0,
  extension,
  payload,
}: RtpFields): Uint8Array {
  const body = payload ?? Uint8Array.of(1, 2, 3, 4, 5)
  const extensionLength = extension === undefined ? 0 : 4 + 4 * extension
  const packet = new Uint8Array(12 + 4 * csrcs + extensionLength + body.length).fill(0xab)
  const view = new DataView(packet.buffer)
  view.setUint8(0, 0x80 | csrcs | (extension === undefined ? 0 : 0x10))
  view.setUint8(1, 96)
  view.setUint16(2, sequenceNumber & 0xffff)
  view.setUint32(4, 0x0102_0304)
  view.setUint32(8, ssrc)
  if (extension !== undefined) {
    view.setUint16(12 + 4 * csrcs, 0xbede)
    view.setUint16(14 + 4 * csrcs, extension)
  }
  packet.set(body, packet.length - body.length)
  return packet
}

/** A picture loss indication (RFC 4585 section 6.3.1) for `media`. */
export function rtcpPacket(ssrc = 0x1234_5679, media = 0x0abc_def1): Uint8Array {
  const packet = new Uint8Array(12)
  const view = new DataView(packet.buffer)
  view.setUint16(0, 0x81ce)
  view.setUint16(2, 2)
  view.setUint32(4, ssrc)
  view.setUint32(8, media)
  return packet
}
