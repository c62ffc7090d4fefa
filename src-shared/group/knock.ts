/**
 * Knock, payload of envelope type 7 (docs/protocol/group.md, section 6): who has the link asks a host to be let in.
 * `linkId [16] | nonce [16] | tag [32] | handle text16 | name var8`.
 */
import type { Bytes } from '../base/bytes.ts'
import { parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { CLAIMED_NAME_MAX } from '../identity/display-name.ts'
import { readHandle } from '../identity/handle.ts'
import { LINK_ID_LENGTH } from './link.ts'

export const KNOCK_NONCE_LENGTH = 16
const TAG_LENGTH = 32

export interface Knock {
  readonly linkId: Bytes
  readonly nonce: Bytes
  /** `knockTag`: who sent it has the link. */
  readonly tag: Bytes
  readonly handle: string
  /** The guest's own claim, to be shown by `displayName` only. */
  readonly name: string
}

export function encodeKnock(knock: Knock): Uint8Array {
  return new ByteWriter()
    .fixed(knock.linkId, LINK_ID_LENGTH)
    .fixed(knock.nonce, KNOCK_NONCE_LENGTH)
    .fixed(knock.tag, TAG_LENGTH)
    .text16(knock.handle)
    .text8(knock.name)
    .finish()
}

export function parseKnock(bytes: Bytes): Knock | undefined {
  return parse(bytes, (reader) => ({
    linkId: reader.fixed(LINK_ID_LENGTH),
    nonce: reader.fixed(KNOCK_NONCE_LENGTH),
    tag: reader.fixed(TAG_LENGTH),
    handle: readHandle(reader),
    name: reader.text8(CLAIMED_NAME_MAX),
  }))
}
