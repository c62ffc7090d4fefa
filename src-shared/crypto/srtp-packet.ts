/** The few header fields of RTP and RTCP that SRTP needs (RFC 3550 sections 5.1, 5.3.1 and 6.4.1). */
import type { Bytes } from '../base/bytes.ts'

export interface PacketHeader {
  readonly ssrc: number
  /** 0 for RTCP, which has none. */
  readonly sequenceNumber: number
  /** Where the encrypted part begins: after CSRCs and header extension, which stay in the clear. */
  readonly bodyAt: number
}

const VERSION = 2
const RTP_FIXED = 12
/** Of RTCP, the first packet's header and SSRC stay in the clear. */
const RTCP_FIXED = 8

/** `undefined` if the `length` bytes before the trailer do not hold a whole header. */
export function rtpHeader(packet: Bytes, length = packet.length): PacketHeader | undefined {
  if (length < RTP_FIXED || length > packet.length) return undefined
  const view = new DataView(packet.buffer, packet.byteOffset, length)
  const first = view.getUint8(0)
  if (first >> 6 !== VERSION) return undefined
  let bodyAt = RTP_FIXED + 4 * (first & 0x0f)
  if ((first & 0x10) !== 0) {
    if (bodyAt + 4 > length) return undefined
    bodyAt += 4 + 4 * view.getUint16(bodyAt + 2)
  }
  return bodyAt > length ? undefined : { ssrc: view.getUint32(8), sequenceNumber: view.getUint16(2), bodyAt }
}

export function rtcpHeader(packet: Bytes, length = packet.length): PacketHeader | undefined {
  if (length < RTCP_FIXED || length > packet.length) return undefined
  const view = new DataView(packet.buffer, packet.byteOffset, length)
  if (view.getUint8(0) >> 6 !== VERSION) return undefined
  return { ssrc: view.getUint32(4), sequenceNumber: 0, bodyAt: RTCP_FIXED }
}
