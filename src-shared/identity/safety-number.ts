/** R8: the number that two people compare once, outside the service, to know that they hold each other's account keys. */
import { sha512 } from '@noble/hashes/sha2.js'
import type { Bytes } from '../base/bytes.ts'
import { ByteWriter } from '../base/writer.ts'
import { labelBytes } from '../crypto/hash.ts'

const GROUPS = 6
const GROUP_BYTES = 5
const GROUP_MODULUS = 100_000n

/** Sixty digits as twelve groups of five; the same on both sides, whoever asks. */
export function safetyNumber(ownAccountPub: Bytes, otherAccountPub: Bytes): string[] {
  return [accountGroups(ownAccountPub), accountGroups(otherAccountPub)]
    .sort((a, b) => (a.join('') < b.join('') ? -1 : 1))
    .flat()
}

/** The 30 digits of one account: a thief needs about 2^99 account keys to meet them. */
function accountGroups(accountPub: Bytes): string[] {
  const digest = sha512(new ByteWriter().raw(labelBytes('safety')).raw(accountPub).finish())
  return Array.from({ length: GROUPS }, (_, group) => {
    const bytes = digest.subarray(group * GROUP_BYTES, (group + 1) * GROUP_BYTES)
    const value = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n)
    return (value % GROUP_MODULUS).toString().padStart(GROUP_BYTES, '0')
  })
}
