/** The signed list of an account's devices: what revokes a device (R10), and what keeps it revoked (R5, R6). docs/protocol.md, section 1. */
import { type Bytes, concatBytes, equalBytes, toHex } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import type { UnixMs } from '../base/time.ts'
import { ByteWriter } from '../base/writer.ts'
import { hash } from '../crypto/hash.ts'
import { sign, verify } from '../crypto/signature.ts'
import { SIGNATURE_LENGTH, SIGNING_KEY_LENGTH } from '../crypto/primitives.ts'
import { HASH_LENGTH, PROTOCOL_VERSION } from './certificate.ts'

export const DEVICES_MAX = 16

const LABEL = 'device list'

export interface DeviceListFields {
  readonly accountPub: Bytes
  /** Rises by one with every change; the first is 1. */
  readonly version: number
  readonly issuedAt: UnixMs
  /** 1 to 16, all different. */
  readonly certHashes: readonly Bytes[]
}

export interface DeviceList extends DeviceListFields {
  readonly bytes: Bytes
  readonly listHash: Bytes
  readonly signature: Bytes
}

declare const checked: unique symbol

/** A list whose signature is its account's. Whether it is the newest one is `compareWithPin`'s question. */
export type VerifiedDeviceList = DeviceList & { readonly [checked]: 'device-list' }

export function issueDeviceList(fields: DeviceListFields, accountSecret: Bytes): VerifiedDeviceList {
  const { certHashes } = fields
  if (certHashes.length < 1 || certHashes.length > DEVICES_MAX) throw new RangeError('a list has 1 to 16 devices')
  const writer = new ByteWriter()
    .u8(PROTOCOL_VERSION)
    .fixed(fields.accountPub, SIGNING_KEY_LENGTH)
    .u32(fields.version)
    .u64(fields.issuedAt)
    .u8(certHashes.length)
  for (const certHash of certHashes) writer.fixed(certHash, HASH_LENGTH)
  const body = writer.finish()
  const signature = sign(accountSecret, LABEL, body)
  const list: DeviceList = {
    ...fields,
    bytes: concatBytes(body, signature),
    listHash: hash('list hash', body),
    signature,
  }
  // Signed a line above.
  return list as VerifiedDeviceList
}

export function parseDeviceList(bytes: Bytes): DeviceList | undefined {
  return parse(bytes, readDeviceList)
}

/** `undefined` unless the list is of `accountPub` and signed by it. */
export function verifyDeviceList(list: DeviceList, accountPub: Bytes): VerifiedDeviceList | undefined {
  const body = list.bytes.subarray(0, list.bytes.length - SIGNATURE_LENGTH)
  const valid = equalBytes(list.accountPub, accountPub) && verify(accountPub, list.signature, LABEL, body)
  // The one place where a foreign list becomes a verified one.
  return valid ? (list as VerifiedDeviceList) : undefined
}

export function listsDevice(list: VerifiedDeviceList, certHash: Bytes): boolean {
  return list.certHashes.some((listed) => equalBytes(listed, certHash))
}

/** A version and what it contained: enough to hold a later list to it. */
export interface ListMark {
  readonly listVersion: number
  readonly listHash: Bytes
}

/**
 * R5: a list against the highest one that was ever seen of the account. `rollback` and `fork` are refused:
 * a revoked device comes back this way, or two people are shown two different lists.
 */
export function compareWithPin(
  pin: ListMark,
  list: { readonly version: number; readonly listHash: Bytes },
): 'newer' | 'same' | 'rollback' | 'fork' {
  if (list.version > pin.listVersion) return 'newer'
  if (list.version < pin.listVersion) return 'rollback'
  return equalBytes(list.listHash, pin.listHash) ? 'same' : 'fork'
}

function readDeviceList(reader: ByteReader): DeviceList {
  if (reader.u8() !== PROTOCOL_VERSION) throw new MalformedError('unknown version')
  const accountPub = reader.fixed(SIGNING_KEY_LENGTH)
  const version = reader.u32()
  const issuedAt = reader.u64()
  const count = reader.u8()
  if (count < 1 || count > DEVICES_MAX) throw new MalformedError('device count')
  const certHashes = Array.from({ length: count }, () => reader.fixed(HASH_LENGTH))
  if (new Set(certHashes.map(toHex)).size !== count) throw new MalformedError('device named twice')
  const body = reader.since(0)
  const signature = reader.fixed(SIGNATURE_LENGTH)
  return {
    accountPub,
    version,
    issuedAt,
    certHashes,
    bytes: reader.since(0),
    listHash: hash('list hash', body),
    signature,
  }
}
