/**
 * The elliptic curves as a port. noble (`portable.ts`) computes them everywhere; where there is a Node, its OpenSSL (`openssl.ts`) does
 * it five to twenty times as fast, and without the tenth of a second that noble's tables take at each start. Both accept exactly the
 * same inputs: two readers of a roster who disagree about one signature would split the call.
 */
import type { Bytes } from '../base/bytes.ts'

export const SIGNATURE_LENGTH = 64
export const SIGNING_KEY_LENGTH = 32
export const P256_PUBLIC_LENGTH = 65

export interface Primitives {
  /** Of the 32-byte seed of RFC 8032 section 5.1.5. */
  ed25519PublicKey(secret: Bytes): Uint8Array
  /** Ed25519 over a 32-byte digest. */
  signDigest(secret: Bytes, digest: Bytes): Uint8Array
  /** Strict, RFC 8032 section 5.1.7; `false` for every malformed key or signature; never throws. */
  verifyDigest(publicKey: Bytes, signature: Bytes, digest: Bytes): boolean
  /** Uncompressed, 65 bytes. */
  p256PublicKey(secret: Bytes): Uint8Array
  /** R3: the x-coordinate, 32 bytes; `undefined` for a point that is not an uncompressed point of the curve. */
  p256Shared(secret: Bytes, peer: Bytes): Uint8Array | undefined
  x25519PublicKey(secret: Bytes): Uint8Array
  /** R3: 32 bytes, or `undefined` for a peer value that leads to zero (RFC 7748 section 6.1). */
  x25519Shared(secret: Bytes, peer: Bytes): Uint8Array | undefined
}
