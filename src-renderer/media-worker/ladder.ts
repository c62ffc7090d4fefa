/** Which size of picture a bitrate is enough for. */
import { videoBitrate } from '../../src-shared/media/bitrate.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { PictureSize } from './messages.ts'

/** Of the shorter side, pixels. */
export const RUNGS = [720, 540, 360, 180] as const
export const FRAMES_PER_SECOND = 30

export class Ladder {
  #height: number | undefined

  /** The size to encode a picture of size `source` in; never larger than it or `maxHeight`, both sides even. */
  fit(source: PictureSize, codec: VideoCodec, bitrate: number, maxHeight: number): PictureSize {
    const rungs = RUNGS.filter((height) => height <= maxHeight)
    this.#height = rungs.find((height) => bitrate >= this.#needed(codec, height)) ?? Math.min(180, maxHeight)
    const scale = Math.min(1, this.#height / Math.min(source.width, source.height))
    return { width: even(source.width * scale), height: even(source.height * scale) }
  }

  /** A rung is left well before its minimum, and climbed only when there is enough to begin there: each change costs a keyframe. */
  #needed(codec: VideoCodec, height: number): number {
    const { min, start } = videoBitrate(codec, (height * 16) / 9, height, FRAMES_PER_SECOND)
    const climbing = this.#height !== undefined && height > this.#height
    return climbing ? start : (min + start) / 2
  }
}

export function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2))
}
