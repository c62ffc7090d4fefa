/** The two SRTP suites: their number on the wire (docs/protocol.md, section 3.4), their name in SDP and on the screen, their sizes in bytes. */
import type { SuiteName } from '../ipc/snapshot.ts'

export interface Suite {
  readonly name: SuiteName
  readonly id: number
  /** Its bit in a certificate's `suites` mask. */
  readonly bit: number
  readonly keyLength: number
  readonly saltLength: number
  readonly tagLength: number
}

const AES_CM: Suite = {
  name: 'AES_256_CM_HMAC_SHA1_80',
  id: 0x0001,
  bit: 1,
  keyLength: 32,
  saltLength: 14,
  tagLength: 10,
}

const GCM: Suite = {
  name: 'AEAD_AES_256_GCM',
  id: 0x0002,
  bit: 2,
  keyLength: 32,
  saltLength: 12,
  tagLength: 16,
}

/** In the order in which they are offered by default (R22). */
export const SUITES: readonly Suite[] = [AES_CM, GCM]

export function suiteOf(name: SuiteName): Suite {
  return name === 'AES_256_CM_HMAC_SHA1_80' ? AES_CM : GCM
}

/** `undefined` for a number that this version does not know: a peer may offer suites that we lack. */
export function suiteById(id: number): Suite | undefined {
  return SUITES.find((suite) => suite.id === id)
}

export function suiteMask(names: readonly SuiteName[]): number {
  return names.reduce((mask, name) => mask | suiteOf(name).bit, 0)
}
