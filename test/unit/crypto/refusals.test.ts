/** What hash.ts, signature.ts, agreement.ts and aead.ts must refuse, and that they undo what they do. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { GCM_TAG_LENGTH, gcmOpen, gcmSeal, SIV_TAG_LENGTH, sivOpen, sivSeal } from '../../../src-shared/crypto/aead.ts'
import {
  KEM_CIPHERTEXT_LENGTH,
  KEM_PUBLIC_LENGTH,
  kemDecapsulate,
  kemEncapsulate,
  kemKeyPair,
  P256_SEED_LENGTH,
  p256KeyPair,
  p256Shared,
  x25519KeyPair,
  x25519Shared,
} from '../../../src-shared/crypto/agreement.ts'
import { equalSecrets, hash, info, labelBytes } from '../../../src-shared/crypto/hash.ts'
import { sign, signingKeyPair, verify } from '../../../src-shared/crypto/signature.ts'

const seed = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const flip = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

describe('R3: X25519', () => {
  // The points of order 1, 2, 4 and 8 and their non-canonical twins (https://cr.yp.to/ecdh.html#validate).
  test.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ])('refuses %s, which leads to zero', (point) => {
    expect(x25519Shared(seed(32, 7), fromHex(point))).toBeUndefined()
  })

  test('refuses a wrong length and agrees otherwise', () => {
    const [a, b] = [x25519KeyPair(seed(32, 1)), x25519KeyPair(seed(32, 2))]
    expect(x25519Shared(a.secret, b.public.subarray(1))).toBeUndefined()
    expect(x25519Shared(a.secret, concatBytes(b.public, seed(1, 0)))).toBeUndefined()
    expect(x25519Shared(a.secret, b.public)).toEqual(x25519Shared(b.secret, a.public))
  })
})

describe('R3: P-256', () => {
  const [a, b] = [p256KeyPair(seed(P256_SEED_LENGTH, 1)), p256KeyPair(seed(P256_SEED_LENGTH, 2))]

  test('agrees', () => {
    expect(a.public.length).toBe(65)
    expect(p256Shared(a.secret, b.public)).toEqual(p256Shared(b.secret, a.public))
  })

  test.each([
    ['the point at infinity', Uint8Array.of(0)],
    ['infinity, padded', new Uint8Array(65)],
    ['(0, 0)', concatBytes(Uint8Array.of(4), new Uint8Array(64))],
    ['a compressed point', concatBytes(Uint8Array.of(2), b.public.subarray(1, 33))],
    ['a hybrid encoding', concatBytes(Uint8Array.of(6), b.public.subarray(1))],
    ['a coordinate that is not below p', concatBytes(Uint8Array.of(4), seed(64, 0xff))],
    ['a byte more', concatBytes(b.public, seed(1, 0))],
    ['a byte less', b.public.subarray(0, 64)],
  ])('refuses %s', (_, peer) => {
    expect(p256Shared(a.secret, peer)).toBeUndefined()
  })

  test('refuses every point that one flipped bit takes off the curve', () => {
    for (let bit = 8; bit < 8 * 65; bit += 5) expect(p256Shared(a.secret, flip(b.public, bit))).toBeUndefined()
  })
})

describe('R3: ML-KEM-768', () => {
  const pair = kemKeyPair(seed(64, 3))

  test('refuses a public key that fails the modulus check', () => {
    // The first 12-bit coefficient becomes 4095, then q = 3329 itself; FIPS 203 section 7.2 wants it below q.
    for (const [low, high] of [
      [0xff, 0x0f],
      [0x01, 0x0d],
    ] as const) {
      const peer = Uint8Array.from(pair.public)
      peer[0] = low
      peer[1] = ((peer[1] ?? 0) & 0xf0) | high
      expect(kemEncapsulate(peer, seed(32, 4))).toBeUndefined()
    }
  })

  test('refuses wrong lengths', () => {
    expect(kemEncapsulate(pair.public.subarray(1), seed(32, 4))).toBeUndefined()
    expect(kemEncapsulate(new Uint8Array(KEM_PUBLIC_LENGTH + 1), seed(32, 4))).toBeUndefined()
    expect(kemDecapsulate(pair.secret, new Uint8Array(KEM_CIPHERTEXT_LENGTH - 1))).toBeUndefined()
    expect(kemDecapsulate(pair.secret, new Uint8Array(KEM_CIPHERTEXT_LENGTH + 1))).toBeUndefined()
  })

  test('a forged ciphertext leads to another secret, not to an error', () => {
    const sealed = kemEncapsulate(pair.public, seed(32, 4))
    if (sealed === undefined) throw new Error('refused a good key')
    expect(kemDecapsulate(pair.secret, sealed.ciphertext)).toEqual(sealed.secret)
    expect(kemDecapsulate(pair.secret, flip(sealed.ciphertext, 100))).not.toEqual(sealed.secret)
  })
})

describe('signatures', () => {
  const pair = signingKeyPair(seed(32, 9))
  const parts = [seed(3, 1), seed(5, 2)]
  const signature = sign(pair.secret, 'cert', ...parts)

  test('verify for their label and parts only (R1)', () => {
    expect(verify(pair.public, signature, 'cert', ...parts)).toBe(true)
    expect(verify(pair.public, signature, 'certs', ...parts)).toBe(false)
    expect(verify(pair.public, signature, 'cert', seed(5, 2), seed(3, 1))).toBe(false)
    expect(verify(pair.public, signature, 'cert', concatBytes(...parts))).toBe(false)
    expect(verify(signingKeyPair(seed(32, 8)).public, signature, 'cert', ...parts)).toBe(false)
  })

  test('do not survive a flipped bit', () => {
    for (let bit = 0; bit < 512; bit += 7)
      expect(verify(pair.public, flip(signature, bit), 'cert', ...parts)).toBe(false)
  })

  test('are refused when s is not below the group order (RFC 8032 section 5.1.7)', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order
    const malleable = concatBytes(signature.subarray(0, 32), fromHex(s.toString(16).padStart(64, '0')).reverse())
    expect(verify(pair.public, malleable, 'cert', ...parts)).toBe(false)
  })

  test.each([
    ['small-order keys', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['small-order keys', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['small-order keys', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['non-canonical keys', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['bytes that are no point', '0200000000000000000000000000000000000000000000000000000000000000'],
  ])('are refused under %s: %s', (_, key) => {
    // R = the neutral element, s = 0: satisfies the equation for every message under a small-order key without the check.
    const forged = concatBytes(fromHex('01'.padEnd(64, '0')), new Uint8Array(32))
    expect(verify(fromHex(key), forged, 'cert', ...parts)).toBe(false)
    expect(verify(fromHex(key), signature, 'cert', ...parts)).toBe(false)
  })

  test('never throw on foreign bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 70 })
    fc.assert(fc.property(bytes, bytes, (key, forged) => !verify(key, forged, 'cert', seed(1, 1))))
  })
})

describe.each([
  { name: 'GCM', seal: gcmSealed, open: gcmOpened, tagLength: GCM_TAG_LENGTH },
  { name: 'AES-SIV', seal: sivSealed, open: sivOpened, tagLength: SIV_TAG_LENGTH },
])('$name', ({ seal, open, tagLength }) => {
  const bytes = fc.uint8Array({ maxLength: 100 })

  test('opens what it sealed, with the same associated data', () => {
    fc.assert(
      fc.property(bytes, bytes, (associatedData, plaintext) => {
        const sealed = seal(associatedData, plaintext)
        expect(sealed.length).toBe(plaintext.length + tagLength)
        expect(open(associatedData, sealed)).toEqual(plaintext)
        expect(open(concatBytes(associatedData, seed(1, 0)), sealed)).toBeUndefined()
      }),
    )
  })

  test('refuses changes, truncations and random bytes', () => {
    const sealed = seal(seed(4, 1), seed(20, 2))
    for (let bit = 0; bit < 8 * sealed.length; bit++) expect(open(seed(4, 1), flip(sealed, bit))).toBeUndefined()
    for (let length = 0; length < sealed.length; length++) {
      expect(open(seed(4, 1), sealed.subarray(0, length))).toBeUndefined()
    }
    fc.assert(fc.property(bytes, (random) => open(seed(4, 1), random) === undefined))
  })
})

describe('labelled hashes', () => {
  test('have the layout of section 0', () => {
    expect(toHex(labelBytes('a'))).toBe(`0000000d${toHex(Buffer.from('sightline/1 a'))}`)
    expect(toHex(info('a', Uint8Array.of(1, 2)))).toBe(`${toHex(labelBytes('a'))}0102`)
  })

  test('R1: depend on the label and on where one part ends', () => {
    const [x, y] = [seed(2, 1), seed(1, 1)]
    const values = [hash('a', x, y), hash('b', x, y), hash('a', y, x), hash('a', concatBytes(x, y)), hash('a')]
    expect(new Set(values.map(toHex)).size).toBe(values.length)
  })

  test('are compared in full', () => {
    const a = hash('a')
    expect(equalSecrets(a, Uint8Array.from(a))).toBe(true)
    for (let bit = 0; bit < 256; bit++) expect(equalSecrets(a, flip(a, bit))).toBe(false)
    expect(equalSecrets(a, a.subarray(1))).toBe(false)
  })
})

function gcmSealed(associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return gcmSeal(seed(32, 5), seed(12, 6), associatedData, plaintext)
}
function gcmOpened(associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  return gcmOpen(seed(32, 5), seed(12, 6), associatedData, sealed)
}
function sivSealed(associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sivSeal(seed(64, 5), associatedData, plaintext)
}
function sivOpened(associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  return sivOpen(seed(64, 5), associatedData, sealed)
}
