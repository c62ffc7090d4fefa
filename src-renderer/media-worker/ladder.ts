/** Which size of picture a bitrate is enough for. */
import { videoBitrate } from '../../src-shared/media/bitrate.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { PictureSize } from './messages.ts'

/** Of the shorter side, pixels. */
export const RUNGS = [720, 540, 360, 180] as const
export const FRAMES_PER_SECOND = 30

export class Ladder {
  readonly #rungs: readonly number[]
  readonly #framesPerSecond: number
  #height: number | undefined

  /** `rungs`: of the shorter side, pixels, the largest first. */
  constructor(rungs: readonly number[] = RUNGS, framesPerSecond = FRAMES_PER_SECOND) {
    this.#rungs = rungs
    this.#framesPerSecond = framesPerSecond
  }

  /** The size to encode a picture of size `source` in; never larger than it or `maxHeight`, both sides even. */
  fit(source: PictureSize, codec: VideoCodec, bitrate: number, maxHeight: number): PictureSize {
    const rungs = this.#rungs.filter((height) => height <= maxHeight)
    this.#height =
      rungs.find((height) => bitrate >= this.#needed(codec, height)) ??
      Math.min(this.#rungs.at(-1) ?? maxHeight, maxHeight)
    return scaled(source, this.#height)
  }

  /** A rung is left well before its minimum, and climbed only when there is enough to begin there: each change costs a keyframe. */
  #needed(codec: VideoCodec, height: number): number {
    const { min, start } = videoBitrate(codec, (height * 16) / 9, height, this.#framesPerSecond)
    const climbing = this.#height !== undefined && height > this.#height
    return climbing ? start : (min + start) / 2
  }
}

/** To a shorter side of `height` pixels at most, both sides even. */
export function scaled(source: PictureSize, height: number): PictureSize {
  const scale = Math.min(1, height / Math.min(source.width, source.height))
  return { width: even(source.width * scale), height: even(source.height * scale) }
}

export function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2))
}
