import { hkdfSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { hmacSha256 } from '../../../src-shared/crypto/hash.ts'
import {
  deriveCallKeys,
  eraseCallKeys,
  LAST_GENERATION,
  type CallKeys,
} from '../../../src-shared/crypto/key-schedule.ts'
import { SUITES, suiteById, suiteMask, suiteOf } from '../../../src-shared/crypto/suites.ts'
import { SUITE_NAMES } from './srtp-packets.ts'

const chainKey = Uint8Array.from({ length: 32 }, (_, i) => i)

function all({ media, control, path, groupUpgrade, rekeyBase }: CallKeys): Uint8Array[] {
  return [
    ...Object.values(media).flatMap(({ audio, video, screen, screenSound }) =>
      [audio, video, screen, screenSound].flatMap((s) => [s.key, s.salt]),
    ),
    ...Object.values(control).flatMap(({ key, iv }) => [key, iv]),
    path,
    groupUpgrade,
    rekeyBase,
  ]
}

/** HKDF-Expand of OpenSSL: with M = Extract(salt, M0), so that the two-step form can be compared. */
function openssl(label: string, context: string, length: number): string {
  const text = Buffer.from(`sightline/1 ${label}`)
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE(text.length)
  const bytes = concatBytes(prefix, text, fromHex(context))
  return Buffer.from(hkdfSync('sha256', chainKey, new Uint8Array(), bytes, length)).toString('hex')
}

describe('the key schedule', () => {
  test.each(SUITE_NAMES)('with %s has the layout of section 3.3', (suite) => {
    // RFC 5869: extract with an absent salt is HMAC under 32 zero bytes.
    const keys = deriveCallKeys(hmacSha256(new Uint8Array(32), chainKey), suite, 7)
    const id = suite === 'AES_256_CM_HMAC_SHA1_80' ? '0001' : '0002'
    const saltLength = suite === 'AES_256_CM_HMAC_SHA1_80' ? 14 : 12
    const media = keys.media['callee-to-caller']
    expect(toHex(keys.media['caller-to-callee'].audio.key)).toBe(openssl('srtp key', `${id}010107`, 32))
    expect(toHex(media.video.key)).toBe(openssl('srtp key', `${id}020207`, 32))
    expect(toHex(media.screen.salt)).toBe(openssl('srtp salt', `${id}020307`, saltLength))
    expect(toHex(media.screenSound.key)).toBe(openssl('srtp key', `${id}020407`, 32))
    expect(toHex(keys.control['caller-to-callee'].key)).toBe(openssl('control key', '0000010007', 32))
    expect(toHex(keys.control['callee-to-caller'].iv)).toBe(openssl('control iv', '0000020007', 12))
    expect(toHex(keys.path)).toBe(openssl('path', '0000000007', 32))
    expect(toHex(keys.rekeyBase)).toBe(openssl('rekey', '0000000007', 32))
    const purpose = '0000000d' + Buffer.from('group upgrade').toString('hex')
    expect(toHex(keys.groupUpgrade)).toBe(openssl('exporter', `0000000007${purpose}`, 32))
  })

  test('R17: no two outputs are equal, in one generation or in two', () => {
    const outputs = SUITE_NAMES.flatMap((suite) =>
      [0, 1].flatMap((generation) =>
        Object.values(deriveCallKeys(chainKey, suite, generation).media).flatMap((m) => [
          m.audio.key,
          m.video.key,
          m.screen.key,
          m.screenSound.key,
        ]),
      ),
    )
    expect(new Set(outputs.map(toHex)).size).toBe(outputs.length)
    const one = all(deriveCallKeys(chainKey, 'AEAD_AES_256_GCM', 0))
    expect(new Set(one.map(toHex)).size).toBe(one.length)
  })

  test('R39: there is no generation beyond the last', () => {
    expect(deriveCallKeys(chainKey, 'AEAD_AES_256_GCM', LAST_GENERATION).generation).toBe(254)
    expect(() => deriveCallKeys(chainKey, 'AEAD_AES_256_GCM', 255)).toThrow(RangeError)
  })

  test('R21: erases every key', () => {
    const keys = deriveCallKeys(chainKey, 'AES_256_CM_HMAC_SHA1_80', 0)
    eraseCallKeys(keys)
    for (const key of all(keys)) expect(key.every((byte) => byte === 0)).toBe(true)
  })
})

describe('suites', () => {
  test('have their numbers and masks', () => {
    expect(SUITES.map(({ name, id }) => [name, id])).toEqual([
      ['AES_256_CM_HMAC_SHA1_80', 1],
      ['AEAD_AES_256_GCM', 2],
    ])
    for (const suite of SUITES) {
      expect(suiteOf(suite.name)).toBe(suite)
      expect(suiteById(suite.id)).toBe(suite)
    }
    expect(suiteById(0)).toBeUndefined()
    expect(suiteById(3)).toBeUndefined()
    expect(suiteMask(SUITE_NAMES)).toBe(3)
    expect(suiteMask(['AEAD_AES_256_GCM'])).toBe(2)
  })
})
