/** When media stood still that nothing excused. */
import type { Period } from './measures.ts'

/** A person calls a shorter gap a stutter; it is counted by `npm run lab`. */
const STANDSTILL_MS = 1000

/**
 * The gaps of at least a second between `times` (ms, ascending), within `whole`, without what is excused: in the gaps
 * themselves, not behind them.
 */
export function standstills(times: readonly number[], whole: Period, excused: readonly Period[]): Period[] {
  const inside = times.filter((at) => at >= whole.from && at <= whole.to)
  const edges = [whole.from, ...inside, whole.to]
  return edges.slice(1).flatMap((to, index) => {
    const from = edges[index] ?? to
    return to - from < STANDSTILL_MS ? [] : uncovered({ from, to }, excused)
  })
}

/** Milliseconds. */
export function total(periods: readonly Period[]): number {
  return periods.reduce((sum, { from, to }) => sum + to - from, 0)
}

/** What of `period` lies in none of the others. */
function uncovered({ from, to }: Period, others: readonly Period[]): Period[] {
  const left: Period[] = []
  let reached = from
  for (const other of [...others].sort((a, b) => a.from - b.from)) {
    if (other.to <= reached || other.from >= to) continue
    if (other.from > reached) left.push({ from: reached, to: other.from })
    reached = Math.max(reached, other.to)
  }
  return reached < to ? [...left, { from: reached, to }] : left
}
