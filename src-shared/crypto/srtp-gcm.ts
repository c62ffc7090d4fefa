/**
 * AEAD_AES_256_GCM for SRTP and SRTCP, RFC 7714 sections 8 and 9.
 *
 *     SRTP   header | ciphertext | tag [16] | MKI                  associated data: header
 *     SRTCP  header | ciphertext | tag [16] | E, index [4] | MKI   associated data: header, index field
 *
 * noble's GCM builds the multiples of its hash key anew for each packet. Keeping them would make this suite twice as fast,
 * but noble has no door for it, and a GHASH of our own would be a primitive of our own.
 */
import type { Bytes } from '../base/bytes.ts'
import { GCM_NONCE_LENGTH, GCM_TAG_LENGTH, gcmOpen, gcmSeal } from './aead.ts'
import type { PacketKind, SessionKeys } from './srtp-keys.ts'
import { mixNonce, SRTCP_INDEX_LENGTH, srtcpIndexField, type SrtpTransform, writeU32 } from './srtp-transform.ts'

export function createGcmTransform(kind: PacketKind, keys: SessionKeys): SrtpTransform {
  const key = Uint8Array.from(keys.encryption)
  const salt = Uint8Array.from(keys.salt)
  const nonce = new Uint8Array(GCM_NONCE_LENGTH)
  const indexLength = kind === 'rtcp' ? SRTCP_INDEX_LENGTH : 0

  /** RFC 7714 section 8.1: two zero bytes, SSRC, index; mixed with the salt. */
  const nonceOf = (ssrc: number, index: number): Bytes => {
    nonce.set(salt)
    mixNonce(nonce, 2, ssrc, index)
    return nonce
  }

  const associatedData = (header: Bytes, index: number): Bytes => {
    if (kind === 'rtp') return header
    const data = new Uint8Array(header.length + SRTCP_INDEX_LENGTH)
    data.set(header)
    writeU32(data, header.length, srtcpIndexField(index))
    return data
  }

  return {
    tagBeforeMki: GCM_TAG_LENGTH,
    tagAfterMki: 0,

    seal(packet, bodyAt, ssrc, index, mki) {
      const header = packet.subarray(0, bodyAt)
      const end = packet.length + GCM_TAG_LENGTH
      const sealed = new Uint8Array(end + indexLength + mki.length)
      sealed.set(header)
      sealed.set(gcmSeal(key, nonceOf(ssrc, index), associatedData(header, index), packet.subarray(bodyAt)), bodyAt)
      if (kind === 'rtcp') writeU32(sealed, end, srtcpIndexField(index))
      sealed.set(mki, end + indexLength)
      return sealed
    },

    open(packet, bodyAt, ssrc, index, mkiLength) {
      const header = packet.subarray(0, bodyAt)
      const body = packet.subarray(bodyAt, packet.length - mkiLength - indexLength)
      const plaintext = gcmOpen(key, nonceOf(ssrc, index), associatedData(header, index), body)
      if (plaintext === undefined) return undefined
      const opened = new Uint8Array(bodyAt + plaintext.length)
      opened.set(header)
      opened.set(plaintext, bodyAt)
      return opened
    },

    erase() {
      key.fill(0)
      salt.fill(0)
      nonce.fill(0)
    },
  }
}
