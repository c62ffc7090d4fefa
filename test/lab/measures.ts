/** What the sightings at both ends of a call say about it. Times are `Date.now()` with fractions, ms. */
import { delays, type FrameSample, quantile, type Sampling, type Sighting } from '../e2e/harness/picture-probe.ts'
import { LOUD, type Loudness } from './sound-probe.ts'
import { lumaOf, type VideoShape } from '../support/timecode-picture.ts'

export interface Period {
  readonly from: number
  readonly to: number
}

export interface PictureReport {
  /** New pictures a second. */
  readonly fps: number
  readonly freezes: number
  readonly freezeMs: number
  /** From the camera to the display. */
  readonly delayP50: number | undefined
  readonly delayP95: number | undefined
}

/** A gap between pictures from which a person sees that it stands still. */
export const FREEZE_MS = 200
const COLUMNS = 80
const ROWS = 45
/** Points of a grid, row by row, below the time code; one picture in thirty. */
export const SAMPLING: Sampling = {
  every: 30,
  points: Array.from({ length: ROWS * COLUMNS }, (_, index) => ({
    x: ((index % COLUMNS) + 0.5) / COLUMNS,
    y: 0.15 + ((Math.floor(index / COLUMNS) + 0.5) / ROWS) * 0.85,
  })),
}
/** Back to normal: so many pictures in the second that follows. */
const RECOVERED_FRAMES = 20

export function pictureReport(
  captured: readonly Sighting[],
  shown: readonly Sighting[],
  { from, to }: Period,
): PictureReport {
  const inside = news(shown).filter(({ at }) => at >= from && at <= to)
  const times = [from, ...inside.map(({ at }) => at), to]
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const frozen = gaps.filter((gap) => gap > FREEZE_MS)
  const delay = delays(captured, inside, 8000)
  return {
    fps: (inside.length * 1000) / (to - from),
    freezes: frozen.length,
    freezeMs: frozen.reduce((sum, gap) => sum + gap, 0),
    delayP50: quantile(delay, 0.5),
    delayP95: quantile(delay, 0.95),
  }
}

/** From `since` to the first picture, and to the first of a second that flows again; `undefined` if it never came. */
export function recovery(
  shown: readonly Sighting[],
  since: number,
): { readonly firstMs: number | undefined; readonly flowingMs: number | undefined } {
  const after = news(shown).filter(({ at }) => at >= since)
  const flowing = after.find(({ at }, index) => {
    const last = after[index + RECOVERED_FRAMES]
    return last !== undefined && last.at - at <= 1000
  })
  const first = after[0]
  return {
    firstMs: first && first.at - since,
    flowingMs: flowing && flowing.at - since,
  }
}

/** Peak signal-to-noise ratio of brightness, decibels, the mean over the pictures that were looked at with `SAMPLING`. */
export function psnr(samples: readonly FrameSample[], shape: VideoShape): number | undefined {
  const each = samples.map(({ code, luma }) => {
    const original = lumaOf(shape, code)
    const squares = SAMPLING.points.map(
      ({ x, y }, index) =>
        ((luma[index] ?? 0) - original(Math.floor(x * shape.width), Math.floor(y * shape.height))) ** 2,
    )
    return 10 * Math.log10(255 ** 2 / Math.max(mean(squares), 0.01))
  })
  return each.length === 0 ? undefined : mean(each)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** A syllable begins where it becomes loud, after silence of so long. */
const SILENCE_MS = 40
/** The longest delay that is looked for, in steps of one block. */
const DELAY_MAX_MS = 3000
const DELAY_STEP_MS = 5
const SAME_SYLLABLE_MS = 60

/**
 * From each syllable's begin at the microphone to its begin at the speaker. Syllables look alike: the pauses between
 * some of them tell which is which, so the delay is the one at which most begins meet.
 */
export function soundDelays(microphone: readonly Loudness[], speaker: readonly Loudness[]): number[] {
  const [spoken, heard] = [onsets(microphone), onsets(speaker)]
  const meeting = (delay: number): number[] =>
    spoken.flatMap((begin) => {
      const nearest = heard.reduce(
        (best, at) => (Math.abs(at - begin - delay) < Math.abs(best - begin - delay) ? at : best),
        Infinity,
      )
      return Math.abs(nearest - begin - delay) < SAME_SYLLABLE_MS ? [nearest - begin] : []
    })
  let best: number[] = []
  for (let delay = 0; delay < DELAY_MAX_MS; delay += DELAY_STEP_MS) {
    const met = meeting(delay)
    if (met.length > best.length) best = met
  }
  return best
}

function onsets(loudness: readonly Loudness[]): number[] {
  const begins: number[] = []
  let quietSince: number | undefined
  for (const { at, level } of loudness) {
    if (level < LOUD) quietSince ??= at
    else {
      if (quietSince !== undefined && at - quietSince >= SILENCE_MS) begins.push(at)
      quietSince = undefined
    }
  }
  return begins
}

/** A picture that is presented again is none. */
function news(shown: readonly Sighting[]): Sighting[] {
  return shown.filter(({ code }, index) => code !== shown[index - 1]?.code)
}
