/**
 * SRTP key derivation, RFC 3711 section 4.3, with the AES-CM pseudo-random function under a 256-bit master key (RFC 6188 section 3)
 * and a key derivation rate of zero. A 96-bit master salt (RFC 7714 section 11) counts as one of 112 bits that ends in 16 zero bits.
 */
import { ctr } from '@noble/ciphers/aes.js'
import { type Bytes, erase } from '../base/bytes.ts'
import type { Suite } from './suites.ts'

export type PacketKind = 'rtp' | 'rtcp'

export interface SessionKeys {
  readonly encryption: Bytes
  /** HMAC-SHA1's key; empty for an AEAD. */
  readonly authentication: Bytes
  readonly salt: Bytes
}

const HMAC_SHA1_KEY_LENGTH = 20

/** Table of labels in RFC 3711 section 4.3.2. */
const LABELS = {
  rtp: { encryption: 0x00, authentication: 0x01, salt: 0x02 },
  rtcp: { encryption: 0x03, authentication: 0x04, salt: 0x05 },
} as const

export function deriveSessionKeys(suite: Suite, kind: PacketKind, masterKey: Bytes, masterSalt: Bytes): SessionKeys {
  if (masterKey.length !== suite.keyLength || masterSalt.length !== suite.saltLength) {
    throw new RangeError('master key or salt of wrong length')
  }
  const labels = LABELS[kind]
  const authenticationLength = suite.name === 'AES_256_CM_HMAC_SHA1_80' ? HMAC_SHA1_KEY_LENGTH : 0
  return {
    encryption: deriveSrtpKey(masterKey, masterSalt, labels.encryption, suite.keyLength),
    authentication: deriveSrtpKey(masterKey, masterSalt, labels.authentication, authenticationLength),
    salt: deriveSrtpKey(masterKey, masterSalt, labels.salt, suite.saltLength),
  }
}

export function eraseSessionKeys({ encryption, authentication, salt }: SessionKeys): void {
  erase(encryption, authentication, salt)
}

/** `PRF_n(master key, (label ‖ index 0) XOR master salt)`; the label stands seven bytes from the end of the 14 that are not counter. */
export function deriveSrtpKey(masterKey: Bytes, masterSalt: Bytes, label: number, length: number): Uint8Array {
  const counter = new Uint8Array(16)
  counter.set(masterSalt)
  counter[7] = (counter[7] ?? 0) ^ label
  return ctr(masterKey, counter).encrypt(new Uint8Array(length))
}
