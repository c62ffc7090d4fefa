/**
 * Prekeys (R11), as they lie in the directory: `kind u8 | prekeyId u32 | certHash [32] | p256 [65] | kem [1184] | notAfter u64 |
 * signature [64]`. `parsePrekey` believes nothing; envelopes are sealed only to what `verifyPrekey` returns.
 */
import { type Bytes, concatBytes, equalBytes } from '../base/bytes.ts'
import { parse } from '../base/reader.ts'
import { failure, type Result, success } from '../base/result.ts'
import type { UnixMs } from '../base/time.ts'
import { ByteWriter } from '../base/writer.ts'
import { KEM_PUBLIC_LENGTH } from '../crypto/agreement.ts'
import { P256_PUBLIC_LENGTH, SIGNATURE_LENGTH } from '../crypto/primitives.ts'
import { sign, verify } from '../crypto/signature.ts'
import { HASH_LENGTH, type VerifiedCertificate } from '../identity/certificate.ts'
import { namedCodes } from './named-codes.ts'

export type PrekeyKind = 'one-time' | 'medium-term'

export const prekeyKinds = namedCodes<PrekeyKind>(['one-time', 'medium-term'])
export const PREKEY_LENGTH = 1 + 4 + HASH_LENGTH + P256_PUBLIC_LENGTH + KEM_PUBLIC_LENGTH + 8 + SIGNATURE_LENGTH

const LABEL = 'prekey'

export interface PrekeyFields {
  readonly kind: PrekeyKind
  readonly id: number
  /** Whose it is. */
  readonly certHash: Bytes
  readonly p256: Bytes
  readonly kem: Bytes
  readonly notAfter: UnixMs
}

export interface Prekey extends PrekeyFields {
  /** All 1358 bytes: what an envelope's headerHash covers. */
  readonly bytes: Bytes
  readonly signature: Bytes
}

declare const checked: unique symbol

export type VerifiedPrekey = Prekey & { readonly [checked]: 'prekey' }

export type PrekeyRefusal = 'device' /* names another device */ | 'signature' | 'expired'

export function issuePrekey(fields: PrekeyFields, deviceSecret: Bytes): Prekey {
  const body = new ByteWriter()
    .u8(prekeyKinds.code(fields.kind))
    .u32(fields.id)
    .fixed(fields.certHash, HASH_LENGTH)
    .fixed(fields.p256, P256_PUBLIC_LENGTH)
    .fixed(fields.kem, KEM_PUBLIC_LENGTH)
    .u64(fields.notAfter)
    .finish()
  const signature = sign(deviceSecret, LABEL, body)
  return { ...fields, bytes: concatBytes(body, signature), signature }
}

export function parsePrekey(bytes: Bytes): Prekey | undefined {
  return parse(bytes, (reader) => {
    const fields = {
      kind: prekeyKinds.read(reader),
      id: reader.u32(),
      certHash: reader.fixed(HASH_LENGTH),
      p256: reader.fixed(P256_PUBLIC_LENGTH),
      kem: reader.fixed(KEM_PUBLIC_LENGTH),
      notAfter: reader.u64(),
    }
    const signature = reader.fixed(SIGNATURE_LENGTH)
    return { ...fields, bytes: reader.since(0), signature }
  })
}

/** The prekey is of this very device, signed by it, and not past its time. */
export function verifyPrekey(
  prekey: Prekey,
  device: VerifiedCertificate,
  now: UnixMs,
): Result<VerifiedPrekey, PrekeyRefusal> {
  const body = prekey.bytes.subarray(0, PREKEY_LENGTH - SIGNATURE_LENGTH)
  if (!equalBytes(prekey.certHash, device.certHash)) return failure('device')
  if (!verify(device.devicePub, prekey.signature, LABEL, body)) return failure('signature')
  if (now > prekey.notAfter) return failure('expired')
  // The one place where a prekey becomes a verified one.
  return success(prekey as VerifiedPrekey)
}
