/** How a shared screen is encoded: text keeps its size and gives up frames, motion keeps its frames and gives up size. */
import { videoBitrate } from '../../src-shared/media/bitrate.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { ScreenContent } from '../devices/media-session.ts'
import { Ladder, scaled } from './ladder.ts'
import type { PictureSize } from './messages.ts'
import type { PictureTarget } from './picture-encoder.ts'

/** Of the shorter side, pixels. Small print on a large screen is legible at the first; below the last nothing is. */
export const SCREEN_RUNGS = {
  text: [1440, 1080, 720, 540],
  motion: [1080, 720, 540, 360],
} as const

/** A second, the most first. */
const FRAMES = { text: [15, 10, 5], motion: [30] } as const
/** A second, that a size must have the bits for: text stands still most of the time. */
const FRAMES_FOR_SIZE = { text: 2, motion: 30 } as const

/**
 * A receiver gives up a picture that takes a second to arrive. A page full of small print takes so many bits for each pixel even
 * where the encoder makes it as coarse as it can (measured: 0.5 with VP9, 0.7 with VP8, 1.2 with H.264).
 */
const COARSE_BITS_PER_PIXEL = 0.9
const ARRIVES_WITHIN = 0.7
/** A size is taken again only when there is clearly room for it: each change costs such a picture. */
const ROOM_TO_GROW = 0.7

/** A screen has a use for so much, bits a second: more only makes noise of the encoder's own smoother. */
const MOST = { text: 3_000_000, motion: 4_000_000 } as const

export interface ScreenMeans {
  readonly source: PictureSize
  readonly codec: VideoCodec
  /** Bits a second. */
  readonly bitrate: number
  /** At which packets may leave, bits a second. */
  readonly pacing: number
  /** What the computer manages: of the shorter side, pixels. */
  readonly maxHeight: number
}

export type ScreenTarget = Required<PictureTarget>

export class ScreenPlan {
  readonly content: ScreenContent
  readonly #ladder: Ladder
  /** Of the shorter side, pixels. */
  #quick = Infinity

  constructor(content: ScreenContent) {
    this.content = content
    this.#ladder = new Ladder(SCREEN_RUNGS[content], FRAMES_FOR_SIZE[content])
  }

  /** The most bits a second that the screen of size `source` has a use for. */
  mostFor(source: PictureSize, codec: VideoCodec): number {
    const { width, height } = scaled(source, SCREEN_RUNGS[this.content][0])
    return Math.min(MOST[this.content], videoBitrate(codec, width, height, FRAMES[this.content][0]).max)
  }

  fit({ source, codec, bitrate, pacing, maxHeight }: ScreenMeans): ScreenTarget {
    this.#quick = this.#quickest(source, pacing)
    const { width, height } = this.#ladder.fit(source, codec, bitrate, Math.min(maxHeight, this.#quick))
    const frames: readonly number[] = FRAMES[this.content]
    const framesPerSecond = frames.find((each) => {
      const { min, start } = videoBitrate(codec, width, height, each)
      return bitrate >= (min + start) / 2 || each === frames.at(-1)
    })
    if (framesPerSecond === undefined) throw new Error('a screen without frames')
    const { max } = videoBitrate(codec, width, height, framesPerSecond)
    return {
      width,
      height,
      bitrate: Math.min(bitrate, max),
      nature: { framesPerSecond, contentHint: this.content },
    }
  }

  /** The largest size of which a whole picture arrives soon enough, else the smallest. */
  #quickest(source: PictureSize, pacing: number): number {
    const rungs: readonly number[] = SCREEN_RUNGS[this.content]
    const fits = rungs.find((rung) => {
      const { width, height } = scaled(source, rung)
      const room = rung > this.#quick ? ROOM_TO_GROW : 1
      return width * height * COARSE_BITS_PER_PIXEL <= room * ARRIVES_WITHIN * pacing
    })
    return fits ?? rungs.at(-1) ?? Infinity
  }
}
