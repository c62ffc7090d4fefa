/**
 * The primitives that a group of 33 needs by the dozen, as a port: an epoch takes 32 fresh P-256 agreements and 64 signatures of
 * each member. `PORTABLE` is noble and the reference; `openssl.ts` is faster where there is a Node. Both accept exactly the same
 * inputs: two readers of a roster who disagree about one signature would split the call.
 */
import type { Bytes } from '../base/bytes.ts'
import { type KeyPair, p256KeyPair, p256Shared } from './agreement.ts'
import { signDigest, verifyDigest } from './signature.ts'

export interface Primitives {
  /** Ed25519 over a 32-byte digest. */
  signDigest(secret: Bytes, digest: Bytes): Uint8Array
  /** As `crypto/signature.ts` says; never throws. */
  verifyDigest(publicKey: Bytes, signature: Bytes, digest: Bytes): boolean
  /** From 48 random bytes, FIPS 186-5 appendix A.2.1. */
  p256KeyPair(seed: Bytes): KeyPair
  /** R3: `undefined` for a point that is not an uncompressed point of the curve. */
  p256Shared(secret: Bytes, peer: Bytes): Uint8Array | undefined
}

export const PORTABLE: Primitives = { signDigest, verifyDigest, p256KeyPair, p256Shared }
