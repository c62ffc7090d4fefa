/** `Primitives` by noble: what runs everywhere, and the reference that a faster one is held to. */
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import type { Bytes } from '../base/bytes.ts'
import { P256_PUBLIC_LENGTH, type Primitives, SIGNATURE_LENGTH, SIGNING_KEY_LENGTH } from './primitives.ts'

export const PORTABLE: Primitives = {
  ed25519PublicKey: (secret) => ed25519.getPublicKey(secret),

  signDigest: (secret, digest) => ed25519.sign(digest, secret),

  verifyDigest(publicKey, signature, digest) {
    if (publicKey.length !== SIGNING_KEY_LENGTH || signature.length !== SIGNATURE_LENGTH) return false
    // noble refuses malformed encodings by throwing; to a caller they are all "not a valid signature".
    return (
      attempt(
        () =>
          !ed25519.Point.fromBytes(publicKey, false).isSmallOrder() &&
          ed25519.verify(signature, digest, publicKey, { zip215: false }),
      ) ?? false
    )
  },

  p256PublicKey: (secret) => p256.getPublicKey(secret, false),

  p256Shared(secret, peer) {
    if (peer.length !== P256_PUBLIC_LENGTH || peer[0] !== 0x04) return undefined
    return attempt(() => p256.getSharedSecret(secret, peer, true).slice(1))
  },

  x25519PublicKey: (secret) => x25519.getPublicKey(secret),

  x25519Shared: (secret, peer) => attempt(() => x25519.getSharedSecret(secret, peer)),
}

/** From 48 random bytes, reduced as in FIPS 186-5 appendix A.2.1. */
export function p256Secret(seed: Bytes): Uint8Array {
  return p256.utils.randomSecretKey(seed)
}

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
