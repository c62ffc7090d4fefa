/**
 * Ed25519 signatures over labelled hashes: `Sign(sk, label, p…) = Ed25519(sk, H(label, p…))`.
 * Verification is the strict one of RFC 8032 section 5.1.7 (canonical encodings, no small-order key), not ZIP 215.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import type { Bytes } from '../base/bytes.ts'
import { hash } from './hash.ts'

export const SIGNATURE_LENGTH = 64
export const SIGNING_KEY_LENGTH = 32

export interface SigningKeyPair {
  /** The 32-byte seed of RFC 8032 section 5.1.5. */
  readonly secret: Bytes
  readonly public: Bytes
}

export function signingKeyPair(seed: Bytes): SigningKeyPair {
  return { secret: seed, public: ed25519.getPublicKey(seed) }
}

export function sign(secret: Bytes, label: string, ...parts: readonly Bytes[]): Uint8Array {
  return signDigest(secret, hash(label, ...parts))
}

export function verify(publicKey: Bytes, signature: Bytes, label: string, ...parts: readonly Bytes[]): boolean {
  return verifyDigest(publicKey, signature, hash(label, ...parts))
}

/** For a digest that already carries its own label (`envDigest`). */
export function signDigest(secret: Bytes, digest: Bytes): Uint8Array {
  return ed25519.sign(digest, secret)
}

/** `false` for every malformed key or signature; never throws. */
export function verifyDigest(publicKey: Bytes, signature: Bytes, digest: Bytes): boolean {
  if (publicKey.length !== SIGNING_KEY_LENGTH || signature.length !== SIGNATURE_LENGTH) return false
  try {
    const point = ed25519.Point.fromBytes(publicKey, false)
    return !point.isSmallOrder() && ed25519.verify(signature, digest, publicKey, { zip215: false })
  } catch {
    // noble refuses malformed encodings by throwing; to a caller they are all "not a valid signature".
    return false
  }
}
