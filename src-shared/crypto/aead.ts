/** The two authenticated ciphers of docs/protocol.md, section 0: AES-256-GCM (NIST SP 800-38D) and AES-SIV (RFC 5297) with a 64-byte key. */
import { aessiv, gcm } from '@noble/ciphers/aes.js'
import type { Bytes } from '../base/bytes.ts'

export const GCM_KEY_LENGTH = 32
export const GCM_NONCE_LENGTH = 12
export const GCM_TAG_LENGTH = 16
export const SIV_KEY_LENGTH = 64
export const SIV_TAG_LENGTH = 16

export function gcmSeal(key: Bytes, nonce: Bytes, associatedData: Bytes, plaintext: Bytes): Uint8Array {
  return gcm(key, nonce, associatedData).encrypt(plaintext)
}

/** `undefined` if the tag does not fit. */
export function gcmOpen(key: Bytes, nonce: Bytes, associatedData: Bytes, sealed: Bytes): Uint8Array | undefined {
  return opened(() => gcm(key, nonce, associatedData).decrypt(sealed))
}

/** AEAD_AES_SIV_CMAC_512, RFC 5297 section 6.3, without a nonce: the synthetic IV stands first. */
export function sivSeal(key: Bytes, associatedData: Bytes, plaintext: Bytes): Uint8Array {
  return aessiv(key, associatedData).encrypt(plaintext)
}

export function sivOpen(key: Bytes, associatedData: Bytes, sealed: Bytes): Uint8Array | undefined {
  return opened(() => aessiv(key, associatedData).decrypt(sealed))
}

function opened(decrypt: () => Uint8Array): Uint8Array | undefined {
  try {
    return decrypt()
  } catch {
    // noble reports a wrong tag and a short input by throwing; both mean "not sealed with this key".
    return undefined
  }
}
