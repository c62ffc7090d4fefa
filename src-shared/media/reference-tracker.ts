/**
 * Whether a complete frame can be decoded: whether all that it may refer to was decoded before. Without temporal layers
 * that is every frame since the last keyframe. With them a base frame refers to base frames only, and an upper frame to
 * its base and to the frames of its own and lower layers since that layer's last `sync` (RFC 7741 section 4.2, RFC 9628 section 4.2).
 */
import type { LayerInfo } from './payload-format.ts'
import type { VideoCodec } from './payload-types.ts'

export interface Reference {
  readonly codec: VideoCodec
  readonly keyframe: boolean
  readonly layer: LayerInfo | undefined
}

export class ReferenceTracker {
  /** What was handed out last; `undefined`: nothing can be decoded before a keyframe. */
  #codec: VideoCodec | undefined
  /** The base frame that was handed out last; `undefined` in a stretch without layers. */
  #base: number | undefined
  /** Upper layers of which a frame may be missing since their last `sync`: this one and all above. */
  #brokenFrom = Infinity

  /** Nothing but a keyframe can come next. */
  get lost(): boolean {
    return this.#codec === undefined
  }

  /** A loss may leave the stream decodable. */
  get layered(): boolean {
    return this.#base !== undefined
  }

  lose(): void {
    this.#codec = undefined
    this.#base = undefined
  }

  /** A whole frame of an upper layer is left out: what refers to it cannot be decoded, all else can. */
  leaveOut(layer: LayerInfo): void {
    this.#brokenFrom = Math.min(this.#brokenFrom, layer.id)
  }

  /** `contiguous`: between this frame and the one that was handed out before it nothing is missing but what was left out. */
  canDecode({ codec, keyframe, layer }: Reference, contiguous: boolean): boolean {
    if (keyframe) return true
    if (codec !== this.#codec) return false
    if (contiguous)
      return (layer?.id ?? Infinity) < this.#brokenFrom || this.#brokenFrom === Infinity || layer?.sync === true
    if (layer === undefined || this.#base === undefined) return false
    if (layer.id === 0) return layer.base === ((this.#base + 1) & 0xff)
    return layer.base === this.#base && layer.sync
  }

  /** Call for each frame that `canDecode` admitted, when it is handed out. */
  handedOut({ codec, keyframe, layer }: Reference, contiguous: boolean): void {
    this.#codec = codec
    if (keyframe) this.#brokenFrom = Infinity
    else if (!contiguous) this.#brokenFrom = 1
    // Only the lowest broken layer is mended: frames of those above may refer to it.
    if (layer?.sync === true && layer.id === this.#brokenFrom) this.#brokenFrom = layer.id + 1
    if (keyframe || layer === undefined || layer.id === 0) this.#base = layer?.base
  }
}
