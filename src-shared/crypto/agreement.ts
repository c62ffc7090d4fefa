/**
 * Key agreement: X25519 (RFC 7748), ECDH on P-256 (SEC 1, NIST SP 800-56A) and ML-KEM-768 (FIPS 203).
 * R3: whatever would make the outcome predictable is refused with `undefined`; the caller drops the message.
 */
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import type { Bytes } from '../base/bytes.ts'
import { primitives } from './chosen-primitives.ts'
import { p256Secret } from './portable.ts'

export const X25519_LENGTH = 32
export const KEM_PUBLIC_LENGTH = 1184
export const KEM_CIPHERTEXT_LENGTH = 1088
/** `d ‖ z` of FIPS 203 algorithm 16: the whole key pair follows from it. */
export const KEM_SEED_LENGTH = 64
export const KEM_RANDOMNESS_LENGTH = 32

export interface KeyPair {
  readonly secret: Bytes
  readonly public: Bytes
}

export function x25519KeyPair(secret: Bytes): KeyPair {
  return { secret, public: primitives().x25519PublicKey(secret) }
}

/** 32 bytes, or `undefined` for a peer value that leads to zero (RFC 7748 section 6.1). */
export function x25519Shared(secret: Bytes, peer: Bytes): Uint8Array | undefined {
  return primitives().x25519Shared(secret, peer)
}

/** A key pair from 48 random bytes, reduced as in FIPS 186-5 appendix A.2.1; the public point is uncompressed, 65 bytes. */
export function p256KeyPair(seed: Bytes): KeyPair {
  const secret = p256Secret(seed)
  return { secret, public: primitives().p256PublicKey(secret) }
}

export const P256_SEED_LENGTH = 48

/** The x-coordinate, 32 bytes; `undefined` for a point that is not an uncompressed point of the curve. */
export function p256Shared(secret: Bytes, peer: Bytes): Uint8Array | undefined {
  return primitives().p256Shared(secret, peer)
}

export function kemKeyPair(seed: Bytes): KeyPair {
  const { publicKey, secretKey } = ml_kem768.keygen(seed)
  return { secret: secretKey, public: publicKey }
}

export interface Encapsulation {
  readonly ciphertext: Bytes
  readonly secret: Bytes
}

/** `undefined` for a key of wrong length or one that fails the modulus check of FIPS 203 section 7.2. */
export function kemEncapsulate(peer: Bytes, randomness: Bytes): Encapsulation | undefined {
  if (peer.length !== KEM_PUBLIC_LENGTH) return undefined
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(peer, randomness)
    return { ciphertext: cipherText, secret: sharedSecret }
  } catch {
    return undefined
  }
}

/** 32 bytes (implicit rejection, FIPS 203 section 6.3: a forged ciphertext leads to an unrelated secret), or `undefined` for a wrong length. */
export function kemDecapsulate(secret: Bytes, ciphertext: Bytes): Uint8Array | undefined {
  if (ciphertext.length !== KEM_CIPHERTEXT_LENGTH) return undefined
  return ml_kem768.decapsulate(ciphertext, secret)
}
