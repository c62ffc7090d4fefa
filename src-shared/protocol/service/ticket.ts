/**
 * Tickets of the relay: which room their holder may enter. The first byte tells the two kinds apart.
 *
 * A call's, 121 bytes: `1 u8 | callId [16] | callerCertHash [32] | calleeAccountPub [32] | expiresAt u64 | HMAC [32]`,
 * for the caller's device and the devices of the callee's account.
 *
 * A group's, 121 bytes: `2 u8 | groupId [16] | founderCertHash [32] | accountPub [32] | expiresAt u64 | HMAC [32]`,
 * for the devices of that account, which also get tickets for others with it. The founder is the one device whose chain
 * a room of this name takes.
 *
 * Only the service makes and checks them, each kind with a key of its own that outlives a restart, so a call's ticket
 * is still good after one. To a device they are strings of bytes.
 */
import type { Bytes } from '../../base/bytes.ts'
import { type ByteReader, parse } from '../../base/reader.ts'
import { type Result, failure, success } from '../../base/result.ts'
import type { UnixMs } from '../../base/time.ts'
import { ByteWriter } from '../../base/writer.ts'
import { equalSecrets, hmacSha256, labelBytes } from '../../crypto/hash.ts'
import { GROUP_ID_LENGTH } from '../../group/member-key.ts'
import { ACCOUNT_KEY_LENGTH, CALL_ID_LENGTH, CERT_HASH_LENGTH } from './limits.ts'

const CALL = 1
const GROUP = 2
const MAC_LENGTH = 32
/** Both the label of the HMAC and the name of its key. */
export const CALL_TICKET = 'relay ticket'
export const GROUP_TICKET = 'group ticket'

export interface CallTicket {
  readonly kind: 'call'
  readonly callId: Bytes
  readonly callerCertHash: Bytes
  readonly calleeAccountPub: Bytes
  readonly expiresAt: UnixMs
}

export interface GroupTicket {
  readonly kind: 'group'
  readonly groupId: Bytes
  readonly founderCertHash: Bytes
  readonly accountPub: Bytes
  readonly expiresAt: UnixMs
}

export type Ticket = CallTicket | GroupTicket
export type TicketFailure = 'malformed' | 'forged' | 'expired'

export interface TicketKeys {
  readonly call: Bytes
  readonly group: Bytes
}

export function issueTicket(keys: TicketKeys, ticket: Ticket): Uint8Array {
  const writer = new ByteWriter()
  if (ticket.kind === 'call') {
    writer
      .u8(CALL)
      .fixed(ticket.callId, CALL_ID_LENGTH)
      .fixed(ticket.callerCertHash, CERT_HASH_LENGTH)
      .fixed(ticket.calleeAccountPub, ACCOUNT_KEY_LENGTH)
  } else {
    writer
      .u8(GROUP)
      .fixed(ticket.groupId, GROUP_ID_LENGTH)
      .fixed(ticket.founderCertHash, CERT_HASH_LENGTH)
      .fixed(ticket.accountPub, ACCOUNT_KEY_LENGTH)
  }
  const body = writer.u64(ticket.expiresAt).finish()
  return new ByteWriter()
    .raw(body)
    .fixed(mac(keys, ticket.kind, body), MAC_LENGTH)
    .finish()
}

export function checkTicket(keys: TicketKeys, bytes: Bytes, now: UnixMs): Result<Ticket, TicketFailure> {
  const parsed = parse(bytes, (reader) => {
    const ticket = readTicket(reader)
    return { ticket, body: reader.since(0), tag: reader.fixed(MAC_LENGTH) }
  })
  if (parsed === undefined) return failure('malformed')
  if (!equalSecrets(mac(keys, parsed.ticket.kind, parsed.body), parsed.tag)) return failure('forged')
  return parsed.ticket.expiresAt <= now ? failure('expired') : success(parsed.ticket)
}

function readTicket(reader: ByteReader): Ticket {
  if (reader.oneOf([CALL, GROUP], reader.u8()) === CALL) {
    return {
      kind: 'call',
      callId: reader.fixed(CALL_ID_LENGTH),
      callerCertHash: reader.fixed(CERT_HASH_LENGTH),
      calleeAccountPub: reader.fixed(ACCOUNT_KEY_LENGTH),
      expiresAt: reader.u64(),
    }
  }
  return {
    kind: 'group',
    groupId: reader.fixed(GROUP_ID_LENGTH),
    founderCertHash: reader.fixed(CERT_HASH_LENGTH),
    accountPub: reader.fixed(ACCOUNT_KEY_LENGTH),
    expiresAt: reader.u64(),
  }
}

function mac(keys: TicketKeys, kind: Ticket['kind'], body: Bytes): Uint8Array {
  const label = kind === 'call' ? CALL_TICKET : GROUP_TICKET
  return hmacSha256(keys[kind], new ByteWriter().raw(labelBytes(label)).raw(body).finish())
}
