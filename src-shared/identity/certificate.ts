/**
 * This folder holds who is who: device certificates, device lists, safety numbers, handles, and the keys behind them
 * (docs/protocol.md, section 1). It decides what a key may be trusted for; it fetches, stores and shows nothing.
 *
 * A certificate binds a device to an account. `parseCertificate` reads one and believes nothing of it;
 * only what `verifyCertificate` returns may be used for anything but comparing.
 */
import { type Bytes, concatBytes, equalBytes } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import { failure, type Result, success } from '../base/result.ts'
import type { UnixMs } from '../base/time.ts'
import { ByteWriter } from '../base/writer.ts'
import { KEM_PUBLIC_LENGTH } from '../crypto/agreement.ts'
import { P256_PUBLIC_LENGTH, SIGNATURE_LENGTH, SIGNING_KEY_LENGTH } from '../crypto/primitives.ts'
import { sign, verify } from '../crypto/signature.ts'
import { hash } from '../crypto/hash.ts'

/** Of the whole protocol; the first byte of certificates, device lists, envelopes and Accepts (R2). */
export const PROTOCOL_VERSION = 1
export const HASH_LENGTH = 32
export const CERTIFICATE_BODY_LENGTH = 1337
export const CERTIFICATE_LENGTH = CERTIFICATE_BODY_LENGTH + 2 * SIGNATURE_LENGTH

const ACCOUNT_LABEL = 'cert'
const DEVICE_LABEL = 'cert possession'

export interface CertificateFields {
  readonly accountPub: Bytes
  readonly devicePub: Bytes
  /** The device agreement keys (DAK), to which envelopes are sealed (R11). */
  readonly agreeP256: Bytes
  readonly agreeKem: Bytes
  /** The lowest protocol version that the device speaks. */
  readonly minVersion: number
  /** Bit mask of SRTP suites: bit `n − 1` stands for suite `n` (`crypto/suites.ts`). Unknown bits are passed over. */
  readonly suites: number
  /** Rises with each renewal. */
  readonly serial: number
  readonly notBefore: UnixMs
  readonly notAfter: UnixMs
}

export interface Certificate extends CertificateFields {
  /** Body and both signatures, 1465 bytes. */
  readonly bytes: Bytes
  /** The name of the device. */
  readonly certHash: Bytes
  readonly accountSig: Bytes
  readonly deviceSig: Bytes
}

declare const signed: unique symbol
declare const checked: unique symbol

/** A certificate whose signatures and version were checked, and not its times: all that can be said of it without a clock. */
export type SignedCertificate = Certificate & { readonly [signed]: 'certificate' }

/** A certificate whose signatures and times were checked. Whether its device was revoked is another question: `device-list.ts`. */
export type VerifiedCertificate = SignedCertificate & { readonly [checked]: 'certificate' }

export type CertificateSignatureRefusal =
  | 'account-signature'
  | 'device-signature' /* the account claims a device that does not agree (unknown key-share) */
  | 'version' /* the device speaks later versions only */

export type CertificateRefusal =
  'account' /* of another account than the expected one */ | CertificateSignatureRefusal | 'not-yet' | 'expired'

export function issueCertificate(
  fields: CertificateFields,
  keys: { readonly accountSecret: Bytes; readonly deviceSecret: Bytes },
): Certificate {
  const body = new ByteWriter()
    .u8(PROTOCOL_VERSION)
    .fixed(fields.accountPub, SIGNING_KEY_LENGTH)
    .fixed(fields.devicePub, SIGNING_KEY_LENGTH)
    .fixed(fields.agreeP256, P256_PUBLIC_LENGTH)
    .fixed(fields.agreeKem, KEM_PUBLIC_LENGTH)
    .u8(fields.minVersion)
    .u16(fields.suites)
    .u32(fields.serial)
    .u64(fields.notBefore)
    .u64(fields.notAfter)
    .finish()
  const accountSig = sign(keys.accountSecret, ACCOUNT_LABEL, body)
  const deviceSig = sign(keys.deviceSecret, DEVICE_LABEL, body)
  return {
    ...fields,
    bytes: concatBytes(body, accountSig, deviceSig),
    certHash: hash('cert hash', body),
    accountSig,
    deviceSig,
  }
}

export function parseCertificate(bytes: Bytes): Certificate | undefined {
  return parse(bytes, readCertificate)
}

/** The next 1465 bytes as a certificate, inside a codec. */
export function readCertificate(reader: ByteReader): Certificate {
  const start = reader.offset
  if (reader.u8() !== PROTOCOL_VERSION) throw new MalformedError('unknown version')
  const fields = {
    accountPub: reader.fixed(SIGNING_KEY_LENGTH),
    devicePub: reader.fixed(SIGNING_KEY_LENGTH),
    agreeP256: reader.fixed(P256_PUBLIC_LENGTH),
    agreeKem: reader.fixed(KEM_PUBLIC_LENGTH),
    minVersion: reader.u8(),
    suites: reader.u16(),
    serial: reader.u32(),
    notBefore: reader.u64(),
    notAfter: reader.u64(),
  }
  const body = reader.since(start)
  const accountSig = reader.fixed(SIGNATURE_LENGTH)
  const deviceSig = reader.fixed(SIGNATURE_LENGTH)
  return { ...fields, bytes: reader.since(start), certHash: hash('cert hash', body), accountSig, deviceSig }
}

/** R4 but for times and device list: both signatures, and a version that this device speaks. */
export function verifyCertificateSignatures(
  certificate: Certificate,
): Result<SignedCertificate, CertificateSignatureRefusal> {
  const body = certificate.bytes.subarray(0, CERTIFICATE_BODY_LENGTH)
  const { accountPub, devicePub, accountSig, deviceSig } = certificate
  if (!verify(accountPub, accountSig, ACCOUNT_LABEL, body)) return failure('account-signature')
  if (!verify(devicePub, deviceSig, DEVICE_LABEL, body)) return failure('device-signature')
  if (certificate.minVersion > PROTOCOL_VERSION) return failure('version')
  // The one place where a certificate becomes a signed one.
  return success(certificate as SignedCertificate)
}

/** R4 but for the device list: both signatures, and `now` within its times. */
export function verifyCertificate(
  certificate: Certificate,
  expected: { readonly accountPub: Bytes; readonly now: UnixMs },
): Result<VerifiedCertificate, CertificateRefusal> {
  if (!equalBytes(certificate.accountPub, expected.accountPub)) return failure('account')
  const signatures = verifyCertificateSignatures(certificate)
  if (!signatures.ok) return signatures
  if (expected.now < certificate.notBefore) return failure('not-yet')
  if (expected.now > certificate.notAfter) return failure('expired')
  // The one place where a certificate becomes a verified one.
  return success(signatures.value as VerifiedCertificate)
}
