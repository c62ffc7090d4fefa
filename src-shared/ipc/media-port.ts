/**
 * The MessagePort between the main process and the renderer's media worker, one for each call. Media cross it encrypted only.
 *
 * Packets travel as one message a frame: `u16 length ‖ packet` for each packet in one flat buffer (`packet-batch.ts`).
 * Electron copies buffers across; a view must be copied into a buffer of its own first, or its whole backing store goes along.
 * Neither side may have more than `CREDITS` unanswered packet messages under way: what exceeds them is dropped at the sender,
 * media being worth nothing late.
 */
import type { CallId, MediaChoice, SuiteName } from './snapshot.ts'

export const CREDITS = 64

/** The window event that carries the port: `event.data` is this, `event.ports[0]` the port. Sent by the preload only. */
export interface MediaPortHandover {
  readonly kind: 'sightline-media-port'
  readonly callId: CallId
}

/** SRTP master key and salt of one direction and one kind of media. */
export interface StreamKey {
  readonly key: Uint8Array
  readonly salt: Uint8Array
}

export interface StreamKeys {
  readonly audio: StreamKey
  readonly video: StreamKey
  readonly screen: StreamKey
}

export type FromMain =
  /** A generation of keys: the first starts the media, a later one replaces it (R39). */
  | {
      readonly kind: 'keys'
      readonly generation: number
      readonly suite: SuiteName
      readonly send: StreamKeys
      readonly receive: StreamKeys
    }
  /** What the other side says it sends: a camera that is off shows as such at once. */
  | { readonly kind: 'remote-media'; readonly media: MediaChoice }
  /** Protected RTP and RTCP, in order of arrival. */
  | { readonly kind: 'packets'; readonly batch: Uint8Array }
  /** `count` packet messages were taken in. */
  | { readonly kind: 'credit'; readonly count: number }
  /** The path changed: ask for a keyframe if frames are missing. */
  | { readonly kind: 'path'; readonly path: 'relay' | 'direct' }
  /** Erase all keys and stop. */
  | { readonly kind: 'end' }

export type FromWorker =
  { readonly kind: 'packets'; readonly batch: Uint8Array } | { readonly kind: 'credit'; readonly count: number }
