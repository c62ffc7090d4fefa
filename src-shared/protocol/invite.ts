/**
 * This folder holds the wire messages: their byte layouts, written and read, and nothing of what they mean
 * (docs/protocol.md). A reader here answers `undefined` to every byte string that its writer could not have made.
 *
 * Invite, payload of envelope type 1: `callId [16] | x25519 [32] | kemEk [1184] | offerCount u8 | suite u16… | media u8 |
 * sasCommit [32] | relayTicket var16 | callerHandle var16 | callerName var8`. The same bytes go to every device of the callee.
 */
import type { Bytes } from '../base/bytes.ts'
import { MalformedError, parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { KEM_PUBLIC_LENGTH, X25519_LENGTH } from '../crypto/agreement.ts'
import { CLAIMED_NAME_MAX } from '../identity/display-name.ts'
import { readHandle } from '../identity/handle.ts'
import { mediaBits, type MediaKinds, readMediaKinds } from './media-kinds.ts'

export const CALL_ID_LENGTH = 16
export const COMMITMENT_LENGTH = 32
export const RELAY_TICKET_MAX = 512
export const OFFER_MAX = 4

export interface Invite {
  readonly callId: Bytes
  readonly x25519: Bytes
  readonly kemEk: Bytes
  /** SRTP suites in the caller's order (R22), 1 to 4, all different; the receiver may not know all of them. */
  readonly offer: readonly number[]
  readonly media: MediaKinds
  readonly sasCommit: Bytes
  readonly relayTicket: Bytes
  readonly callerHandle: string
  /** The caller's own claim, as it came: to be shown by `displayName` only. */
  readonly callerName: string
}

export function encodeInvite(invite: Invite): Uint8Array {
  if (!isOffer(invite.offer)) throw new RangeError('an offer has 1 to 4 different suites')
  const writer = new ByteWriter()
    .fixed(invite.callId, CALL_ID_LENGTH)
    .fixed(invite.x25519, X25519_LENGTH)
    .fixed(invite.kemEk, KEM_PUBLIC_LENGTH)
    .u8(invite.offer.length)
  for (const suite of invite.offer) writer.u16(suite)
  return writer
    .u8(mediaBits(invite.media))
    .fixed(invite.sasCommit, COMMITMENT_LENGTH)
    .var16(invite.relayTicket)
    .text16(invite.callerHandle)
    .text8(invite.callerName)
    .finish()
}

export function parseInvite(bytes: Bytes): Invite | undefined {
  return parse(bytes, (reader) => {
    const callId = reader.fixed(CALL_ID_LENGTH)
    const x25519 = reader.fixed(X25519_LENGTH)
    const kemEk = reader.fixed(KEM_PUBLIC_LENGTH)
    const offer = Array.from({ length: reader.u8() }, () => reader.u16())
    if (!isOffer(offer)) throw new MalformedError('offer')
    return {
      callId,
      x25519,
      kemEk,
      offer,
      media: readMediaKinds(reader),
      sasCommit: reader.fixed(COMMITMENT_LENGTH),
      relayTicket: reader.var16(RELAY_TICKET_MAX),
      callerHandle: readHandle(reader),
      callerName: reader.text8(CLAIMED_NAME_MAX),
    }
  })
}

function isOffer(suites: readonly number[]): boolean {
  const counted = suites.length >= 1 && suites.length <= OFFER_MAX
  return counted && new Set(suites).size === suites.length && !suites.includes(0)
}
