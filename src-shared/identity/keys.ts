/** The keys of an account and of a device, all made from a few random bytes; only those bytes are ever stored (docs/protocol.md, section 1). */
import type { Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/random.ts'
import { KEM_SEED_LENGTH, kemKeyPair, type KeyPair, P256_SEED_LENGTH, p256KeyPair } from '../crypto/agreement.ts'
import { type SigningKeyPair, signingKeyPair } from '../crypto/signature.ts'
import { SIGNING_KEY_LENGTH } from '../crypto/primitives.ts'

/** What the vault holds. */
export interface KeySeeds {
  /** AK: the account's signing key, Ed25519. */
  readonly account: Bytes
  /** DSK: the device's signing key, Ed25519. */
  readonly device: Bytes
  /** DAK: the device's agreement keys, P-256 and ML-KEM-768. */
  readonly agreeP256: Bytes
  readonly agreeKem: Bytes
}

export interface AgreementKeys {
  readonly p256: KeyPair
  readonly kem: KeyPair
}

export interface IdentityKeys {
  readonly account: SigningKeyPair
  readonly device: SigningKeyPair
  readonly agreement: AgreementKeys
}

export const SEED_LENGTHS = {
  account: SIGNING_KEY_LENGTH,
  device: SIGNING_KEY_LENGTH,
  agreeP256: P256_SEED_LENGTH,
  agreeKem: KEM_SEED_LENGTH,
} as const

export function randomSeeds(random: RandomBytes): KeySeeds {
  return {
    account: random(SEED_LENGTHS.account),
    device: random(SEED_LENGTHS.device),
    agreeP256: random(SEED_LENGTHS.agreeP256),
    agreeKem: random(SEED_LENGTHS.agreeKem),
  }
}

export function identityKeys(seeds: KeySeeds): IdentityKeys {
  let agreement: AgreementKeys | undefined
  return {
    account: signingKeyPair(seeds.account),
    device: signingKeyPair(seeds.device),
    /** Made when mail comes: a start of the app does not wait for ML-KEM. */
    get agreement() {
      agreement ??= { p256: p256KeyPair(seeds.agreeP256), kem: kemKeyPair(seeds.agreeKem) }
      return agreement
    },
  }
}
