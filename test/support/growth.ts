/** Whether a quantity grows: the median of the slopes between all pairs of samples, which a few outliers do not move (Theil 1950), and its confidence interval (Sen 1968). */

export interface Point {
  /** Seconds. */
  readonly at: number
  readonly value: number
}

/** Units an hour. */
export interface Growth {
  readonly slope: number
  /** The true slope is less than this with a probability of 2.5 %, as far as the samples do not depend on one another. */
  readonly atLeast: number
  readonly atMost: number
}

/** Of the normal distribution, for 95 % on both sides. */
const DEVIATIONS = 1.96
const FEWEST = 5
const HOUR_SECONDS = 3600

/** `undefined`: too few samples to say anything. */
export function growth(points: readonly Point[]): Growth | undefined {
  if (points.length < FEWEST) return undefined
  const slopes: number[] = []
  for (const [i, a] of points.entries()) {
    for (const b of points.slice(i + 1)) {
      if (a.at !== b.at) slopes.push(((b.value - a.value) / (b.at - a.at)) * HOUR_SECONDS)
    }
  }
  slopes.sort((a, b) => a - b)
  const n = points.length
  // Of Kendall's S, whose distribution that of the slopes' ranks follows.
  const spread = DEVIATIONS * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
  const ranked = (rank: number): number => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))] ?? 0
  const middle = (slopes.length - 1) / 2
  return {
    slope: (ranked(Math.floor(middle)) + ranked(Math.ceil(middle))) / 2,
    atLeast: ranked(middle - spread / 2),
    atMost: ranked(middle + spread / 2),
  }
}
