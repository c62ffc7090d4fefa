/**
 * Frames on the WebSocket between a device and the service (docs/protocol/service.md, section 3), one frame a binary
 * message. A request is `id u32 | type u8 | body`, a response `id u32 | status u8 | body`, and a frame that the
 * service sends unasked is `0 u32 | type u8 | body`.
 */
import type { Bytes } from '../../base/bytes.ts'
import { MalformedError, parse } from '../../base/reader.ts'
import { ByteWriter } from '../../base/writer.ts'
import { bytes16 } from './codec.ts'
import { ENVELOPE_MAX, FRAME_MAX, NONCE_LENGTH, SERVICE_PROTOCOL_VERSION } from './limits.ts'
import { type OperationName, type ReplyOf, type RequestOf, operationNames, operations } from './operations.ts'

/** Why the service did not do what it was asked; the position is the status on the wire, 0 is success. */
const STATUSES = [
  'ok',
  'malformed' /* the frame could not be read; the connection ends */,
  'unauthenticated' /* the request needs an authenticated connection, or the proof was wrong */,
  'unregistered' /* the request needs a device that stands in its account's list */,
  'invalid' /* well-formed, and a signature, a version or a rule of handles does not hold */,
  'taken',
  'unknown',
  'full',
  'rate-limited',
  'ticket' /* forged, expired, or of others */,
  'refused',
  'unavailable' /* the service cannot do it now: its disk or database failed; nothing was changed */,
] as const

export type Status = (typeof STATUSES)[number]
export type FailureStatus = Exclude<Status, 'ok'>

export type ServerPush =
  | { readonly kind: 'challenge'; readonly nonce: Bytes }
  | { readonly kind: 'envelope'; readonly queueId: number; readonly envelope: Bytes }
  | { readonly kind: 'queueEmpty' }

export type ServerFrame =
  { readonly kind: 'response'; readonly id: number; readonly status: Status; readonly body: Bytes } | ServerPush

/** A request whose body has not been read yet. */
export interface RequestFrame {
  readonly id: number
  readonly name: OperationName
  readonly body: Bytes
}

const PUSH_CHALLENGE = 1
const PUSH_ENVELOPE = 2
const PUSH_QUEUE_EMPTY = 3
const pushedEnvelope = bytes16(ENVELOPE_MAX)

/** Request ids run from 1; 0 marks what the service sends unasked. */
export function encodeRequest<Name extends OperationName>(
  id: number,
  name: Name,
  request: RequestOf<Name>,
): Uint8Array {
  const operation = operations[name]
  const writer = new ByteWriter().u32(id).u8(operation.type)
  operation.request.write(writer, request)
  return writer.finish()
}

export function parseRequestFrame(frame: Bytes): RequestFrame | undefined {
  if (frame.length > FRAME_MAX) return undefined
  return parse(frame, (reader) => {
    const id = reader.u32()
    const type = reader.u8()
    const name = operationNames.find((candidate) => operations[candidate].type === type)
    if (id === 0 || name === undefined) throw new MalformedError('unknown request')
    return { id, name, body: reader.rest() }
  })
}

/** `undefined` if it is malformed. A request without content is an empty object away from that, hence the wrapping. */
export function parseRequestBody<Name extends OperationName>(
  name: Name,
  body: Bytes,
): { readonly request: RequestOf<Name> } | undefined {
  return parse(body, (reader) => ({ request: operations[name].request.read(reader) }))
}

export function encodeReply<Name extends OperationName>(id: number, name: Name, reply: ReplyOf<Name>): Uint8Array {
  const writer = new ByteWriter().u32(id).u8(0)
  operations[name].reply.write(writer, reply)
  return writer.finish()
}

export function encodeFailure(id: number, status: FailureStatus): Uint8Array {
  return new ByteWriter().u32(id).u8(STATUSES.indexOf(status)).finish()
}

export function parseReplyBody<Name extends OperationName>(
  name: Name,
  body: Bytes,
): { readonly reply: ReplyOf<Name> } | undefined {
  return parse(body, (reader) => ({ reply: operations[name].reply.read(reader) }))
}

export function encodePush(push: ServerPush): Uint8Array {
  const writer = new ByteWriter().u32(0)
  switch (push.kind) {
    case 'challenge':
      return writer.u8(PUSH_CHALLENGE).u8(SERVICE_PROTOCOL_VERSION).fixed(push.nonce, NONCE_LENGTH).finish()
    case 'envelope':
      writer.u8(PUSH_ENVELOPE).u64(push.queueId)
      pushedEnvelope.write(writer, push.envelope)
      return writer.finish()
    case 'queueEmpty':
      return writer.u8(PUSH_QUEUE_EMPTY).finish()
  }
}

export function parseServerFrame(frame: Bytes): ServerFrame | undefined {
  if (frame.length > FRAME_MAX) return undefined
  return parse(frame, (reader): ServerFrame => {
    const id = reader.u32()
    const type = reader.u8()
    if (id !== 0) {
      const status = STATUSES[type]
      if (status === undefined) throw new MalformedError('unknown status')
      const body = reader.rest()
      if (status !== 'ok' && body.length > 0) throw new MalformedError('a failure with a body')
      return { kind: 'response', id, status, body }
    }
    switch (reader.oneOf([PUSH_CHALLENGE, PUSH_ENVELOPE, PUSH_QUEUE_EMPTY], type)) {
      case PUSH_CHALLENGE:
        reader.oneOf([SERVICE_PROTOCOL_VERSION], reader.u8())
        return { kind: 'challenge', nonce: reader.fixed(NONCE_LENGTH) }
      case PUSH_ENVELOPE:
        return { kind: 'envelope', queueId: reader.u64(), envelope: pushedEnvelope.read(reader) }
      case PUSH_QUEUE_EMPTY:
        return { kind: 'queueEmpty' }
    }
  })
}
