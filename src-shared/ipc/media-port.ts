/**
 * The MessagePort between the main process and the renderer's media worker, one for each call. Media cross it encrypted only.
 *
 * Packets travel as one message a frame: `u16 length ‖ packet` for each packet in one flat buffer (`packet-batch.ts`).
 * Electron copies buffers across; a view must be copied into a buffer of its own first, or its whole backing store goes along.
 * Neither side may have more than `CREDITS` unanswered packet messages under way: what exceeds them is dropped at the sender,
 * media being worth nothing late.
 */
import type { UnixMs } from '../base/time.ts'
import type { MemberId } from './group-view.ts'
import type { CallId, MediaChoice, SuiteName } from './snapshot.ts'

export const CREDITS = 64
/** One answer for so many messages: an answer each would double the traffic of the port. */
export const CREDIT_STEP = 8
/** Of main in a group: a worker that is busy for a tenth of a second finds the messages of 32 senders. */
export const GROUP_CREDITS = 512

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
  /** Of the computer's sound that goes with a shared screen. */
  readonly screenSound: StreamKey
}

export interface GroupMember {
  readonly id: MemberId
  /** Bits 31…8 of its SSRCs (docs/protocol/group.md, section 7.1): another one is another stay in the call, with streams of its own. */
  readonly ssrcPrefix: number
  /** What it says it sends. */
  readonly media: MediaChoice
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
  /** A generation that only the other side may send under yet (R39); its `keys` follow. */
  | {
      readonly kind: 'keys-ahead'
      readonly generation: number
      readonly suite: SuiteName
      readonly receive: StreamKeys
    }
  /** What the other side says it sends: a camera that is off shows as such at once. */
  | { readonly kind: 'remote-media'; readonly media: MediaChoice }
  /** Protected RTP and RTCP, in order of arrival. `arrivedAt`: when they came to the main process, by its clock. */
  | { readonly kind: 'packets'; readonly batch: Uint8Array; readonly arrivedAt: UnixMs }
  /** `count` packet messages were taken in. */
  | { readonly kind: 'credit'; readonly count: number }
  /** The path changed: ask for a keyframe if frames are missing. */
  | { readonly kind: 'path'; readonly path: 'relay' | 'direct' }
  /** Erase all keys and stop. */
  | { readonly kind: 'end' }
  | GroupFromMain

/** In a group `keys`, `remote-media` and `path` have no place; these take it (docs/protocol/group.md, sections 2 and 7). */
export type GroupFromMain =
  /**
   * Who is in, the whole list each time; before any key. A member that is not named any more is gone, with all its keys.
   * `ownSsrcPrefix` is the same all the time.
   */
  | { readonly kind: 'members'; readonly ownSsrcPrefix: number; readonly others: readonly GroupMember[] }
  /**
   * The own keys of an epoch. They become the sending keys `afterMs` from now (R33: 0 after a Remove, up to 1000 after an Add);
   * the ones before are erased then. Those of a later epoch take over at once from any that still wait.
   */
  | {
      readonly kind: 'sending-keys'
      readonly epoch: number
      readonly suite: SuiteName
      readonly keys: StreamKeys
      readonly afterMs: number
    }
  /** Another member's keys of an epoch. */
  | {
      readonly kind: 'member-keys'
      readonly member: MemberId
      readonly epoch: number
      readonly suite: SuiteName
      readonly keys: StreamKeys
    }
  /** Receive keys of all epochs before this one are erased (R33). */
  | { readonly kind: 'drop-epochs'; readonly before: number }
  /** The layers of the own picture that somebody wants at present, 0 the smallest. Without one nothing of it is encoded; at first, layer 0 is. */
  | { readonly kind: 'wanted-layers'; readonly layers: readonly number[] }
  /** Somebody begins with this layer of the own picture, or cannot go on. */
  | { readonly kind: 'keyframe'; readonly layer: number }
  /** Packets of an own stream did not arrive. */
  | { readonly kind: 'missing'; readonly ssrc: number; readonly sequenceNumbers: readonly number[] }
  /** When own packets came in at the relay: RTCP of RFC 8888. */
  | { readonly kind: 'arrivals'; readonly report: Uint8Array }

export type FromWorker =
  | { readonly kind: 'packets'; readonly batch: Uint8Array }
  | { readonly kind: 'credit'; readonly count: number }
  | GroupFromWorker

/** What a group's worker asks of the relay (docs/protocol/group.md, section 5.3). */
export type GroupFromWorker =
  /** Whose pictures are looked at, the whole list each time, the most important first. */
  | {
      readonly kind: 'look'
      /** What the network carries towards this device, kbit/s; 0: no limit was met. */
      readonly downlink: number
      readonly pictures: readonly LookedAt[]
    }
  /** The member's picture cannot go on here. */
  | { readonly kind: 'stalled'; readonly member: MemberId }
  /** Packets of another's stream did not arrive. */
  | { readonly kind: 'missing'; readonly ssrc: number; readonly sequenceNumbers: readonly number[] }

export interface LookedAt {
  readonly member: MemberId
  /** The largest that makes a difference. */
  readonly layer: number
}
