import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../../src-shared/base/bytes.ts'
import { DAY } from '../../../src-shared/base/time.ts'
import {
  type Certificate,
  CERTIFICATE_BODY_LENGTH,
  CERTIFICATE_LENGTH,
  parseCertificate,
  verifyCertificate,
} from '../../../src-shared/identity/certificate.ts'
import { expectClosed } from '../../support/foreign-bytes.ts'
import { NOW, testDevice } from '../../support/test-device.ts'

const alice = testDevice('alice')
const mallory = testDevice('mallory')
const accountPub = alice.certificate.accountPub

function check(certificate: Certificate | undefined, now = NOW, account = accountPub): string {
  if (certificate === undefined) return 'malformed'
  const result = verifyCertificate(certificate, { accountPub: account, now })
  return result.ok ? 'ok' : result.reason
}

/** The certificate's body with other signatures. */
function resigned(body: Certificate, accountSig: Uint8Array, deviceSig: Uint8Array): Certificate | undefined {
  return parseCertificate(concatBytes(body.bytes.subarray(0, CERTIFICATE_BODY_LENGTH), accountSig, deviceSig))
}

describe('certificate (R4)', () => {
  it('has 1465 bytes and verifies', () => {
    expect(alice.certificate.bytes).toHaveLength(CERTIFICATE_LENGTH)
    expect(check(parseCertificate(alice.certificate.bytes))).toBe('ok')
  })

  it('is refused when it is another account’s', () => {
    expect(check(mallory.certificate)).toBe('account')
  })

  it('is refused without the account’s signature', () => {
    const { accountSig, deviceSig } = alice.certificate
    expect(check(resigned(alice.certificate, mallory.certificate.accountSig, deviceSig))).toBe('account-signature')
    expect(check(resigned(alice.certificate, deviceSig, accountSig))).toBe('account-signature')
  })

  it('is refused when the account claims a device that did not agree (unknown key-share)', () => {
    // Mallory certifies Alice's device key as her own: she can sign as account, but not as the device.
    const stolen = testDevice('mallory', 'desk', { devicePub: alice.certificate.devicePub })
    expect(check(stolen.certificate, NOW, stolen.certificate.accountPub)).toBe('device-signature')
    // Nor does a proof of possession from Alice's own certificate fit a body that names Mallory's account.
    const borrowed = resigned(stolen.certificate, stolen.certificate.accountSig, alice.certificate.deviceSig)
    expect(check(borrowed, NOW, stolen.certificate.accountPub)).toBe('device-signature')
  })

  it('is refused outside its times', () => {
    const { notBefore, notAfter } = alice.certificate
    expect(check(alice.certificate, notBefore - 1)).toBe('not-yet')
    expect(check(alice.certificate, notBefore)).toBe('ok')
    expect(check(alice.certificate, notAfter)).toBe('ok')
    expect(check(alice.certificate, notAfter + 1)).toBe('expired')
    expect(check(alice.certificate, NOW + 1000 * DAY)).toBe('expired')
  })

  it('is refused when the device speaks later versions only (R2)', () => {
    expect(check(testDevice('alice', 'desk', { minVersion: 2 }).certificate)).toBe('version')
  })

  it('does not verify after any single bit changed', () => {
    for (let at = 0; at < CERTIFICATE_LENGTH; at += 13) {
      const changed = alice.certificate.bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
      expect(check(parseCertificate(changed))).not.toBe('ok')
    }
  })

  it('is parsed from exactly what it encodes to', () => {
    expectClosed(parseCertificate, ({ bytes }) => bytes, [alice.certificate.bytes, mallory.certificate.bytes], 5000)
  })
})
