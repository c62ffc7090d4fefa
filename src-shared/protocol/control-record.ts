/**
 * The control channel's wire (docs/protocol.md, section 3.5): the record `gen u8 | seq u64 | ct var16`, and what a record says
 * once it is opened, `type u8 | body`. Sealing, order and acknowledgement are `call/control-channel.ts`.
 */
import type { Bytes } from '../base/bytes.ts'
import { type ByteReader, parse } from '../base/reader.ts'
import { unreachable } from '../base/result.ts'
import { ByteWriter } from '../base/writer.ts'
import { GCM_TAG_LENGTH } from '../crypto/aead.ts'
import { KEM_CIPHERTEXT_LENGTH, KEM_PUBLIC_LENGTH, X25519_LENGTH } from '../crypto/agreement.ts'
import { CLAIMED_NAME_MAX } from '../identity/display-name.ts'
import { type Cancel, encodeCancel, readCancel } from './cancel.ts'
import { namedCodes } from './named-codes.ts'
import { type MediaKinds } from './media-kinds.ts'
import { encodePathOffer, type PathOffer, readPathOffer } from './path-offer.ts'

/** Bytes of `type ‖ body`; the longest PathOffer takes 8.7 kB. */
export const CONTROL_PLAINTEXT_MAX = 9000
export const CONFIRM_NONCE_LENGTH = 32

export interface ControlRecord {
  readonly generation: number
  readonly seq: number
  readonly ciphertext: Bytes
}

export type EndReason = 'hung-up' | 'failed' | 'attack'

export interface RekeyOffer {
  readonly generation: number
  readonly x25519: Bytes
  readonly kemEk: Bytes
}

export interface RekeyAnswer {
  readonly generation: number
  readonly x25519: Bytes
  readonly kemCt: Bytes
}

export type ControlMessage =
  | { readonly type: 'confirm'; readonly nonce: Bytes }
  | { readonly type: 'media'; readonly media: MediaKinds }
  | { readonly type: 'path-offer'; readonly offer: PathOffer }
  | { readonly type: 'path-remove'; readonly pathId: number }
  | { readonly type: 'rekey-offer'; readonly offer: RekeyOffer }
  | { readonly type: 'rekey-answer'; readonly answer: RekeyAnswer }
  | { readonly type: 'end'; readonly reason: EndReason }
  | { readonly type: 'cancel'; readonly cancel: Cancel }
  /** `received`: the seq that this side expects next from the other, in the generation of the record. */
  | { readonly type: 'keep-alive'; readonly received: number }
  /** `name`: the callee's own claim, as it came: to be shown by `displayName` only. */
  | { readonly type: 'profile'; readonly name: string }
  /** The call goes on as a group call (docs/protocol/group.md, R36); `upgrade` is its `encodeUpgrade`. */
  | { readonly type: 'upgrade'; readonly upgrade: Bytes }
  /** The callee's media began anew: the caller is asked for the next generation. */
  | { readonly type: 'rekey-request' }

const CONFIRM = 1
const MEDIA = 2
const PATH_OFFER = 3
const PATH_REMOVE = 4
const REKEY_OFFER = 5
const REKEY_ANSWER = 6
const UPGRADE = 7
/** A ticket and the entry that founds a group. */
const UPGRADE_MAX = 8000
const END = 8
const CANCEL = 9
const KEEP_ALIVE = 10
const PROFILE = 11
const REKEY_REQUEST = 12
const TYPES = [
  CONFIRM,
  MEDIA,
  PATH_OFFER,
  PATH_REMOVE,
  REKEY_OFFER,
  REKEY_ANSWER,
  UPGRADE,
  END,
  CANCEL,
  KEEP_ALIVE,
  PROFILE,
  REKEY_REQUEST,
] as const

const endReasons = namedCodes<EndReason>(['hung-up', 'failed', 'attack'])

export function encodeControlRecord(record: ControlRecord): Uint8Array {
  return new ByteWriter().u8(record.generation).u64(record.seq).var16(record.ciphertext).finish()
}

export function parseControlRecord(bytes: Bytes): ControlRecord | undefined {
  return parse(bytes, (reader) => ({
    generation: reader.u8(),
    seq: reader.u64(),
    ciphertext: reader.var16(CONTROL_PLAINTEXT_MAX + GCM_TAG_LENGTH),
  }))
}

export function encodeControlMessage(message: ControlMessage): Uint8Array {
  const writer = new ByteWriter()
  switch (message.type) {
    case 'confirm':
      return writer.u8(CONFIRM).fixed(message.nonce, CONFIRM_NONCE_LENGTH).finish()
    case 'media': {
      const { audio, video, screen } = message.media
      return writer.u8(MEDIA).u8(Number(audio)).u8(Number(video)).u8(Number(screen)).finish()
    }
    case 'path-offer':
      return writer.u8(PATH_OFFER).raw(encodePathOffer(message.offer)).finish()
    case 'path-remove':
      return writer.u8(PATH_REMOVE).u32(message.pathId).finish()
    case 'rekey-offer':
      return writer.u8(REKEY_OFFER).raw(encodeRekeyOffer(message.offer)).finish()
    case 'rekey-answer':
      return writer.u8(REKEY_ANSWER).raw(encodeRekeyAnswer(message.answer)).finish()
    case 'end':
      return writer.u8(END).u8(endReasons.code(message.reason)).finish()
    case 'cancel':
      return writer.u8(CANCEL).raw(encodeCancel(message.cancel)).finish()
    case 'keep-alive':
      return writer.u8(KEEP_ALIVE).u64(message.received).finish()
    case 'profile':
      return writer.u8(PROFILE).text8(message.name).finish()
    case 'upgrade':
      return writer.u8(UPGRADE).var16(message.upgrade).finish()
    case 'rekey-request':
      return writer.u8(REKEY_REQUEST).finish()
    default:
      return unreachable(message)
  }
}

export function parseControlMessage(bytes: Bytes): ControlMessage | undefined {
  return parse(bytes, readControlMessage)
}

/** The body as section 5's transcript covers it. */
export function encodeRekeyOffer({ generation, x25519, kemEk }: RekeyOffer): Uint8Array {
  return new ByteWriter().u8(generation).fixed(x25519, X25519_LENGTH).fixed(kemEk, KEM_PUBLIC_LENGTH).finish()
}

/** The body as section 5's transcript covers it. */
export function encodeRekeyAnswer({ generation, x25519, kemCt }: RekeyAnswer): Uint8Array {
  return new ByteWriter().u8(generation).fixed(x25519, X25519_LENGTH).fixed(kemCt, KEM_CIPHERTEXT_LENGTH).finish()
}

function readControlMessage(reader: ByteReader): ControlMessage {
  const type = reader.oneOf(TYPES, reader.u8())
  switch (type) {
    case CONFIRM:
      return { type: 'confirm', nonce: reader.fixed(CONFIRM_NONCE_LENGTH) }
    case MEDIA:
      return {
        type: 'media',
        media: { audio: readFlag(reader), video: readFlag(reader), screen: readFlag(reader) },
      }
    case PATH_OFFER:
      return { type: 'path-offer', offer: readPathOffer(reader) }
    case PATH_REMOVE:
      return { type: 'path-remove', pathId: reader.u32() }
    case REKEY_OFFER: {
      const generation = reader.u8()
      const offer = { generation, x25519: reader.fixed(X25519_LENGTH), kemEk: reader.fixed(KEM_PUBLIC_LENGTH) }
      return { type: 'rekey-offer', offer }
    }
    case REKEY_ANSWER: {
      const generation = reader.u8()
      const answer = { generation, x25519: reader.fixed(X25519_LENGTH), kemCt: reader.fixed(KEM_CIPHERTEXT_LENGTH) }
      return { type: 'rekey-answer', answer }
    }
    case END:
      return { type: 'end', reason: endReasons.read(reader) }
    case CANCEL:
      return { type: 'cancel', cancel: readCancel(reader) }
    case KEEP_ALIVE:
      return { type: 'keep-alive', received: reader.u64() }
    case PROFILE:
      return { type: 'profile', name: reader.text8(CLAIMED_NAME_MAX) }
    case UPGRADE:
      return { type: 'upgrade', upgrade: reader.var16(UPGRADE_MAX) }
    case REKEY_REQUEST:
      return { type: 'rekey-request' }
    default:
      return unreachable(type)
  }
}

function readFlag(reader: ByteReader): boolean {
  return reader.oneOf([0, 1], reader.u8()) === 1
}
