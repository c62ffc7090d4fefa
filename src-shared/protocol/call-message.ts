/**
 * What the two devices of a 1:1 call send to one another, as payload of the relay's Message or as a message of the direct path's
 * data channel: `kind u8` and the rest. 1 Accept (relay only), 2 control record, 3 PathProof `[32]` (direct path only).
 */
import type { Bytes } from '../base/bytes.ts'
import { parse } from '../base/reader.ts'
import { unreachable } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'

export const PATH_PROOF_LENGTH = 32

export type CallMessage =
  | { readonly kind: 'accept'; readonly accept: Bytes }
  | { readonly kind: 'record'; readonly record: Bytes }
  | { readonly kind: 'path-proof'; readonly proof: Bytes }

const ACCEPT = 1
const RECORD = 2
const PATH_PROOF = 3

export function encodeCallMessage(message: CallMessage): Uint8Array {
  const writer = new ByteWriter()
  switch (message.kind) {
    case 'accept':
      return writer.u8(ACCEPT).raw(message.accept).finish()
    case 'record':
      return writer.u8(RECORD).raw(message.record).finish()
    case 'path-proof':
      return writer.u8(PATH_PROOF).fixed(message.proof, PATH_PROOF_LENGTH).finish()
    default:
      return unreachable(message)
  }
}

/** Accept and record stay bytes: `parseAccept` and `ControlChannel.receive` read them. */
export function parseCallMessage(bytes: Bytes): CallMessage | undefined {
  return parse<CallMessage>(bytes, (reader) => {
    const kind = reader.oneOf([ACCEPT, RECORD, PATH_PROOF], reader.u8())
    switch (kind) {
      case ACCEPT:
        return { kind: 'accept', accept: reader.rest() }
      case RECORD:
        return { kind: 'record', record: reader.rest() }
      case PATH_PROOF:
        return { kind: 'path-proof', proof: reader.fixed(PATH_PROOF_LENGTH) }
      default:
        return unreachable(kind)
    }
  })
}
