/**
 * Group message (docs/protocol/group.md, section 3): what members say to each other through the room, `kind u8` and the rest.
 * 1 Join, 2 MemberKey, 3 KeyShare, 4 Head, 5 KeyRequest `epoch u32`, 6 Record.
 */
import type { Bytes } from '../base/bytes.ts'
import { parse } from '../base/reader.ts'
import { unreachable } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'

export type GroupMessage =
  | { readonly kind: 'join'; readonly join: Bytes }
  | { readonly kind: 'member-key'; readonly memberKey: Bytes }
  | { readonly kind: 'key-share'; readonly keyShare: Bytes }
  | { readonly kind: 'head'; readonly head: Bytes }
  /** The receiver's KeyShare of this epoch is missing here. */
  | { readonly kind: 'key-request'; readonly epoch: number }
  | { readonly kind: 'record'; readonly record: Bytes }

const JOIN = 1
const MEMBER_KEY = 2
const KEY_SHARE = 3
const HEAD = 4
const KEY_REQUEST = 5
const RECORD = 6

export function encodeGroupMessage(message: GroupMessage): Uint8Array {
  const writer = new ByteWriter()
  switch (message.kind) {
    case 'join':
      return writer.u8(JOIN).raw(message.join).finish()
    case 'member-key':
      return writer.u8(MEMBER_KEY).raw(message.memberKey).finish()
    case 'key-share':
      return writer.u8(KEY_SHARE).raw(message.keyShare).finish()
    case 'head':
      return writer.u8(HEAD).raw(message.head).finish()
    case 'key-request':
      return writer.u8(KEY_REQUEST).u32(message.epoch).finish()
    case 'record':
      return writer.u8(RECORD).raw(message.record).finish()
    default:
      return unreachable(message)
  }
}

/** All but KeyRequest stay bytes: their own parsers read them. */
export function parseGroupMessage(bytes: Bytes): GroupMessage | undefined {
  return parse<GroupMessage>(bytes, (reader) => {
    const kind = reader.oneOf([JOIN, MEMBER_KEY, KEY_SHARE, HEAD, KEY_REQUEST, RECORD], reader.u8())
    switch (kind) {
      case JOIN:
        return { kind: 'join', join: reader.rest() }
      case MEMBER_KEY:
        return { kind: 'member-key', memberKey: reader.rest() }
      case KEY_SHARE:
        return { kind: 'key-share', keyShare: reader.rest() }
      case HEAD:
        return { kind: 'head', head: reader.rest() }
      case KEY_REQUEST:
        return { kind: 'key-request', epoch: reader.u32() }
      case RECORD:
        return { kind: 'record', record: reader.rest() }
      default:
        return unreachable(kind)
    }
  })
}
