/**
 * Ed25519 signatures over labelled hashes: `Sign(sk, label, p…) = Ed25519(sk, H(label, p…))`.
 * Verification is the strict one of RFC 8032 section 5.1.7 (canonical encodings, no small-order key), not ZIP 215.
 */
import type { Bytes } from '../base/bytes.ts'
import { primitives } from './chosen-primitives.ts'
import { hash } from './hash.ts'

export interface SigningKeyPair {
  /** The 32-byte seed of RFC 8032 section 5.1.5. */
  readonly secret: Bytes
  readonly public: Bytes
}

export function signingKeyPair(seed: Bytes): SigningKeyPair {
  return { secret: seed, public: primitives().ed25519PublicKey(seed) }
}

export function sign(secret: Bytes, label: string, ...parts: readonly Bytes[]): Uint8Array {
  return signDigest(secret, hash(label, ...parts))
}

export function verify(publicKey: Bytes, signature: Bytes, label: string, ...parts: readonly Bytes[]): boolean {
  return verifyDigest(publicKey, signature, hash(label, ...parts))
}

/** For a digest that already carries its own label (`envDigest`). */
export function signDigest(secret: Bytes, digest: Bytes): Uint8Array {
  return primitives().signDigest(secret, digest)
}

/** `false` for every malformed key or signature; never throws. */
export function verifyDigest(publicKey: Bytes, signature: Bytes, digest: Bytes): boolean {
  return primitives().verifyDigest(publicKey, signature, digest)
}
