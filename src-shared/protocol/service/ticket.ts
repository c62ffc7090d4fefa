/**
 * The relay ticket, `ver u8 | callId [16] | callerCertHash [32] | calleeAccountPub [32] | expiresAt u64 | HMAC [32]`:
 * which room of the relay its holder may enter, if it is the caller's device or a device of the callee's account.
 * Only the service makes and checks it, from a key that outlives a restart, so a call's ticket is still good after one.
 * To a device it is a string of bytes.
 */
import type { Bytes } from '../../base/bytes.ts'
import { parse } from '../../base/reader.ts'
import { type Result, failure, success } from '../../base/result.ts'
import type { UnixMs } from '../../base/time.ts'
import { ByteWriter } from '../../base/writer.ts'
import { equalSecrets, hmacSha256, labelBytes } from '../../crypto/hash.ts'
import { ACCOUNT_KEY_LENGTH, CALL_ID_LENGTH, CERT_HASH_LENGTH } from './limits.ts'

const VERSION = 1
const MAC_LENGTH = 32

export interface Ticket {
  readonly callId: Bytes
  readonly callerCertHash: Bytes
  readonly calleeAccountPub: Bytes
  readonly expiresAt: UnixMs
}

export type TicketFailure = 'malformed' | 'forged' | 'expired'

export function issueTicket(key: Bytes, ticket: Ticket): Uint8Array {
  const body = new ByteWriter()
    .u8(VERSION)
    .fixed(ticket.callId, CALL_ID_LENGTH)
    .fixed(ticket.callerCertHash, CERT_HASH_LENGTH)
    .fixed(ticket.calleeAccountPub, ACCOUNT_KEY_LENGTH)
    .u64(ticket.expiresAt)
    .finish()
  return new ByteWriter().raw(body).fixed(mac(key, body), MAC_LENGTH).finish()
}

export function checkTicket(key: Bytes, bytes: Bytes, now: UnixMs): Result<Ticket, TicketFailure> {
  const parsed = parse(bytes, (reader) => {
    reader.oneOf([VERSION], reader.u8())
    const ticket = {
      callId: reader.fixed(CALL_ID_LENGTH),
      callerCertHash: reader.fixed(CERT_HASH_LENGTH),
      calleeAccountPub: reader.fixed(ACCOUNT_KEY_LENGTH),
      expiresAt: reader.u64(),
    }
    return { ticket, body: reader.since(0), tag: reader.fixed(MAC_LENGTH) }
  })
  if (parsed === undefined) return failure('malformed')
  if (!equalSecrets(mac(key, parsed.body), parsed.tag)) return failure('forged')
  return parsed.ticket.expiresAt <= now ? failure('expired') : success(parsed.ticket)
}

function mac(key: Bytes, body: Bytes): Uint8Array {
  return hmacSha256(key, new ByteWriter().raw(labelBytes('relay ticket')).raw(body).finish())
}
