/**
 * AEAD_AES_256_GCM for SRTP and SRTCP, RFC 7714 sections 8 and 9.
 *
 *     SRTP   header | ciphertext | tag [16] | MKI                  associated data: header
 *     SRTCP  header | ciphertext | tag [16] | E, index [4] | MKI   associated data: header, index field
 */
import { unsafe } from '@noble/ciphers/aes.js'
import type { Bytes } from '../base/bytes.ts'
import { GCM_TAG_LENGTH } from './aead.ts'
import { Ghash } from './ghash.ts'
import { equalSecrets } from './hash.ts'
import type { PacketKind, SessionKeys } from './srtp-keys.ts'
import { mixNonce, SRTCP_INDEX_LENGTH, srtcpIndexField, type SrtpTransform, writeU32 } from './srtp-transform.ts'

const BLOCK = 16

export function createGcmTransform(kind: PacketKind, keys: SessionKeys): SrtpTransform {
  const roundKeys = unsafe.expandKeyLE(keys.encryption)
  const salt = Uint8Array.from(keys.salt)
  const hashKey = unsafe.ctr32(roundKeys, false, new Uint8Array(BLOCK), new Uint8Array(BLOCK))
  const ghash = new Ghash(hashKey)
  hashKey.fill(0)
  const counter = new Uint8Array(BLOCK)
  const zero = new Uint8Array(BLOCK)
  const mask = new Uint8Array(BLOCK)
  const tag = new Uint8Array(BLOCK)
  const indexLength = kind === 'rtcp' ? SRTCP_INDEX_LENGTH : 0

  /** Leaves `counter` at the first block of the payload and E(J0) in `mask` (SP 800-38D, algorithm 4). */
  const begin = (ssrc: number, index: number): void => {
    counter.fill(0)
    counter.set(salt)
    mixNonce(counter, 2, ssrc, index)
    counter[15] = 1
    unsafe.ctr32(roundKeys, false, counter, zero, mask)
  }

  const associatedData = (header: Bytes, index: number): Bytes => {
    if (kind === 'rtp') return header
    const data = new Uint8Array(header.length + SRTCP_INDEX_LENGTH)
    data.set(header)
    writeU32(data, header.length, srtcpIndexField(index))
    return data
  }

  const authenticate = (header: Bytes, ciphertext: Bytes, index: number): Uint8Array => {
    ghash.digestInto(tag, associatedData(header, index), ciphertext)
    for (let i = 0; i < BLOCK; i++) tag[i] = (tag[i] ?? 0) ^ (mask[i] ?? 0)
    return tag
  }

  return {
    tagBeforeMki: GCM_TAG_LENGTH,
    tagAfterMki: 0,

    seal(packet, bodyAt, ssrc, index, mki) {
      const end = packet.length
      const sealed = new Uint8Array(end + GCM_TAG_LENGTH + indexLength + mki.length)
      sealed.set(packet)
      const body = sealed.subarray(bodyAt, end)
      begin(ssrc, index)
      unsafe.ctr32(roundKeys, false, counter, body, body)
      sealed.set(authenticate(sealed.subarray(0, bodyAt), body, index), end)
      if (kind === 'rtcp') writeU32(sealed, end + GCM_TAG_LENGTH, srtcpIndexField(index))
      sealed.set(mki, end + GCM_TAG_LENGTH + indexLength)
      return sealed
    },

    open(packet, bodyAt, ssrc, index, mkiLength) {
      const end = packet.length - mkiLength - indexLength - GCM_TAG_LENGTH
      begin(ssrc, index)
      const expected = authenticate(packet.subarray(0, bodyAt), packet.subarray(bodyAt, end), index)
      if (!equalSecrets(expected, packet.subarray(end, end + GCM_TAG_LENGTH))) return undefined
      const opened = new Uint8Array(end)
      opened.set(packet.subarray(0, end))
      const body = opened.subarray(bodyAt)
      unsafe.ctr32(roundKeys, false, counter, body, body)
      return opened
    },

    erase() {
      roundKeys.fill(0)
      salt.fill(0)
      counter.fill(0)
      mask.fill(0)
      ghash.erase()
    },
  }
}
