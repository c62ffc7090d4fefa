/** The hoisted key schedules against the same transforms written the plain way with noble, and against OpenSSL. */
import { createCipheriv, createHmac } from 'node:crypto'
import { ctr, gcm } from '@noble/ciphers/aes.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../../src-shared/base/bytes.ts'
import { createAesCmTransform } from '../../../src-shared/crypto/srtp-aes-cm.ts'
import { createGcmTransform } from '../../../src-shared/crypto/srtp-gcm.ts'
import type { PacketKind, SessionKeys } from '../../../src-shared/crypto/srtp-keys.ts'

interface Case {
  readonly keys: SessionKeys
  readonly packet: Uint8Array
  readonly bodyAt: number
  readonly ssrc: number
  readonly index: number
  readonly mki: Uint8Array
}

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength })

function cases(kind: PacketKind, saltLength: number): fc.Arbitrary<Case> {
  return fc
    .record({
      keys: fc.record({ encryption: bytes(32), authentication: bytes(20), salt: bytes(saltLength) }),
      headerWords: kind === 'rtp' ? fc.integer({ min: 3, max: 20 }) : fc.constant(2),
      body: bytes(0, 300),
      ssrc: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      index: fc.maxSafeInteger().map((n) => Math.abs(n) % (kind === 'rtp' ? 2 ** 48 : 2 ** 31)),
      mki: fc.oneof(bytes(1), bytes(2)),
    })
    .map(({ headerWords, body, ...rest }) => ({
      ...rest,
      packet: concatBytes(new Uint8Array(4 * headerWords).fill(0x55), body),
      bodyAt: 4 * headerWords,
    }))
}

/** `value` as `length` big-endian bytes. */
function bigEndian(value: number, length: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let i = length - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256
  return out
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] ?? 0))
}

/** RFC 3711: IV = (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16). */
function plainAesCm(kind: PacketKind, { keys, packet, bodyAt, ssrc, index, mki }: Case): Uint8Array {
  const iv = xor(
    concatBytes(keys.salt, new Uint8Array(2)),
    concatBytes(new Uint8Array(4), bigEndian(ssrc, 4), bigEndian(index, 6), new Uint8Array(2)),
  )
  const body = packet.subarray(bodyAt)
  const encrypted = ctr(keys.encryption, iv).encrypt(body)
  const openssl = createCipheriv('aes-256-ctr', keys.encryption, iv)
  expect(encrypted).toEqual(Uint8Array.from(Buffer.concat([openssl.update(body), openssl.final()])))
  const covered = concatBytes(packet.subarray(0, bodyAt), encrypted)
  const word = kind === 'rtp' ? bigEndian(Math.floor(index / 65536), 4) : bigEndian(2 ** 31 + index, 4)
  const tag = hmac(sha1, keys.authentication, concatBytes(covered, word)).subarray(0, 10)
  expect(tag).toEqual(
    Uint8Array.from(createHmac('sha1', keys.authentication).update(covered).update(word).digest().subarray(0, 10)),
  )
  return concatBytes(covered, kind === 'rtcp' ? word : new Uint8Array(), mki, tag)
}

/** RFC 7714: IV = (0^16 ‖ SSRC ‖ index) XOR salt. */
function plainGcm(kind: PacketKind, { keys, packet, bodyAt, ssrc, index, mki }: Case): Uint8Array {
  const iv = xor(keys.salt, concatBytes(new Uint8Array(2), bigEndian(ssrc, 4), bigEndian(index, 6)))
  const header = packet.subarray(0, bodyAt)
  const word = kind === 'rtcp' ? bigEndian(2 ** 31 + index, 4) : new Uint8Array()
  const body = packet.subarray(bodyAt)
  const sealed = gcm(keys.encryption, iv, concatBytes(header, word)).encrypt(body)
  const openssl = createCipheriv('aes-256-gcm', keys.encryption, iv).setAAD(concatBytes(header, word))
  expect(sealed).toEqual(Uint8Array.from(Buffer.concat([openssl.update(body), openssl.final(), openssl.getAuthTag()])))
  return concatBytes(header, sealed, word, mki)
}

describe.each(['rtp', 'rtcp'] as const)('the fast path for %s', (kind) => {
  test('of AES-CM makes what the plain construction makes, and undoes it', () => {
    fc.assert(
      fc.property(cases(kind, 14), (input) => {
        const transform = createAesCmTransform(kind, input.keys)
        const sealed = transform.seal(input.packet, input.bodyAt, input.ssrc, input.index, input.mki)
        expect(sealed).toEqual(plainAesCm(kind, input))
        expect(transform.open(sealed, input.bodyAt, input.ssrc, input.index, input.mki.length)).toEqual(input.packet)
      }),
    )
  })

  test('of GCM makes what the plain construction makes, and undoes it', () => {
    fc.assert(
      fc.property(cases(kind, 12), (input) => {
        const transform = createGcmTransform(kind, input.keys)
        const sealed = transform.seal(input.packet, input.bodyAt, input.ssrc, input.index, input.mki)
        expect(sealed).toEqual(plainGcm(kind, input))
        expect(transform.open(sealed, input.bodyAt, input.ssrc, input.index, input.mki.length)).toEqual(input.packet)
      }),
    )
  })

  test.each(['AES-CM', 'GCM'])('of %s keeps no state from one packet to the next', (name) => {
    const keys = {
      encryption: new Uint8Array(32).fill(1),
      authentication: new Uint8Array(20).fill(2),
      salt: new Uint8Array(name === 'GCM' ? 12 : 14).fill(3),
    }
    const create = name === 'GCM' ? createGcmTransform : createAesCmTransform
    const used = create(kind, keys)
    const bodyAt = kind === 'rtp' ? 12 : 8
    for (let index = 0; index < 40; index++) {
      const packet = new Uint8Array(bodyAt + 1 + 7 * index).fill(index)
      const sealed = used.seal(packet, bodyAt, 5, index, Uint8Array.of(0))
      expect(create(kind, keys).seal(packet, bodyAt, 5, index, Uint8Array.of(0))).toEqual(sealed)
      const damaged = Uint8Array.from(sealed)
      damaged[bodyAt] = (damaged[bodyAt] ?? 0) ^ 1
      expect(used.open(damaged, bodyAt, 5, index, 1)).toBeUndefined()
      expect(used.open(sealed, bodyAt, 5, index, 1)).toEqual(packet)
    }
  })
})
