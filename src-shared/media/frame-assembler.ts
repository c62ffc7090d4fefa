/** Joins packets to frames: those of one timestamp, in a row without a hole, from one that begins a frame to one that ends it. */
import { type Bytes, concatBytes } from '../base/bytes.ts'
import type { Ms } from '../base/time.ts'
import type { FramePiece, LayerInfo } from './payload-format.ts'
import type { VideoCodec } from './payload-types.ts'

export class PartialFrame {
  readonly timestamp: number
  readonly codec: VideoCodec
  readonly firstArrival: Ms
  lastArrival: Ms
  /** Lowest and highest index so far. */
  first: number
  last: number
  bytes = 0
  /** The owner's mark: its delay went into the statistics. */
  counted = false
  readonly #pieces = new Map<number, FramePiece>()
  #marker: number | undefined
  #hasKeyframePiece = false
  /** The last of the row that begins at `first`. */
  #rowEnd: number

  constructor(timestamp: number, codec: VideoCodec, index: number, now: Ms) {
    this.timestamp = timestamp
    this.codec = codec
    this.firstArrival = now
    this.lastArrival = now
    this.first = index
    this.last = index
    this.#rowEnd = index - 1
  }

  get packets(): number {
    return this.#pieces.size
  }

  /** `false`: it is there already. */
  add(index: number, piece: FramePiece, marker: boolean, now: Ms): boolean {
    if (this.#pieces.has(index)) return false
    this.#pieces.set(index, piece)
    this.bytes += piece.data.length
    this.lastArrival = now
    if (index < this.first) {
      this.first = index
      this.#rowEnd = index - 1
    }
    this.last = Math.max(this.last, index)
    while (this.#pieces.has(this.#rowEnd + 1)) this.#rowEnd += 1
    if (marker) this.#marker = Math.max(this.#marker ?? index, index)
    if (piece.keyframe) this.#hasKeyframePiece = true
    return true
  }

  /** The first index that is missing behind the beginning, if any packet of this frame lies behind it. */
  get hole(): number | undefined {
    return this.#rowEnd < this.last ? this.#rowEnd + 1 : undefined
  }

  /** `false`: its first packet is still missing. For `unknown` the caller asks what came before. */
  get begins(): boolean {
    return this.#pieces.get(this.first)?.start !== 'no'
  }

  /** The marker bit was on its last packet. A frame without one ends where the next begins. */
  get ends(): boolean {
    return this.#marker === this.last
  }

  get keyframe(): boolean {
    return this.#hasKeyframePiece && this.#pieces.get(this.first)?.start === 'yes'
  }

  /** Parameter sets open a keyframe of H.264; the slices that prove it come in later packets. */
  get mayBecomeKeyframe(): boolean {
    return this.#pieces.get(this.first)?.start === 'yes' && (this.#hasKeyframePiece || this.codec === 'H264')
  }

  get layer(): LayerInfo | undefined {
    return this.#pieces.get(this.first)?.layer
  }

  join(): Bytes {
    const parts: Bytes[] = []
    for (let index = this.first; index <= this.last; index++) {
      const piece = this.#pieces.get(index)
      if (piece !== undefined) parts.push(piece.data)
    }
    return concatBytes(...parts)
  }
}

/** The frames that are under way, in the order of their packets. Bounded: beyond any limit it says so, and the owner empties it. */
export class FrameAssembler {
  static readonly MAX_FRAMES = 256
  static readonly MAX_PACKETS = 4096
  static readonly MAX_BYTES = 8 * 1024 * 1024

  #frames: PartialFrame[] = []
  #packets = 0
  #bytes = 0

  get frames(): readonly PartialFrame[] {
    return this.#frames
  }

  get isFull(): boolean {
    return (
      this.#frames.length > FrameAssembler.MAX_FRAMES ||
      this.#packets > FrameAssembler.MAX_PACKETS ||
      this.#bytes > FrameAssembler.MAX_BYTES
    )
  }

  /** The frame that the packet went into; `undefined` if it is there already. */
  add(
    packet: { index: number; timestamp: number; marker: boolean; codec: VideoCodec; piece: FramePiece },
    now: Ms,
  ): PartialFrame | undefined {
    const { index, timestamp, codec, piece } = packet
    let frame = this.#frames.findLast((candidate) => candidate.timestamp === timestamp && candidate.codec === codec)
    if (frame === undefined) {
      frame = new PartialFrame(timestamp, codec, index, now)
      this.#frames.push(frame)
    }
    if (!frame.add(index, piece, packet.marker, now)) return undefined
    this.#packets += 1
    this.#bytes += piece.data.length
    this.#sort()
    return frame
  }

  /** Takes the frames out for which `test` holds; returns how many. */
  remove(test: (frame: PartialFrame) => boolean): number {
    const before = this.#frames.length
    this.#frames = this.#frames.filter((frame) => {
      if (!test(frame)) return true
      this.#packets -= frame.packets
      this.#bytes -= frame.bytes
      return false
    })
    return before - this.#frames.length
  }

  /** Insertion sort: nearly always in order already. */
  #sort(): void {
    const frames = this.#frames
    for (let i = 1; i < frames.length; i++) {
      const frame = frames[i]
      if (frame === undefined) continue
      let at = i
      for (
        let before = frames[at - 1];
        at > 0 && before !== undefined && before.first > frame.first;
        before = frames[at - 1]
      ) {
        frames[at] = before
        at -= 1
      }
      frames[at] = frame
    }
  }
}
