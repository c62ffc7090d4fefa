/**
 * One member's picture: which of its layers come in, who gets which of them, and which are wanted of it
 * (docs/protocol/group.md, sections 5.3 and 7.1).
 */
import { type Ms, SECOND, type UnixMs } from '../../../src-shared/base/time.ts'
import { type PictureLayer, pictureLayerOf } from '../../../src-shared/media/forwarding.ts'
import { encodeRelayFrame, LAYERS_MAX } from '../../../src-shared/protocol/relay-frame.ts'
import type { RoomMember } from '../room.ts'

/** A layer that nothing comes of while others do has ended; above the time between two frames of a slow camera. */
const ALIVE: Ms = 0.5 * SECOND
/** A sender goes on with a layer that is not needed any more, as it may be again: each begin costs a keyframe. */
const LINGER: Ms = 2 * SECOND
/** Keyframes of one layer are asked for at most so often, whoever needs one. */
const KEYFRAME_PAUSE: Ms = 0.5 * SECOND
/** The same receiver's requests, which it makes of its own accord: who asks all the time gets no more than others. */
const OWN_KEYFRAME_PAUSE: Ms = SECOND
/** Until a layer was measured, bits a second: what the sender's encoder begins with (`videoBitrate`). */
const PRESUMED = [150_000, 500_000, 1_200_000] as const
const RATE_WINDOW: Ms = SECOND

/** Highest temporal layer. */
const ALL_FRAMES = 3

/** What a receiver may have of a picture at present. */
export interface Share {
  /** -1: nothing. */
  readonly layer: number
  readonly temporal: number
}

interface Feed {
  readonly receiver: RoomMember
  share: Share
  /** The layer it gets. -1: none yet. */
  current: number
  /** The layer it is to get. -1: none. */
  target: number
  askedAt: UnixMs
}

/** One layer as it comes in. */
interface Layer {
  timestamp: number
  heardAt: UnixMs
  neededAt: UnixMs
  askedAt: UnixMs
  /** Bits a second, of all frames and of the base temporal layer's. */
  rate: number
  baseRate: number
  /** Of this window. */
  bits: number
  baseBits: number
  windowAt: UnixMs
}

export class PictureSource {
  readonly #owner: RoomMember
  readonly #layers: Layer[]
  #feeds: Feed[] = []
  #told: number | undefined

  constructor(owner: RoomMember, now: UnixMs) {
    this.#owner = owner
    this.#layers = Array.from({ length: LAYERS_MAX }, (_, layer) => {
      const rate = PRESUMED[Math.min(layer, PRESUMED.length - 1)] ?? 0
      const never = -Infinity
      return {
        timestamp: -1,
        heardAt: never,
        neededAt: never,
        askedAt: never,
        rate,
        baseRate: 0.6 * rate,
        bits: 0,
        baseBits: 0,
        windowAt: now,
      }
    })
  }

  /** Bits a second of a layer. */
  rateOf(layer: number, temporal: number): number {
    const { rate = 0, baseRate = 0 } = this.#layers[layer] ?? {}
    return temporal === 0 ? baseRate : rate
  }

  /** Whoever is not in `shares` gets nothing. */
  serve(shares: ReadonlyMap<RoomMember, Share>, now: UnixMs): void {
    this.#feeds = [...shares].map(([receiver, share]) => {
      const feed = this.#feeds.find((known) => known.receiver === receiver)
      return { current: -1, target: -1, askedAt: -Infinity, ...feed, receiver, share }
    })
    this.review(now)
  }

  /** A packet of it, `picture` being what it says in the clear. How many got it. Hot. */
  forward(packet: Buffer, picture: number, now: UnixMs): number {
    const { layer: number, temporal, keyframe } = pictureLayerOf(picture)
    const layer = this.#layers[number]
    if (layer === undefined) return 0
    const timestamp = packet.readUInt32BE(4)
    const begins = timestamp !== layer.timestamp
    const wasAlive = now - layer.heardAt < ALIVE
    layer.timestamp = timestamp
    this.#measure(layer, packet.length, temporal, now)
    if (!wasAlive) this.#retarget(now)
    let copies = 0
    for (const feed of this.#feeds) {
      if (feed.current !== number) {
        if (feed.target !== number || !keyframe || !begins) continue
        feed.current = number
      } else if (temporal > feed.share.temporal) continue
      feed.receiver.sendPacket(packet)
      copies += 1
    }
    return copies
  }

  /** A receiver cannot go on. */
  requestKeyframe(receiver: RoomMember, now: UnixMs): void {
    const feed = this.#feeds.find((known) => known.receiver === receiver)
    if (feed === undefined || now - feed.askedAt < OWN_KEYFRAME_PAUSE) return
    feed.askedAt = now
    if (feed.current >= 0) this.#tell([feed.current], now)
  }

  /** Who is to get which layer, and what the sender has to know for it. */
  review(now: UnixMs): void {
    this.#retarget(now)
    const waiting = new Set<number>()
    for (const feed of this.#feeds) {
      for (const needed of [feed.share.layer, feed.target, feed.current]) this.#need(needed, now)
      if (feed.target >= 0 && feed.current !== feed.target && this.#isAlive(feed.target, now)) waiting.add(feed.target)
    }
    this.#tell([...waiting], now)
  }

  #retarget(now: UnixMs): void {
    for (const feed of this.#feeds) {
      feed.target = this.#targetOf(feed.share, now)
      if (feed.target < 0) feed.current = -1
    }
  }

  /** The wanted one; where the sender does not send it, the next below, else the next above. */
  #targetOf({ layer: wanted }: Share, now: UnixMs): number {
    if (wanted < 0) return -1
    for (let layer = wanted; layer >= 0; layer--) if (this.#isAlive(layer, now)) return layer
    for (let layer = wanted + 1; layer < LAYERS_MAX; layer++) if (this.#isAlive(layer, now)) return layer
    return wanted
  }

  #isAlive(layer: number, now: UnixMs): boolean {
    return now - (this.#layers[layer]?.heardAt ?? -Infinity) < ALIVE
  }

  #need(number: number, now: UnixMs): void {
    const layer = this.#layers[number]
    if (layer !== undefined) layer.neededAt = now
  }

  #tell(keyframesNeeded: readonly number[], now: UnixMs): void {
    const keyframes = keyframesNeeded.filter((number) => now - (this.#layers[number]?.askedAt ?? now) >= KEYFRAME_PAUSE)
    for (const number of keyframes) {
      const layer = this.#layers[number]
      if (layer !== undefined) layer.askedAt = now
    }
    const layers = this.#layers.flatMap(({ neededAt }, number) => (now - neededAt < LINGER ? [number] : []))
    const told = layers.reduce((bits, number) => bits | (1 << number), 0)
    if (told === this.#told && keyframes.length === 0) return
    this.#told = told
    this.#owner.sendFrame(encodeRelayFrame({ kind: 'wanted', layers, keyframes: keyframes.sort((a, b) => a - b) }))
  }

  #measure(layer: Layer, bytes: number, temporal: PictureLayer['temporal'], now: UnixMs): void {
    layer.heardAt = now
    layer.bits += 8 * bytes
    if (temporal === 0) layer.baseBits += 8 * bytes
    const elapsed = now - layer.windowAt
    if (elapsed < RATE_WINDOW) return
    // A window with a pause in it says nothing.
    if (elapsed < 2 * RATE_WINDOW) {
      layer.rate = (layer.bits * SECOND) / elapsed
      layer.baseRate = (layer.baseBits * SECOND) / elapsed
    }
    layer.bits = 0
    layer.baseBits = 0
    layer.windowAt = now
  }
}

/** All of a layer. */
export function whole(layer: number): Share {
  return { layer, temporal: ALL_FRAMES }
}

/** Every frame that no other one needs is left out. */
export function halfOf(layer: number): Share {
  return { layer, temporal: 0 }
}

export const NOTHING: Share = { layer: -1, temporal: 0 }
