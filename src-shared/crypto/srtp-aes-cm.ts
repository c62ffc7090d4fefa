/**
 * AES_256_CM_HMAC_SHA1_80: AES-256 in counter mode (RFC 3711 section 4.1.1, RFC 6188) and HMAC-SHA1 cut to 80 bits (section 4.2).
 *
 *     SRTP   header | encrypted payload | MKI | tag [10]
 *     SRTCP  header | encrypted rest | E, index [4] | MKI | tag [10]
 *
 * The tag covers header and ciphertext, then the rollover counter (SRTP, not sent) or the index field (SRTCP, sent).
 */
import { unsafe } from '@noble/ciphers/aes.js'
import { type _HMAC, hmac } from '@noble/hashes/hmac.js'
import { type _SHA1, sha1 } from '@noble/hashes/legacy.js'
import type { Bytes } from '../base/bytes.ts'
import { equalSecrets } from './hash.ts'
import type { PacketKind, SessionKeys } from './srtp-keys.ts'
import { mixNonce, SRTCP_INDEX_LENGTH, srtcpIndexField, type SrtpTransform, writeU32 } from './srtp-transform.ts'

const TAG_LENGTH = 10
const SHA1_LENGTH = 20

export function createAesCmTransform(kind: PacketKind, keys: SessionKeys): SrtpTransform {
  const roundKeys = unsafe.expandKeyLE(keys.encryption)
  const salt = Uint8Array.from(keys.salt)
  const keyed: _HMAC<_SHA1> = hmac.create(sha1, keys.authentication)
  const running: _HMAC<_SHA1> = keyed.clone()
  const counter = new Uint8Array(16)
  const word = new Uint8Array(4)
  const digest = new Uint8Array(SHA1_LENGTH)
  const indexLength = kind === 'rtcp' ? SRTCP_INDEX_LENGTH : 0

  /** XORs the key stream onto `body` in place; `body` is 4-byte aligned, as every header's length is a multiple of four. */
  const crypt = (body: Bytes, ssrc: number, index: number): void => {
    counter.fill(0)
    counter.set(salt)
    mixNonce(counter, 4, ssrc, index)
    unsafe.ctrCounter(roundKeys, counter, body, body)
  }

  const authenticate = (covered: Bytes, index: number): Uint8Array => {
    writeU32(word, 0, kind === 'rtp' ? Math.floor(index / 0x1_0000) : srtcpIndexField(index))
    keyed._cloneInto(running)
    running.update(covered).update(word).digestInto(digest)
    return digest.subarray(0, TAG_LENGTH)
  }

  return {
    tagBeforeMki: 0,
    tagAfterMki: TAG_LENGTH,

    seal(packet, bodyAt, ssrc, index, mki) {
      const end = packet.length
      const sealed = new Uint8Array(end + indexLength + mki.length + TAG_LENGTH)
      sealed.set(packet)
      crypt(sealed.subarray(bodyAt, end), ssrc, index)
      if (kind === 'rtcp') writeU32(sealed, end, srtcpIndexField(index))
      sealed.set(mki, end + indexLength)
      sealed.set(authenticate(sealed.subarray(0, end), index), end + indexLength + mki.length)
      return sealed
    },

    open(packet, bodyAt, ssrc, index, mkiLength) {
      const end = packet.length - TAG_LENGTH - mkiLength - indexLength
      const tag = packet.subarray(packet.length - TAG_LENGTH)
      if (!equalSecrets(authenticate(packet.subarray(0, end), index), tag)) return undefined
      const opened = new Uint8Array(end)
      opened.set(packet.subarray(0, end))
      crypt(opened.subarray(bodyAt), ssrc, index)
      return opened
    },

    erase() {
      roundKeys.fill(0)
      salt.fill(0)
      counter.fill(0)
      keyed.destroy()
      running.destroy()
    },
  }
}
