/** For how long media stood still that nothing excused. */
import type { Period } from './measures.ts'

/** A person calls a shorter gap a stutter; it is counted by `npm run lab`. */
const STANDSTILL_MS = 1000

/**
 * Milliseconds in gaps of at least a second between `times` (ms, ascending), within `whole` and outside of `excused`: in the
 * gaps themselves, not behind them.
 */
export function standstill(times: readonly number[], whole: Period, excused: readonly Period[]): number {
  const inside = times.filter((at) => at >= whole.from && at <= whole.to)
  const edges = [whole.from, ...inside, whole.to]
  return edges.slice(1).reduce((sum, to, index) => {
    const from = edges[index] ?? to
    return to - from < STANDSTILL_MS ? sum : sum + uncovered({ from, to }, excused)
  }, 0)
}

/** What of `period` lies in none of the others. */
function uncovered({ from, to }: Period, others: readonly Period[]): number {
  let left = 0
  let reached = from
  for (const other of [...others].sort((a, b) => a.from - b.from)) {
    if (other.to <= reached || other.from >= to) continue
    left += Math.max(0, other.from - reached)
    reached = Math.max(reached, other.to)
  }
  return left + Math.max(0, to - reached)
}
