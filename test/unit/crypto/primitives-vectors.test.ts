/** The constructions of hash.ts, signature.ts, agreement.ts and aead.ts against published vectors and OpenSSL. */
import { createHmac, createPrivateKey, createPublicKey, diffieHellman, ECDH, hkdfSync } from 'node:crypto'
import { aessiv } from '@noble/ciphers/aes.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { shake128 } from '@noble/hashes/sha3.js'
import { describe, expect, test } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { gcmOpen, gcmSeal, sivOpen, sivSeal } from '../../../src-shared/crypto/aead.ts'
import {
  KEM_CIPHERTEXT_LENGTH,
  KEM_SEED_LENGTH,
  kemDecapsulate,
  kemEncapsulate,
  kemKeyPair,
  p256Shared,
  x25519KeyPair,
  x25519Shared,
} from '../../../src-shared/crypto/agreement.ts'
import { expand, extract, hmacSha256 } from '../../../src-shared/crypto/hash.ts'
import { signDigest, signingKeyPair, verifyDigest } from '../../../src-shared/crypto/signature.ts'
import ed25519 from '../../vectors/ed25519-sign-input.json' with { type: 'json' }
import mlkem from '../../vectors/mlkem768-openssl.json' with { type: 'json' }
import nistGcm from '../../vectors/nist-gcm-256.json' with { type: 'json' }
import nistP256 from '../../vectors/nist-kas-p256.json' with { type: 'json' }
import rfc2202 from '../../vectors/rfc2202-hmac-sha1.json' with { type: 'json' }
import rfc4231 from '../../vectors/rfc4231-hmac-sha256.json' with { type: 'json' }
import rfc5297 from '../../vectors/rfc5297-aes-siv.json' with { type: 'json' }
import rfc5869 from '../../vectors/rfc5869-hkdf-sha256.json' with { type: 'json' }
import rfc7748 from '../../vectors/rfc7748-x25519.json' with { type: 'json' }

describe(rfc5869.source, () => {
  test.each(rfc5869.cases)('$okm', ({ ikm, salt, info, length, prk, okm }) => {
    expect(toHex(extract(fromHex(salt), fromHex(ikm)))).toBe(prk)
    expect(toHex(expand(fromHex(prk), fromHex(info), length))).toBe(okm)
    const openssl = hkdfSync('sha256', fromHex(ikm), fromHex(salt), fromHex(info), length)
    expect(Buffer.from(openssl).toString('hex')).toBe(okm)
  })
})

describe('HMAC', () => {
  test.each(rfc4231.cases)('SHA-256 (RFC 4231) $mac', ({ key, message, mac }) => {
    expect(toHex(hmacSha256(fromHex(key), fromHex(message)))).toBe(mac)
    expect(createHmac('sha256', fromHex(key)).update(fromHex(message)).digest('hex')).toBe(mac)
  })

  test.each(rfc2202.cases)('SHA-1 (RFC 2202) $mac', ({ key, message, mac }) => {
    expect(toHex(hmac(sha1, fromHex(key), fromHex(message)))).toBe(mac)
  })
})

describe('X25519, RFC 7748', () => {
  test.each(rfc7748.cases)('section 5.2: $shared', ({ scalar, u, shared }) => {
    expect(hexOf(x25519Shared(fromHex(scalar), fromHex(u)))).toBe(shared)
  })

  test('section 5.2, iterated', () => {
    let [k, u] = [fromHex('09'.padEnd(64, '0')), fromHex('09'.padEnd(64, '0'))]
    for (let round = 1; round <= 1000; round++) {
      const next = Uint8Array.from(x25519Shared(k, u) ?? [])
      ;[k, u] = [next, k]
      if (round === 1) expect(toHex(k)).toBe(rfc7748.iterated['1'])
    }
    expect(toHex(k)).toBe(rfc7748.iterated['1000'])
  })

  test('section 6.1, also by OpenSSL', () => {
    const { alice, alicePublic, bob, bobPublic, shared } = rfc7748.exchange
    expect(toHex(x25519KeyPair(fromHex(alice)).public)).toBe(alicePublic)
    expect(toHex(x25519KeyPair(fromHex(bob)).public)).toBe(bobPublic)
    expect(hexOf(x25519Shared(fromHex(alice), fromHex(bobPublic)))).toBe(shared)
    expect(hexOf(x25519Shared(fromHex(bob), fromHex(alicePublic)))).toBe(shared)
    // RFC 8410 section 7: the fixed DER around 32 raw bytes.
    const privateKey = createPrivateKey({
      key: Buffer.from(`302e020100300506032b656e04220420${alice}`, 'hex'),
      format: 'der',
      type: 'pkcs8',
    })
    const publicKey = createPublicKey({
      key: Buffer.from(`302a300506032b656e032100${bobPublic}`, 'hex'),
      format: 'der',
      type: 'spki',
    })
    expect(diffieHellman({ privateKey, publicKey }).toString('hex')).toBe(shared)
  })
})

describe('Ed25519', () => {
  test.each(ed25519.cases)('sign.input: $public', ({ seed, public: publicKey, message, signature }) => {
    const pair = signingKeyPair(fromHex(seed))
    expect(toHex(pair.public)).toBe(publicKey)
    expect(toHex(signDigest(pair.secret, fromHex(message)))).toBe(signature)
    expect(verifyDigest(pair.public, fromHex(signature), fromHex(message))).toBe(true)
    expect(verifyDigest(pair.public, fromHex(signature), concatBytes(fromHex(message), new Uint8Array(1)))).toBe(false)
  })
})

describe('ECDH on P-256, NIST CAVP', () => {
  const usable = nistP256.cases.filter(({ result }) => result.startsWith('P'))
  test.each(usable)('$shared', ({ secret, peer, shared }) => {
    expect(hexOf(p256Shared(fromHex(secret), fromHex(peer)))).toBe(shared)
  })

  const offCurve = nistP256.cases.filter(({ result }) => /^F \([12] /.test(result))
  test.each(offCurve)('R3: $result', ({ secret, peer }) => {
    expect(p256Shared(fromHex(secret), fromHex(peer))).toBeUndefined()
    expect(() => ECDH.convertKey(Buffer.from(peer, 'hex'), 'prime256v1')).toThrow()
  })

  test('both kinds are there', () => {
    expect([usable.length, offCurve.length]).toEqual([18, 4])
  })
})

describe('ML-KEM-768', () => {
  test.each(mlkem.cases)('OpenSSL: $secret', ({ seed, public: publicKey, ciphertext, secret, rejected }) => {
    const pair = kemKeyPair(fromHex(seed))
    expect(toHex(pair.public)).toBe(publicKey)
    expect(hexOf(kemDecapsulate(pair.secret, fromHex(ciphertext)))).toBe(secret)
    const damaged = fromHex(ciphertext)
    damaged[0] = (damaged[0] ?? 0) ^ 1
    expect(hexOf(kemDecapsulate(pair.secret, damaged))).toBe(rejected)
  })

  test(mlkem.accumulated.source, () => {
    const input = shake128.create({})
    const output = shake128.create({ dkLen: 32 })
    for (let round = 0; round < mlkem.accumulated.rounds; round++) {
      const pair = kemKeyPair(input.xof(KEM_SEED_LENGTH))
      const sealed = kemEncapsulate(pair.public, input.xof(32))
      if (sealed === undefined) throw new Error('refused its own key')
      output.update(pair.public).update(sealed.ciphertext).update(sealed.secret)
      expect(kemDecapsulate(pair.secret, sealed.ciphertext)).toEqual(sealed.secret)
      const rejected = kemDecapsulate(pair.secret, input.xof(KEM_CIPHERTEXT_LENGTH))
      output.update(rejected ?? new Uint8Array())
    }
    expect(toHex(output.digest())).toBe(mlkem.accumulated.digest)
  })
})

describe('AES-256-GCM, NIST CAVP', () => {
  test('every case, sealed and opened', () => {
    for (const { key, nonce, associatedData, plaintext, ciphertext, tag } of nistGcm.cases) {
      const [k, n, ad] = [fromHex(key), fromHex(nonce), fromHex(associatedData)]
      expect(toHex(gcmSeal(k, n, ad, fromHex(plaintext)))).toBe(ciphertext + tag)
      expect(hexOf(gcmOpen(k, n, ad, fromHex(ciphertext + tag)))).toBe(plaintext)
    }
  })
})

describe('AES-SIV, RFC 5297 appendix A', () => {
  test.each(rfc5297.cases)('$tag', ({ key, associatedData, tag, plaintext, ciphertext }) => {
    const k = fromHex(key)
    const sealed = aessiv(k, ...associatedData.map(fromHex)).encrypt(fromHex(plaintext))
    expect(toHex(sealed)).toBe(tag + ciphertext)
    const [only, ...more] = associatedData
    if (only === undefined || more.length > 0) return
    expect(toHex(sivSeal(k, fromHex(only), fromHex(plaintext)))).toBe(tag + ciphertext)
    expect(hexOf(sivOpen(k, fromHex(only), fromHex(tag + ciphertext)))).toBe(plaintext)
  })
})

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && toHex(bytes)
}
