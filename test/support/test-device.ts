/** Accounts and devices for tests, all made from their names. */
import type { UnixMs } from '../../src-shared/base/time.ts'
import { DAY } from '../../src-shared/base/time.ts'
import {
  type Certificate,
  type CertificateFields,
  issueCertificate,
  type VerifiedCertificate,
  verifyCertificate,
} from '../../src-shared/identity/certificate.ts'
import { issueDeviceList, type VerifiedDeviceList } from '../../src-shared/identity/device-list.ts'
import { identityKeys, type IdentityKeys, randomSeeds } from '../../src-shared/identity/keys.ts'
import { seededRandom } from './seeded-random.ts'

export const NOW: UnixMs = 1_767_225_600_000

export interface TestDevice {
  readonly keys: IdentityKeys
  readonly certificate: Certificate
  readonly verified: VerifiedCertificate
  readonly list: VerifiedDeviceList
  /** As the handshake takes it (`OwnIdentity`). */
  readonly own: {
    readonly certificate: Uint8Array
    readonly certHash: Uint8Array
    readonly listVersion: number
    readonly listHash: Uint8Array
    readonly signingSecret: Uint8Array
  }
}

/** `account` and `device` name who it is: the same account name gives the same account key. */
export function testDevice(account: string, device = 'desk', changed: Partial<CertificateFields> = {}): TestDevice {
  const keys: IdentityKeys = {
    ...identityKeys(randomSeeds(seededRandom(`${account} ${device}`))),
    account: identityKeys(randomSeeds(seededRandom(account))).account,
  }
  const certificate = issueCertificate(
    {
      accountPub: keys.account.public,
      devicePub: keys.device.public,
      agreeP256: keys.agreement.p256.public,
      agreeKem: keys.agreement.kem.public,
      minVersion: 1,
      suites: 3,
      serial: 1,
      notBefore: NOW - DAY,
      notAfter: NOW + 364 * DAY,
      ...changed,
    },
    { accountSecret: keys.account.secret, deviceSecret: keys.device.secret },
  )
  const list = testList(keys, [certificate], 1)
  const verified = verifyCertificate(certificate, { accountPub: certificate.accountPub, now: NOW })
  return {
    keys,
    certificate,
    // Some tests make certificates that do not verify, to see them refused.
    verified: verified.ok ? verified.value : (certificate as VerifiedCertificate),
    list,
    own: {
      certificate: certificate.bytes,
      certHash: certificate.certHash,
      listVersion: list.version,
      listHash: list.listHash,
      signingSecret: keys.device.secret,
    },
  }
}

export function testList(
  keys: IdentityKeys,
  certificates: readonly Certificate[],
  version: number,
): VerifiedDeviceList {
  return issueDeviceList(
    {
      accountPub: keys.account.public,
      version,
      issuedAt: NOW - DAY + version,
      certHashes: certificates.map(({ certHash }) => certHash),
    },
    keys.account.secret,
  )
}

/** The value of a success; a failure fails the test. */
export function valueOf<Value>(result: { ok: true; value: Value } | { ok: false; reason: string }): Value {
  if (!result.ok) throw new Error(`refused: ${result.reason}`)
  return result.value
}
