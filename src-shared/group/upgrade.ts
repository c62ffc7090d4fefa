/**
 * Upgrade of a 1:1 call to a group call (docs/protocol/group.md, R36), body of control type 7: `ticket var16 | entry var16`. The tag in the
 * Create entry can only be made with the 1:1 call's keys: the same two devices go on.
 */
import { type Bytes, equalBytes } from '../base/bytes.ts'
import { parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { equalSecrets, hmacSha256 } from '../crypto/hash.ts'
import { ENTRY_MAX } from './entry.ts'
import { GROUP_TICKET_MAX } from './group-invite.ts'
import type { Roster } from './roster.ts'

export interface Upgrade {
  readonly ticket: Bytes
  /** The Create entry. */
  readonly entry: Bytes
}

export function encodeUpgrade({ ticket, entry }: Upgrade): Uint8Array {
  return new ByteWriter().var16(ticket).var16(entry).finish()
}

export function parseUpgrade(bytes: Bytes): Upgrade | undefined {
  return parse(bytes, (reader) => ({ ticket: reader.var16(GROUP_TICKET_MAX), entry: reader.var16(ENTRY_MAX) }))
}

/** `exporter`: `CallKeys.groupUpgrade`. */
export function upgradeTag(exporter: Bytes, groupId: Bytes): Uint8Array {
  return hmacSha256(exporter, groupId)
}

/** R36: `roster` is what the Create entry gives; it is of the 1:1 call's other device and of no other call. */
export function upgradesCall(
  roster: Roster,
  call: { readonly exporter: Bytes; readonly peerCertHash: Bytes },
): boolean {
  const [founder] = roster.members
  if (founder === undefined || roster.upgradeTag === undefined) return false
  const expected = upgradeTag(call.exporter, roster.groupId)
  return equalBytes(founder.certHash, call.peerCertHash) && equalSecrets(expected, roster.upgradeTag)
}
