/**
 * What the video payload formats have in common: encoded frames in, RTP payloads out, and back. One file a format
 * (`vp8.ts`, `vp9.ts`, `h264.ts`); frames are what WebCodecs gives and takes, H.264 in Annex B form.
 */
import type { Bytes } from '../base/bytes.ts'
import { MAX_PAYLOAD_LENGTH } from './rtp.ts'

/** One frame as the encoder made it. */
export interface EncodedFrame {
  readonly data: Bytes
  readonly keyframe: boolean
  /** Set if the encoder makes temporal layers (L1T2, L1T3); ignored by H.264, whose packets cannot carry it. */
  readonly temporal?: TemporalLayer
}

export interface TemporalLayer {
  /** 0 is the base: its frames refer to nothing but each other. */
  readonly id: number
  /**
   * This frame refers to the base layer only (VP8 "layer sync", VP9 "switching up point"): after a loss in the
   * upper layers a receiver can go on from here. True of every upper frame of L1T2.
   */
  readonly sync: boolean
}

/** Makes the payloads of one stream's packets; remembers picture numbers, so one for each SSRC. The last payload of a frame takes the marker bit. */
export interface VideoPacketizer {
  packetize(frame: EncodedFrame): Uint8Array<ArrayBuffer>[]
}

/** What one packet carries of a frame. */
export interface FramePiece {
  /** The frame is these in order, joined. */
  readonly data: Bytes
  /** Whether the frame begins here. H.264 does not always tell: then only an unbroken row of packets from the frame before does. */
  readonly start: 'yes' | 'no' | 'unknown'
  /** This piece shows that the frame is a keyframe. Nothing but a frame that also begins with `start: 'yes'` counts as one. */
  readonly keyframe: boolean
  readonly layer: LayerInfo | undefined
}

/** Where a frame stands among temporal layers, from the descriptor of its first packet. */
export interface LayerInfo extends TemporalLayer {
  /** TL0PICIDX, 8 bits: the number of the base frame that this frame is, or builds on. */
  readonly base: number
}

/**
 * `total` bytes in as few parts of at most `max` as possible, whose sizes differ by one at most: a short last packet
 * costs as much as a full one and is lost as easily.
 */
export function evenSizes(total: number, max: number): number[] {
  const count = Math.max(1, Math.ceil(total / max))
  const small = Math.floor(total / count)
  const larger = total - small * count
  return Array.from({ length: count }, (_, i) => (i < count - larger ? small : small + 1))
}

/** `data` in even parts, each behind its descriptor, none above `maxLength`. */
export function splitEvenly(
  data: Bytes,
  describe: (part: { first: boolean; last: boolean }) => readonly number[],
  maxLength: number = MAX_PAYLOAD_LENGTH,
): Uint8Array<ArrayBuffer>[] {
  // The first descriptor is the longest one of every format.
  const room = maxLength - describe({ first: true, last: true }).length
  if (room < 1) throw new RangeError('no room for a payload')
  if (data.length === 0) return []
  let at = 0
  return evenSizes(data.length, room).map((size, i, sizes) => {
    const descriptor = describe({ first: i === 0, last: i === sizes.length - 1 })
    const payload = new Uint8Array(descriptor.length + size)
    payload.set(descriptor)
    payload.set(data.subarray(at, at + size), descriptor.length)
    at += size
    return payload
  })
}
