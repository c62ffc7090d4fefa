/**
 * How a device proves to the service who it is: `Sign(DSK, "service auth", nonce, host)` with the nonce of this
 * connection and the Host header that the device dialled. The host stops a service from passing another service's
 * challenge on to a device; the nonce stops a replay.
 */
import type { Bytes } from '../../base/bytes.ts'
import { sign, verify } from '../../crypto/signature.ts'

const LABEL = 'service auth'
const encoder = new TextEncoder()

export function signAuthentication(signingSecret: Bytes, nonce: Bytes, host: string): Uint8Array {
  return sign(signingSecret, LABEL, nonce, encoder.encode(host))
}

export function verifyAuthentication(devicePub: Bytes, signature: Bytes, nonce: Bytes, host: string): boolean {
  return verify(devicePub, signature, LABEL, nonce, encoder.encode(host))
}
