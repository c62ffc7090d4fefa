/** Bit rates to begin and to stay within. Congestion control moves between `min` and `max`; until it says something, `start` holds. */
import type { VideoCodec } from './payload-types.ts'

/** Bits a second. */
export interface BitrateRange {
  readonly min: number
  readonly start: number
  readonly max: number
}

/** Mono speech and music at 48 kHz, 20 ms; bits a second. */
export const OPUS_BITRATE = 40_000
/** The same for what a computer plays: films and music keep their highs at it; bits a second. */
export const SCREEN_SOUND_BITRATE = 64_000

/** VP8 at 30 frames a second, thousands of bits a second. */
const LADDER = [
  { pixels: 0, min: 20, start: 40, max: 100 },
  { pixels: 320 * 180, min: 50, start: 150, max: 350 },
  { pixels: 640 * 360, min: 120, start: 500, max: 1000 },
  { pixels: 960 * 540, min: 200, start: 800, max: 1700 },
  { pixels: 1280 * 720, min: 300, start: 1200, max: 2500 },
  { pixels: 1920 * 1080, min: 600, start: 2200, max: 4500 },
  { pixels: 3840 * 2160, min: 1500, start: 6000, max: 12_000 },
] as const

/** For like quality: VP9 needs less, H.264 in the constrained baseline profile a little more. */
const CODEC_FACTOR: Readonly<Record<VideoCodec, number>> = { VP8: 1, VP9: 0.7, H264: 1.1 }

export function videoBitrate(codec: VideoCodec, width: number, height: number, framesPerSecond: number): BitrateRange {
  const pixels = width * height
  const above = LADDER.find((step) => step.pixels >= pixels) ?? LADDER[LADDER.length - 1] ?? LADDER[0]
  const below = LADDER.findLast((step) => step.pixels < pixels) ?? LADDER[0]
  const share = above === below ? 0 : Math.min(1, (pixels - below.pixels) / (above.pixels - below.pixels))
  // Half the frames need far more than half the bits: each differs more from the one before.
  const factor = 1000 * CODEC_FACTOR[codec] * (Math.min(60, Math.max(1, framesPerSecond)) / 30) ** 0.6
  const between = (name: keyof BitrateRange): number =>
    Math.round(factor * (below[name] + share * (above[name] - below[name])))
  return { min: between('min'), start: between('start'), max: between('max') }
}
