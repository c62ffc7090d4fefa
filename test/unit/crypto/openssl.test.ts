/** The fast primitives accept exactly what the portable ones accept: on honest, damaged and malicious inputs. */
import * as crypto from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { p256KeyPair } from '../../../src-shared/crypto/agreement.ts'
import { opensslPrimitives } from '../../../src-shared/crypto/openssl.ts'
import { p256Secret, PORTABLE } from '../../../src-shared/crypto/portable.ts'
import vectors from '../../vectors/ed25519-sign-input.json' with { type: 'json' }

const fast = opensslPrimitives(crypto)
const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const P = Point.Fp.ORDER

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const little = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0')).reverse()
const flip = (from: Uint8Array, bit: number): Uint8Array =>
  from.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

/** Both answers, which must be one. */
function verdict(key: Uint8Array, signature: Uint8Array, digest: Uint8Array): boolean {
  const reference = PORTABLE.verifyDigest(key, signature, digest)
  expect(fast.verifyDigest(key, signature, digest)).toBe(reference)
  return reference
}

/** The eight points of small order: what is left of a point that has a part of order 8, times the order of the large subgroup. */
function torsion(): InstanceType<typeof Point>[] {
  for (let y = 2n; ; y++) {
    try {
      const point = Point.fromBytes(little(y))
        .multiplyUnsafe(ORDER - 1n)
        .add(Point.fromBytes(little(y)))
      if (point.double().double().is0()) continue
      return Array.from({ length: 8 }, (_, i) => (i === 0 ? Point.ZERO : point.multiplyUnsafe(BigInt(i))))
    } catch {
      // No point has this y.
    }
  }
}

/** A signature that is right but for the small-order part that is added to its key. */
function signedUnderMixedKey(part: InstanceType<typeof Point>, digest: Uint8Array) {
  const secret = 0x1234567890abcdefn
  const nonce = 0xfedcba0987654321n
  const key = Point.BASE.multiply(secret).add(part).toBytes()
  const r = Point.BASE.multiply(nonce).toBytes()
  const k = BigInt(`0x${toHex(sha512(concatBytes(r, key, digest)).reverse())}`) % ORDER
  return { key, signature: concatBytes(r, little((nonce + k * secret) % ORDER)) }
}

describe('Ed25519', () => {
  it('makes the same public keys', () => {
    fc.assert(
      fc.property(bytes(32), (secret) => {
        expect(fast.ed25519PublicKey(secret)).toEqual(PORTABLE.ed25519PublicKey(secret))
      }),
      { numRuns: 30 },
    )
  })

  it('makes the same signatures', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), (secret, digest) => {
        const signature = fast.signDigest(secret, digest)
        expect(signature).toEqual(PORTABLE.signDigest(secret, digest))
        expect(verdict(ed25519.getPublicKey(secret), signature, digest)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test.each(vectors.cases)('RFC 8032 section 7.1: $public', ({ seed, public: key, message, signature }) => {
    expect(toHex(fast.signDigest(fromHex(seed), fromHex(message)))).toBe(signature)
    expect(verdict(fromHex(key), fromHex(signature), fromHex(message))).toBe(true)
  })

  it('refuses the same damaged signatures and keys', () => {
    const secret = new Uint8Array(32).fill(7)
    const key = ed25519.getPublicKey(secret)
    const digest = new Uint8Array(32).fill(9)
    const signature = fast.signDigest(secret, digest)
    for (let bit = 0; bit < 512; bit += 5) expect(verdict(key, flip(signature, bit), digest)).toBe(false)
    for (let bit = 0; bit < 256; bit += 5) expect(verdict(flip(key, bit), signature, digest)).toBe(false)
    for (let cut = 0; cut < 64; cut += 7) expect(verdict(key, signature.subarray(0, cut), digest)).toBe(false)
    expect(verdict(key.subarray(1), signature, digest)).toBe(false)
    fc.assert(
      fc.property(bytes(32), bytes(64), (random, forged) => {
        expect(verdict(random, forged, digest)).toBe(false)
        expect(verdict(key, forged, digest)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  it('takes nobody’s key for another’s, also of more signers than it remembers', () => {
    const digest = new Uint8Array(32).fill(9)
    const signers = Array.from({ length: 300 }, (_, i) => {
      const secret = new Uint8Array(32).fill(i & 0xff, 0, 31).fill(i >> 8, 31)
      return { key: fast.ed25519PublicKey(secret), signature: fast.signDigest(secret, digest) }
    })
    for (const [at, { key, signature }] of [...signers, ...signers.toReversed()].entries()) {
      expect(fast.verifyDigest(key, signature, digest)).toBe(true)
      const other = signers[(at + 1) % signers.length]?.signature ?? signature
      expect(fast.verifyDigest(key, other, digest)).toBe(other === signature)
    }
  })

  it('refuses S that is not below the order of the group', () => {
    const secret = new Uint8Array(32).fill(7)
    const digest = new Uint8Array(32).fill(9)
    const signature = PORTABLE.signDigest(secret, digest)
    const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`)
    for (let times = 1n; s + times * ORDER < 1n << 256n; times++) {
      const malleable = concatBytes(signature.subarray(0, 32), little(s + times * ORDER))
      expect(verdict(ed25519.getPublicKey(secret), malleable, digest)).toBe(false)
    }
  })

  it('refuses every encoding of every small-order key, whatever the signature', () => {
    const digest = new Uint8Array(32).fill(9)
    const parts = torsion()
    expect(new Set(parts.map((part) => toHex(part.toBytes()))).size).toBe(8)
    const encodings = parts.flatMap((part) => {
      const y = part.toAffine().y
      const both = y + P < 1n << 255n ? [y, y + P] : [y]
      return both.flatMap((value) => [little(value), little(value + (1n << 255n))])
    })
    // R small as well and S zero: right for every message under such a key, if nobody looks at the key.
    for (const key of encodings) {
      for (const r of encodings) {
        expect(verdict(key, concatBytes(r, new Uint8Array(32)), digest)).toBe(false)
        expect(verdict(key, concatBytes(r, little(5n)), digest)).toBe(false)
      }
    }
  })

  it('refuses keys and R whose y is not below p', () => {
    const digest = new Uint8Array(32).fill(9)
    const { key, signature } = signedUnderMixedKey(Point.ZERO, digest)
    for (let over = 0n; over < 19n; over++) {
      for (const sign of [0n, 1n << 255n]) {
        expect(verdict(little(P + over + sign), signature, digest)).toBe(false)
        expect(verdict(key, concatBytes(little(P + over + sign), signature.subarray(32)), digest)).toBe(false)
      }
    }
  })

  it('decides alike about keys with a small-order part, where cofactored and cofactorless verification differ', () => {
    let refusedByOpenSsl = 0
    for (const part of torsion()) {
      for (let i = 0; i < 4; i++) {
        const digest = new Uint8Array(32).fill(i)
        const { key, signature } = signedUnderMixedKey(part, digest)
        expect(verdict(key, signature, digest)).toBe(true)
        expect(verdict(key, signature, new Uint8Array(32).fill(i + 1))).toBe(false)
        const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }
        const alone = crypto.verify(null, digest, crypto.createPublicKey({ key: jwk, format: 'jwk' }), signature)
        if (!alone) refusedByOpenSsl++
      }
    }
    // Without this the test would not see the difference that it is about.
    expect(refusedByOpenSsl).toBeGreaterThan(0)
  })

  it('decides alike about R with a small-order part', () => {
    const digest = new Uint8Array(32).fill(9)
    const secret = 77n
    const key = Point.BASE.multiply(secret).toBytes()
    for (const part of torsion()) {
      const r = Point.BASE.multiply(5n).add(part).toBytes()
      const k = BigInt(`0x${toHex(sha512(concatBytes(r, key, digest)).reverse())}`) % ORDER
      expect(verdict(key, concatBytes(r, little((5n + k * secret) % ORDER)), digest)).toBe(true)
    }
    // R of small order itself: nonce zero.
    const r = Point.ZERO.toBytes()
    const k = BigInt(`0x${toHex(sha512(concatBytes(r, key, digest)).reverse())}`) % ORDER
    expect(verdict(key, concatBytes(r, little((k * secret) % ORDER)), digest)).toBe(true)
  })
})

describe('P-256', () => {
  const own = p256KeyPair(new Uint8Array(48).fill(1))
  const peer = p256KeyPair(new Uint8Array(48).fill(2)).public

  it('makes the same keys and the same secrets', () => {
    fc.assert(
      fc.property(bytes(48), bytes(48), (a, b) => {
        const secret = p256Secret(a)
        expect(fast.p256PublicKey(secret)).toEqual(PORTABLE.p256PublicKey(secret))
        const other = fast.p256PublicKey(p256Secret(b))
        expect(fast.p256Shared(secret, other)).toEqual(PORTABLE.p256Shared(secret, other))
      }),
      { numRuns: 50 },
    )
    for (const edge of [0x00, 0xff]) {
      const secret = p256Secret(new Uint8Array(48).fill(edge))
      expect(fast.p256PublicKey(secret)).toEqual(PORTABLE.p256PublicKey(secret))
    }
  })

  const compressed = concatBytes(Uint8Array.of(2 + ((peer[64] ?? 0) & 1)), peer.subarray(1, 33))
  test.each<[string, Uint8Array]>([
    ['infinity', Uint8Array.of(0)],
    ['infinity, padded', new Uint8Array(65)],
    ['(0, 0)', concatBytes(Uint8Array.of(4), new Uint8Array(64))],
    ['a compressed point', compressed],
    ['a compressed point, padded', concatBytes(compressed, new Uint8Array(32))],
    ['a hybrid encoding', concatBytes(Uint8Array.of(6 + ((peer[64] ?? 0) & 1)), peer.subarray(1))],
    ['coordinates that are not below p', concatBytes(Uint8Array.of(4), new Uint8Array(64).fill(0xff))],
    ['a byte more', concatBytes(peer, new Uint8Array(1))],
    ['a byte less', peer.subarray(0, 64)],
    ['nothing', new Uint8Array()],
  ])('R3: both refuse %s', (_, point) => {
    expect(PORTABLE.p256Shared(own.secret, point)).toBeUndefined()
    expect(fast.p256Shared(own.secret, point)).toBeUndefined()
  })

  it('R3: both refuse points off the curve', () => {
    for (let bit = 8; bit < 8 * 65; bit += 5) {
      expect(PORTABLE.p256Shared(own.secret, flip(peer, bit))).toBeUndefined()
      expect(fast.p256Shared(own.secret, flip(peer, bit))).toBeUndefined()
    }
  })
})

describe('X25519', () => {
  it('makes the same public keys and the same secrets, also with peers that are no honest keys', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), (secret, peer) => {
        expect(fast.x25519PublicKey(secret)).toEqual(PORTABLE.x25519PublicKey(secret))
        expect(fast.x25519Shared(secret, peer)).toEqual(PORTABLE.x25519Shared(secret, peer))
      }),
      { numRuns: 50 },
    )
  })

  it('R3: both refuse every point of small order, in every encoding, and both take u that is not below p', () => {
    const secret = new Uint8Array(32).fill(5)
    const small = [
      0n,
      1n,
      0x00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
      0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
      P - 1n,
    ]
    for (const u of small) {
      const encodings = [u, u + P]
        .filter((value) => value < 1n << 255n)
        .flatMap((value) => [value, value + (1n << 255n)])
      for (const encoding of encodings.map(little)) {
        expect(PORTABLE.x25519Shared(secret, encoding)).toBeUndefined()
        expect(fast.x25519Shared(secret, encoding)).toBeUndefined()
      }
    }
    for (let over = 2n; over < 19n; over++) {
      const shared = fast.x25519Shared(secret, little(P + over))
      expect(shared).toBeDefined()
      expect(shared).toEqual(PORTABLE.x25519Shared(secret, little(P + over)))
    }
  })

  it('both refuse keys of another length', () => {
    const secret = new Uint8Array(32).fill(5)
    for (const length of [0, 31, 33]) {
      expect(PORTABLE.x25519Shared(secret, new Uint8Array(length).fill(9))).toBeUndefined()
      expect(fast.x25519Shared(secret, new Uint8Array(length).fill(9))).toBeUndefined()
    }
  })
})
