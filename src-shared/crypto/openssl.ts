/**
 * `Primitives` by the OpenSSL (in Electron: BoringSSL) that comes with Node, five to twenty times as fast as noble. It is handed
 * `node:crypto` instead of importing it: so main and the service share it, and this folder stays free of Node.
 *
 * Ed25519: OpenSSL checks `[S]B = R + [k]A`, noble the same times the cofactor (RFC 8032 section 5.1.7, step 3), and OpenSSL decodes
 * keys less strictly. So the key is checked here first; what OpenSSL then accepts, noble accepts too, and what it refuses, noble decides:
 * a signature under a key with a torsion component counts for all or for none.
 */
import { fromBase64Url, toBase64Url } from '../base/base64url.ts'
import { type Bytes, equalBytes, fromHex, toHex } from '../base/bytes.ts'
import { PORTABLE } from './portable.ts'
import { P256_PUBLIC_LENGTH, type Primitives, SIGNATURE_LENGTH, SIGNING_KEY_LENGTH } from './primitives.ts'

/** RFC 8037 */
interface OctetKey {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519' | 'X25519'
  readonly x: string
  readonly d?: string
}
type Jwk = OctetKey & Record<string, string>

/** What is used of `node:crypto`. */
export interface OpenSsl<KeyObject> {
  createPublicKey(key: { key: Jwk; format: 'jwk' } | NoInfer<KeyObject>): KeyObject
  createPrivateKey(key: { key: Jwk; format: 'jwk' }): KeyObject
  diffieHellman(keys: { privateKey: NoInfer<KeyObject>; publicKey: NoInfer<KeyObject> }): Bytes
  sign(algorithm: null, message: Bytes, key: NoInfer<KeyObject>): Bytes
  verify(algorithm: null, message: Bytes, key: NoInfer<KeyObject>, signature: Bytes): boolean
  createECDH(curve: 'prime256v1'): {
    setPrivateKey(secret: Bytes): unknown
    getPublicKey(): Bytes
    computeSecret(peer: Bytes): Bytes
  }
}

/** Reading a key takes half as long as verifying with it, and in a group the same ones sign all the time: so many are kept. */
const KEPT_KEYS = 128

export function opensslPrimitives<KeyObject extends { export(as: { format: 'jwk' }): { x?: string } }>(
  openssl: OpenSsl<KeyObject>,
): Primitives {
  const ecdh = (secret: Bytes) => {
    const exchange = openssl.createECDH('prime256v1')
    exchange.setPrivateKey(secret)
    return exchange
  }
  // As JWK: reading DER costs OpenSSL 3 more than the signature. Of a private key only `d` is read.
  const publicKey = (crv: OctetKey['crv'], bytes: Bytes): KeyObject =>
    openssl.createPublicKey({ key: { kty: 'OKP', crv, x: toBase64Url(bytes) }, format: 'jwk' })
  const privateKey = (crv: OctetKey['crv'], secret: Bytes): KeyObject => {
    const d = toBase64Url(secret)
    return openssl.createPrivateKey({ key: { kty: 'OKP', crv, x: d, d }, format: 'jwk' })
  }
  const publicBytes = (crv: OctetKey['crv'], secret: Bytes): Uint8Array =>
    fromBase64Url(openssl.createPublicKey(privateKey(crv, secret)).export({ format: 'jwk' }).x ?? '') ??
    new Uint8Array()

  const verifyingKeys = new Map<string, KeyObject>()
  const verifyingKey = (signer: Bytes): KeyObject => {
    const name = toHex(signer)
    const key = verifyingKeys.get(name) ?? publicKey('Ed25519', signer)
    // Moves to the end; what was not used for longest stands first.
    verifyingKeys.delete(name)
    verifyingKeys.set(name, key)
    const [oldest] = verifyingKeys.keys()
    if (verifyingKeys.size > KEPT_KEYS && oldest !== undefined) verifyingKeys.delete(oldest)
    return key
  }

  return {
    ed25519PublicKey: (secret) => publicBytes('Ed25519', secret),

    signDigest: (secret, digest) => Uint8Array.from(openssl.sign(null, digest, privateKey('Ed25519', secret))),

    verifyDigest(signer, signature, digest) {
      if (signer.length !== SIGNING_KEY_LENGTH || signature.length !== SIGNATURE_LENGTH) return false
      if (!isStrictKey(signer)) return false
      const accepted = attempt(() => openssl.verify(null, digest, verifyingKey(signer), signature))
      return accepted === true || PORTABLE.verifyDigest(signer, signature, digest)
    },

    p256PublicKey: (secret) => Uint8Array.from(ecdh(secret).getPublicKey()),

    p256Shared(secret, peer) {
      // OpenSSL would also take compressed and hybrid points.
      if (peer.length !== P256_PUBLIC_LENGTH || peer[0] !== 0x04) return undefined
      return attempt(() => Uint8Array.from(ecdh(secret).computeSecret(peer)))
    },

    x25519PublicKey: (secret) => publicBytes('X25519', secret),

    x25519Shared: (secret, peer) =>
      attempt(() => {
        const keys = { privateKey: privateKey('X25519', secret), publicKey: publicKey('X25519', peer) }
        return Uint8Array.from(openssl.diffieHellman(keys))
      }),
  }
}

/** y of the points of order 1, 2, 4 and 8, little-endian; each stands for two points, but for ±1. */
const SMALL_ORDER: readonly Bytes[] = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex)
const SIGN_BIT = 0x80

/** A canonical encoding (y below 2^255 − 19; with x = 0 among those of small order, so the sign needs no look) and not of small order. */
function isStrictKey(publicKey: Bytes): boolean {
  const y = publicKey.slice()
  y[31] = (y[31] ?? 0) & ~SIGN_BIT
  const reduced = (y[0] ?? 0) < 0xed || y[31] !== 0x7f || y.subarray(1, 31).some((byte) => byte !== 0xff)
  return reduced && !SMALL_ORDER.some((small) => equalBytes(small, y))
}

/** OpenSSL refuses malformed keys by throwing. */
function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
