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

/** A screen has a use for so much, bits a second: more only makes noise of the encoder's own smoother. */
const MOST = { text: 3_000_000, motion: 4_000_000 } as const

export interface ScreenMeans {
  readonly source: PictureSize
  readonly codec: VideoCodec
  /** Bits a second. */
  readonly bitrate: number
  /** What the computer manages: of the shorter side, pixels. */
  readonly maxHeight: number
}

export type ScreenTarget = Required<PictureTarget>

export class ScreenPlan {
  readonly content: ScreenContent
  readonly #ladder: Ladder

  constructor(content: ScreenContent) {
    this.content = content
    this.#ladder = new Ladder(SCREEN_RUNGS[content], FRAMES_FOR_SIZE[content])
  }

  /** The most bits a second that the screen of size `source` has a use for. */
  mostFor(source: PictureSize, codec: VideoCodec): number {
    const { width, height } = scaled(source, SCREEN_RUNGS[this.content][0])
    return Math.min(MOST[this.content], videoBitrate(codec, width, height, FRAMES[this.content][0]).max)
  }

  fit({ source, codec, bitrate, maxHeight }: ScreenMeans): ScreenTarget {
    const { width, height } = this.#ladder.fit(source, codec, bitrate, maxHeight)
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
}
