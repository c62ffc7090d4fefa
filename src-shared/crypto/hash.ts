/**
 * The labelled hash, HKDF and HMAC of docs/protocol.md, section 0. R1: every label is used for one purpose only.
 * HKDF is RFC 5869, HMAC is RFC 2104, both with SHA-256 (FIPS 180-4).
 */
import { expand as hkdfExpand, extract as hkdfExtract } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '../base/bytes.ts'
import { ByteWriter } from '../base/writer.ts'

const PREFIX = 'sightline/1 '
const encoder = new TextEncoder()

/** `u32 length ‖ x` */
function lengthPrefixed(bytes: Bytes): Uint8Array<ArrayBuffer> {
  return new ByteWriter().var32(bytes).finish()
}

/** `lp("sightline/1 " + label)`: also the meaning of a salt or info that the protocol writes as a bare string. */
export function labelBytes(label: string): Uint8Array<ArrayBuffer> {
  return lengthPrefixed(encoder.encode(PREFIX + label))
}

/** `H(label, p1, …, pn)`, 32 bytes. */
export function hash(label: string, ...parts: readonly Bytes[]): Uint8Array {
  const state = sha256.create().update(labelBytes(label))
  for (const part of parts) state.update(lengthPrefixed(part))
  return state.digest()
}

/** `info(label, ctx) = lp("sightline/1 " + label) ‖ ctx` */
export function info(label: string, context: Bytes = new Uint8Array()): Uint8Array<ArrayBuffer> {
  return new ByteWriter().raw(labelBytes(label)).raw(context).finish()
}

/** HKDF-Extract, RFC 5869 section 2.2: 32 bytes. */
export function extract(salt: Bytes, inputKey: Bytes): Uint8Array {
  return hkdfExtract(sha256, inputKey, salt)
}

/** HKDF-Expand, RFC 5869 section 2.3: `length` bytes. */
export function expand(pseudoRandomKey: Bytes, context: Bytes, length: number): Uint8Array {
  return hkdfExpand(sha256, pseudoRandomKey, context, length)
}

/** HMAC-SHA-256, 32 bytes. */
export function hmacSha256(key: Bytes, message: Bytes): Uint8Array {
  return hmac(sha256, key, message)
}

/** Compares two secrets of equal length without a branch on their content. */
export function equalSecrets(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}
