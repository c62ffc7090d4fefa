/**
 * Sealing a message to one device (docs/protocol.md, section 2): ECIES over P-256 hybrid with ML-KEM-768, to the device's agreement
 * keys and exactly one of its prekeys (R11), AES-SIV inside, signed by the sending device over both ends (R12).
 * `openEnvelope` goes up to the signature in R14's order; times, repetition and the device list are checked by who holds
 * clock, memory and directory.
 */
import { type Bytes, concatBytes, erase } from '../base/bytes.ts'
import type { RandomBytes } from '../base/random.ts'
import { failure, type Result, success } from '../base/result.ts'
import type { UnixMs } from '../base/time.ts'
import type { VerifiedCertificate } from '../identity/certificate.ts'
import { type CertificateRefusal, verifyCertificate } from '../identity/certificate.ts'
import type { AgreementKeys } from '../identity/keys.ts'
import {
  encodeEnvelope,
  encodeEnvelopeBody,
  encodeEnvelopeContent,
  encodeEnvelopeHeader,
  type Envelope,
  type EnvelopeContent,
  parseEnvelopeBody,
} from '../protocol/envelope.ts'
import type { VerifiedPrekey } from '../protocol/prekey.ts'
import { SIV_KEY_LENGTH, sivOpen, sivSeal } from './aead.ts'
import {
  KEM_RANDOMNESS_LENGTH,
  kemDecapsulate,
  kemEncapsulate,
  P256_SEED_LENGTH,
  p256KeyPair,
  p256Shared,
} from './agreement.ts'
import { expand, extract, hash, info } from './hash.ts'
import { signDigest, verifyDigest } from './signature.ts'

export interface SealedEnvelope {
  readonly bytes: Bytes
  /** Names this one envelope with everything in it; the handshake builds on it (3.3). */
  readonly envDigest: Bytes
}

export interface OpenedEnvelope extends EnvelopeContent {
  readonly senderCertificate: VerifiedCertificate
  readonly envDigest: Bytes
}

/** The private half of a prekey, and the prekey as it was published. */
export interface PrekeySecrets extends AgreementKeys {
  readonly bytes: Bytes
}

export type EnvelopeRefusal =
  'box' /* not sealed to these keys, or altered */ | 'body' | 'signature' | `certificate-${CertificateRefusal}`

/** R3: `undefined` if the recipient's keys are none. Draws 48 + 32 + 32 bytes. */
export function sealEnvelope(
  input: {
    readonly recipient: VerifiedCertificate
    readonly prekey: VerifiedPrekey
    readonly sender: { readonly certificate: Bytes; readonly certHash: Bytes; readonly signingSecret: Bytes }
    readonly content: EnvelopeContent
  },
  random: RandomBytes,
): SealedEnvelope | undefined {
  const { recipient, prekey, sender, content } = input
  const seed = random(P256_SEED_LENGTH)
  const [ofDevice, ofPrekey] = [random(KEM_RANDOMNESS_LENGTH), random(KEM_RANDOMNESS_LENGTH)]
  const ephemeral = p256KeyPair(seed)
  const deviceKem = kemEncapsulate(recipient.agreeKem, ofDevice)
  const prekeyKem = kemEncapsulate(prekey.kem, ofPrekey)
  const deviceDh = p256Shared(ephemeral.secret, recipient.agreeP256)
  const prekeyDh = p256Shared(ephemeral.secret, prekey.p256)
  erase(seed, ofDevice, ofPrekey, ephemeral.secret)
  if (!deviceKem || !prekeyKem || !deviceDh || !prekeyDh) {
    erase(deviceKem?.secret, prekeyKem?.secret, deviceDh, prekeyDh)
    return undefined
  }

  const header = encodeEnvelopeHeader({
    kind: prekey.kind,
    prekeyId: prekey.id,
    toCertHash: recipient.certHash,
    ephemeral: ephemeral.public,
    deviceCt: deviceKem.ciphertext,
    prekeyCt: prekeyKem.ciphertext,
  })
  const headerHash = hash('env header', header, prekey.bytes)
  const key = envelopeKey(headerHash, recipient.certHash, [deviceDh, prekeyDh, deviceKem.secret, prekeyKem.secret])
  const signed = encodeEnvelopeContent(content)
  const envDigest = hash('env', headerHash, sender.certHash, recipient.certHash, signed)
  const body = encodeEnvelopeBody(sender.certificate, signed, signDigest(sender.signingSecret, envDigest))
  const box = sivSeal(key, headerHash, body)
  erase(key)
  return { bytes: encodeEnvelope(header, box), envDigest }
}

export function openEnvelope(
  envelope: Envelope,
  own: { readonly agreement: AgreementKeys; readonly prekey: PrekeySecrets },
  now: UnixMs,
): Result<OpenedEnvelope, EnvelopeRefusal> {
  const { agreement, prekey } = own
  const deviceDh = p256Shared(agreement.p256.secret, envelope.ephemeral)
  const prekeyDh = p256Shared(prekey.p256.secret, envelope.ephemeral)
  const deviceSecret = kemDecapsulate(agreement.kem.secret, envelope.deviceCt)
  const prekeySecret = kemDecapsulate(prekey.kem.secret, envelope.prekeyCt)
  if (!deviceDh || !prekeyDh || !deviceSecret || !prekeySecret) {
    erase(deviceDh, prekeyDh, deviceSecret, prekeySecret)
    return failure('box')
  }

  const headerHash = hash('env header', envelope.header, prekey.bytes)
  const key = envelopeKey(headerHash, envelope.toCertHash, [deviceDh, prekeyDh, deviceSecret, prekeySecret])
  const plaintext = sivOpen(key, headerHash, envelope.box)
  erase(key)
  if (plaintext === undefined) return failure('box')
  const body = parseEnvelopeBody(plaintext)
  if (body === undefined) return failure('body')

  const { certificate, signed, signature, ...content } = body
  const sender = verifyCertificate(certificate, { accountPub: certificate.accountPub, now })
  if (!sender.ok) return failure(`certificate-${sender.reason}`)
  const envDigest = hash('env', headerHash, certificate.certHash, envelope.toCertHash, signed)
  if (!verifyDigest(certificate.devicePub, signature, envDigest)) return failure('signature')
  return success({ ...content, senderCertificate: sender.value, envDigest })
}

/** Erases the secrets that it was given. */
function envelopeKey(headerHash: Bytes, toCertHash: Bytes, secrets: readonly Bytes[]): Uint8Array {
  const input = concatBytes(...secrets)
  const extracted = extract(headerHash, input)
  const key = expand(extracted, info('env key', toCertHash), SIV_KEY_LENGTH)
  erase(input, extracted, ...secrets)
  return key
}
