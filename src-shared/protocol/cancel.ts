/**
 * The short messages about a call that is still ringing, as envelope payloads: Cancel (type 2) `callId [16] | reason u8`,
 * Answered (type 5) `callId [16]`, Reply (type 6) `callId [16] | answer u8`. R24: what makes a device stop ringing.
 */
import type { Bytes } from '../base/bytes.ts'
import { type ByteReader, parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { CALL_ID_LENGTH } from './invite.ts'
import { namedCodes } from './named-codes.ts'

export type CancelReason = 'withdrawn' | 'answered-elsewhere' | 'timeout' | 'glare'
export type ReplyAnswer = 'ringing' | 'declined' | 'busy'

export interface Cancel {
  readonly callId: Bytes
  readonly reason: CancelReason
}

/** From a device to the other devices of its own account: stop ringing, this one dealt with it. */
export interface Answered {
  readonly callId: Bytes
}

/** From a callee's device to the calling device. `ringing` tells that someone is there: it goes to people in the contacts only (R19). */
export interface Reply {
  readonly callId: Bytes
  readonly answer: ReplyAnswer
}

const reasons = namedCodes<CancelReason>(['withdrawn', 'answered-elsewhere', 'timeout', 'glare'])
const answers = namedCodes<ReplyAnswer>(['ringing', 'declined', 'busy'])

export function encodeCancel({ callId, reason }: Cancel): Uint8Array {
  return new ByteWriter().fixed(callId, CALL_ID_LENGTH).u8(reasons.code(reason)).finish()
}

export function readCancel(reader: ByteReader): Cancel {
  const callId = reader.fixed(CALL_ID_LENGTH)
  return { callId, reason: reasons.read(reader) }
}

export function parseCancel(bytes: Bytes): Cancel | undefined {
  return parse(bytes, readCancel)
}

export function encodeAnswered({ callId }: Answered): Uint8Array {
  return new ByteWriter().fixed(callId, CALL_ID_LENGTH).finish()
}

export function parseAnswered(bytes: Bytes): Answered | undefined {
  return parse(bytes, (reader) => ({ callId: reader.fixed(CALL_ID_LENGTH) }))
}

export function encodeReply({ callId, answer }: Reply): Uint8Array {
  return new ByteWriter().fixed(callId, CALL_ID_LENGTH).u8(answers.code(answer)).finish()
}

export function parseReply(bytes: Bytes): Reply | undefined {
  return parse(bytes, (reader) => {
    const callId = reader.fixed(CALL_ID_LENGTH)
    return { callId, answer: answers.read(reader) }
  })
}
