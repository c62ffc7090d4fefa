/** What a member's record says once it is opened (docs/protocol/group.md, section 3): `type u8 ‖ body`. */
import type { Bytes } from '../base/bytes.ts'
import { type ByteReader, parse } from '../base/reader.ts'
import { unreachable } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'
import { HASH_LENGTH } from '../identity/certificate.ts'
import { CLAIMED_NAME_MAX } from '../identity/display-name.ts'
import type { MediaKinds } from '../protocol/media-kinds.ts'

/** Bytes of `type ‖ body`. */
export const RECORD_CONTENT_MAX = 9000
export const CHAT_ID_LENGTH = 16
/** Bytes of UTF-8. */
export const CHAT_TEXT_MAX = 4096
export const EMOJI_MAX = 32
export const WORDS_NONCE_LENGTH = 32

export type RecordContent =
  | { readonly type: 'media'; readonly media: MediaKinds }
  /** The sender's own claim, as it came: to be shown by `displayName` only. */
  | { readonly type: 'profile'; readonly name: string }
  | { readonly type: 'chat'; readonly id: Bytes; readonly text: string }
  | { readonly type: 'reaction'; readonly emoji: string }
  | { readonly type: 'hand'; readonly up: boolean }
  /** Counts from hosts only; asks the named device, and mutes nobody. */
  | { readonly type: 'mute-request'; readonly certHash: Bytes }
  | { readonly type: 'words-commit'; readonly rosterHash: Bytes; readonly commitment: Bytes }
  | { readonly type: 'words-reveal'; readonly rosterHash: Bytes; readonly nonce: Bytes }

const MEDIA = 1
const PROFILE = 2
const CHAT = 3
const REACTION = 4
const HAND = 5
const MUTE_REQUEST = 6
const WORDS_COMMIT = 7
const WORDS_REVEAL = 8
const TYPES = [MEDIA, PROFILE, CHAT, REACTION, HAND, MUTE_REQUEST, WORDS_COMMIT, WORDS_REVEAL] as const

export function encodeRecordContent(content: RecordContent): Uint8Array {
  const writer = new ByteWriter()
  switch (content.type) {
    case 'media': {
      const { audio, video, screen } = content.media
      return writer.u8(MEDIA).u8(Number(audio)).u8(Number(video)).u8(Number(screen)).finish()
    }
    case 'profile':
      return writer.u8(PROFILE).text8(content.name).finish()
    case 'chat':
      return writer.u8(CHAT).fixed(content.id, CHAT_ID_LENGTH).text16(content.text).finish()
    case 'reaction':
      return writer.u8(REACTION).text8(content.emoji).finish()
    case 'hand':
      return writer.u8(HAND).u8(Number(content.up)).finish()
    case 'mute-request':
      return writer.u8(MUTE_REQUEST).fixed(content.certHash, HASH_LENGTH).finish()
    case 'words-commit':
      return writer
        .u8(WORDS_COMMIT)
        .fixed(content.rosterHash, HASH_LENGTH)
        .fixed(content.commitment, HASH_LENGTH)
        .finish()
    case 'words-reveal':
      return writer
        .u8(WORDS_REVEAL)
        .fixed(content.rosterHash, HASH_LENGTH)
        .fixed(content.nonce, WORDS_NONCE_LENGTH)
        .finish()
    default:
      return unreachable(content)
  }
}

export function parseRecordContent(bytes: Bytes): RecordContent | undefined {
  return bytes.length > RECORD_CONTENT_MAX ? undefined : parse(bytes, readContent)
}

function readContent(reader: ByteReader): RecordContent {
  const type = reader.oneOf(TYPES, reader.u8())
  switch (type) {
    case MEDIA:
      return { type: 'media', media: { audio: readFlag(reader), video: readFlag(reader), screen: readFlag(reader) } }
    case PROFILE:
      return { type: 'profile', name: reader.text8(CLAIMED_NAME_MAX) }
    case CHAT:
      return { type: 'chat', id: reader.fixed(CHAT_ID_LENGTH), text: reader.text16(CHAT_TEXT_MAX) }
    case REACTION:
      return { type: 'reaction', emoji: reader.text8(EMOJI_MAX) }
    case HAND:
      return { type: 'hand', up: readFlag(reader) }
    case MUTE_REQUEST:
      return { type: 'mute-request', certHash: reader.fixed(HASH_LENGTH) }
    case WORDS_COMMIT:
      return { type: 'words-commit', rosterHash: reader.fixed(HASH_LENGTH), commitment: reader.fixed(HASH_LENGTH) }
    case WORDS_REVEAL:
      return { type: 'words-reveal', rosterHash: reader.fixed(HASH_LENGTH), nonce: reader.fixed(WORDS_NONCE_LENGTH) }
    default:
      return unreachable(type)
  }
}

function readFlag(reader: ByteReader): boolean {
  return reader.oneOf([0, 1], reader.u8()) === 1
}
