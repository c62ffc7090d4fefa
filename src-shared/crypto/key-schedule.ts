/**
 * The keys of one generation of a 1:1 call, from its chain key M (docs/protocol.md, section 3.4):
 * `Expand(M, info(label, ctx), length)` with `ctx = suite u16 | dir u8 | kind u8 | gen u8`, parts that a label does not use being 0.
 * `suite` and `kind` are used by the SRTP labels only, `dir` by the SRTP and control labels, `gen` by all.
 * R1: each label occurs here and nowhere else. R17: no two uses and no two directions share a key.
 */
import { type Bytes, erase } from '../base/bytes.ts'
import { ByteWriter } from '../base/writer.ts'
import type { StreamKey, StreamKeys } from '../ipc/media-port.ts'
import type { SuiteName } from '../ipc/snapshot.ts'
import { GCM_KEY_LENGTH, GCM_NONCE_LENGTH } from './aead.ts'
import { expand, info } from './hash.ts'
import { suiteOf } from './suites.ts'

export type Direction = 'caller-to-callee' | 'callee-to-caller'
export type MediaKind = keyof StreamKeys

/** As in docs/protocol.md; the two lowest bits of a kind are also those of its SSRCs. */
export const DIRECTION_CODE: Readonly<Record<Direction, number>> = { 'caller-to-callee': 1, 'callee-to-caller': 2 }
export const MEDIA_KIND_CODE: Readonly<Record<MediaKind, number>> = { audio: 1, video: 2, screen: 3, screenSound: 4 }

/** The highest generation (R39). */
export const LAST_GENERATION = 254

export interface ControlKey {
  readonly key: Bytes
  readonly iv: Bytes
}

export interface CallKeys {
  readonly suite: SuiteName
  readonly generation: number
  readonly media: Readonly<Record<Direction, StreamKeys>>
  readonly control: Readonly<Record<Direction, ControlKey>>
  /** Proves that the direct path belongs to this session (R26). */
  readonly path: Bytes
  /** For the tag of R36. */
  readonly groupUpgrade: Bytes
  /** Enters the next generation's chain key (section 5). */
  readonly rekeyBase: Bytes
}

interface Context {
  readonly suite?: number
  readonly direction?: Direction
  readonly kind?: MediaKind
  readonly generation: number
}

/** R21: the caller erases `chainKey` after this. */
export function deriveCallKeys(chainKey: Bytes, suite: SuiteName, generation: number): CallKeys {
  if (generation < 0 || generation > LAST_GENERATION) throw new RangeError('no such generation')
  const derive = (label: string, length: number, context: Omit<Context, 'generation'> = {}): Uint8Array =>
    expand(chainKey, info(label, contextBytes({ ...context, generation })), length)
  const { id, keyLength, saltLength } = suiteOf(suite)
  const stream = (direction: Direction, kind: MediaKind): StreamKey => ({
    key: derive('srtp key', keyLength, { suite: id, direction, kind }),
    salt: derive('srtp salt', saltLength, { suite: id, direction, kind }),
  })
  const streams = (direction: Direction): StreamKeys => ({
    audio: stream(direction, 'audio'),
    video: stream(direction, 'video'),
    screen: stream(direction, 'screen'),
    screenSound: stream(direction, 'screenSound'),
  })
  const control = (direction: Direction): ControlKey => ({
    key: derive('control key', GCM_KEY_LENGTH, { direction }),
    iv: derive('control iv', GCM_NONCE_LENGTH, { direction }),
  })
  return {
    suite,
    generation,
    media: { 'caller-to-callee': streams('caller-to-callee'), 'callee-to-caller': streams('callee-to-caller') },
    control: { 'caller-to-callee': control('caller-to-callee'), 'callee-to-caller': control('callee-to-caller') },
    path: derive('path', 32),
    groupUpgrade: deriveExporter(chainKey, generation, 'group upgrade'),
    rekeyBase: derive('rekey', 32),
  }
}

export function eraseCallKeys(keys: CallKeys): void {
  for (const streams of Object.values(keys.media)) eraseStreamKeys(streams)
  for (const { key, iv } of Object.values(keys.control)) erase(key, iv)
  erase(keys.path, keys.groupUpgrade, keys.rekeyBase)
}

export function eraseStreamKeys({ audio, video, screen, screenSound }: StreamKeys): void {
  for (const { key, salt } of [audio, video, screen, screenSound]) erase(key, salt)
}

function deriveExporter(chainKey: Bytes, generation: number, purpose: string): Uint8Array {
  const context = new ByteWriter().raw(contextBytes({ generation })).var32(new TextEncoder().encode(purpose)).finish()
  return expand(chainKey, info('exporter', context), 32)
}

function contextBytes({ suite = 0, direction, kind, generation }: Context): Uint8Array {
  return new ByteWriter()
    .u16(suite)
    .u8(direction === undefined ? 0 : DIRECTION_CODE[direction])
    .u8(kind === undefined ? 0 : MEDIA_KIND_CODE[kind])
    .u8(generation)
    .finish()
}
