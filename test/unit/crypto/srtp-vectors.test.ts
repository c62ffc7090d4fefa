/** SRTP against published vectors and against libsrtp. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { createAesCmTransform } from '../../../src-shared/crypto/srtp-aes-cm.ts'
import { createGcmTransform } from '../../../src-shared/crypto/srtp-gcm.ts'
import { deriveSessionKeys, deriveSrtpKey } from '../../../src-shared/crypto/srtp-keys.ts'
import { createSrtpReceiver, createSrtpSender } from '../../../src-shared/crypto/srtp.ts'
import { suiteOf } from '../../../src-shared/crypto/suites.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'
import libsrtp from '../../vectors/srtp-libsrtp.json' with { type: 'json' }
import rfc3711 from '../../vectors/rfc3711-appendix-b.json' with { type: 'json' }
import rfc6188 from '../../vectors/rfc6188-section-7.json' with { type: 'json' }
import rfc7714 from '../../vectors/rfc7714-gcm-256.json' with { type: 'json' }

const authentication = new Uint8Array(20)
const LABEL = { encryption: 0, authentication: 1, salt: 2 }

describe.each([rfc3711, rfc6188])('$source', ({ keystream, derivation }) => {
  test('key stream', () => {
    const keys = { encryption: fromHex(keystream.key), authentication, salt: fromHex(keystream.salt) }
    const header = new Uint8Array(12)
    header[0] = 0x80
    // SSRC 0 and index 0 leave the salt as it is: the key stream begins at counter 0.
    const packet = new Uint8Array(12 + 16 * keystream.blocks)
    packet.set(header)
    const sealed = createAesCmTransform('rtp', keys).seal(packet, 12, 0, 0, new Uint8Array())
    expect(toHex(sealed.subarray(12, 12 + 48))).toBe(keystream.first)
    expect(toHex(sealed.subarray(packet.length - 48, packet.length))).toBe(keystream.last)
  })

  test('key derivation', () => {
    const [key, salt] = [fromHex(derivation.masterKey), fromHex(derivation.masterSalt)]
    for (const name of ['encryption', 'authentication', 'salt'] as const) {
      const expected = derivation[name]
      expect(toHex(deriveSrtpKey(key, salt, LABEL[name], expected.length / 2))).toBe(expected)
    }
  })
})

test('RFC 6188 section 7.2 through the suite', () => {
  const { masterKey, masterSalt, ...expected } = rfc6188.derivation
  const keys = deriveSessionKeys(suiteOf('AES_256_CM_HMAC_SHA1_80'), 'rtp', fromHex(masterKey), fromHex(masterSalt))
  expect({
    encryption: toHex(keys.encryption),
    salt: toHex(keys.salt),
    authentication: toHex(keys.authentication),
  }).toEqual(expected)
})

describe(rfc7714.source, () => {
  const keys = { encryption: fromHex(rfc7714.key), authentication: new Uint8Array(), salt: fromHex(rfc7714.salt) }
  test.each([
    { kind: 'rtp', vector: rfc7714.rtp, bodyAt: 12 },
    { kind: 'rtcp', vector: rfc7714.rtcp, bodyAt: 8 },
  ] as const)('$kind', ({ kind, vector, bodyAt }) => {
    const transform = createGcmTransform(kind, keys)
    const { ssrc, index } = vector
    const sealed = transform.seal(fromHex(vector.packet), bodyAt, ssrc, index, new Uint8Array())
    expect(toHex(sealed)).toBe(vector.protected)
    const opened = transform.open(fromHex(vector.protected), bodyAt, ssrc, index, 0)
    expect(opened && toHex(opened)).toBe(vector.packet)
  })
})

describe(libsrtp.source, () => {
  const cases = libsrtp.cases.map(({ suite, key, salt, mki, ...packets }) => ({
    name: `${suite}, MKI ${mki}`,
    parameters: { suite: suiteName(suite), key: fromHex(key), salt: fromHex(salt), mki: fromHex(mki) },
    ...packets,
  }))

  test.each(cases)('$name: the sender makes the same packets', ({ parameters, rtp, rtcp }) => {
    const sender = createSrtpSender(parameters)
    for (const { packet, protected: expected } of rtp) {
      expect(toHex(sender.protectRtp(fromHex(packet)))).toBe(expected)
    }
    // libsrtp begins with SRTCP index 1.
    sender.protectRtcp(fromHex(rtcp[0]?.packet ?? ''))
    for (const { packet, protected: expected } of rtcp) {
      expect(toHex(sender.protectRtcp(fromHex(packet)))).toBe(expected)
    }
  })

  test.each(cases)('$name: the receiver opens them', ({ parameters, rtp, rtcp }) => {
    const receiver = createSrtpReceiver(parameters)
    for (const { packet, protected: sealed } of rtp) {
      const result = receiver.unprotectRtp(fromHex(sealed))
      expect(result.ok && toHex(result.value)).toBe(packet)
    }
    for (const { packet, protected: sealed } of rtcp) {
      const result = receiver.unprotectRtcp(fromHex(sealed))
      expect(result.ok && toHex(result.value)).toBe(packet)
    }
  })
})

function suiteName(name: string): SuiteName {
  if (name === 'AES_256_CM_HMAC_SHA1_80' || name === 'AEAD_AES_256_GCM') return name
  throw new Error(`no such suite: ${name}`)
}
