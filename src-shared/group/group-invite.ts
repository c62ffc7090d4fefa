/** GroupInvite, payload of envelope type 3 (docs/protocol/group.md, section 6): what rings, and admits to the room. The chain admits to the call. */
import type { Bytes } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { HASH_LENGTH } from '../identity/certificate.ts'
import { CLAIMED_NAME_MAX } from '../identity/display-name.ts'
import { readHandle } from '../identity/handle.ts'
import { mediaBits, type MediaKinds, readMediaKinds } from '../protocol/media-kinds.ts'
import { GROUP_ID_LENGTH } from './member-key.ts'
import { MEMBERS_MAX } from './membership.ts'
import { orZero, readUnlessZero } from './optional-field.ts'

export const GROUP_TICKET_MAX = 512
const LINK_PROOF_LENGTH = 32

export interface GroupInvite {
  readonly groupId: Bytes
  /** rosterHash(0): the call is this chain, and no other of that name. */
  readonly createHash: Bytes
  /** For the receiver's account. */
  readonly ticket: Bytes
  readonly media: MediaKinds
  /** `linkProof`, where it answers a Knock. */
  readonly linkProof: Bytes | undefined
  readonly callerHandle: string
  /** The caller's own claim, to be shown by `displayName` only. */
  readonly callerName: string
  /** The handles of who is in. */
  readonly people: readonly string[]
}

export function encodeGroupInvite(invite: GroupInvite): Uint8Array {
  const { people } = invite
  if (people.length > MEMBERS_MAX) throw new RangeError('more people than a call has')
  const writer = new ByteWriter()
    .fixed(invite.groupId, GROUP_ID_LENGTH)
    .fixed(invite.createHash, HASH_LENGTH)
    .var16(invite.ticket)
    .u8(mediaBits(invite.media))
    .fixed(orZero(invite.linkProof, LINK_PROOF_LENGTH), LINK_PROOF_LENGTH)
    .text16(invite.callerHandle)
    .text8(invite.callerName)
    .u8(people.length)
  for (const handle of people) writer.text16(handle)
  return writer.finish()
}

export function parseGroupInvite(bytes: Bytes): GroupInvite | undefined {
  return parse(bytes, (reader) => ({
    groupId: reader.fixed(GROUP_ID_LENGTH),
    createHash: reader.fixed(HASH_LENGTH),
    ticket: reader.var16(GROUP_TICKET_MAX),
    media: readMediaKinds(reader),
    linkProof: readUnlessZero(reader, LINK_PROOF_LENGTH),
    callerHandle: readHandle(reader),
    callerName: reader.text8(CLAIMED_NAME_MAX),
    people: readPeople(reader),
  }))
}

function readPeople(reader: ByteReader): string[] {
  const count = reader.u8()
  if (count > MEMBERS_MAX) throw new MalformedError('more people than a call has')
  return Array.from({ length: count }, () => readHandle(reader))
}
