/** What repair packets are worth (docs/laboratory.md): a picture in virtual time over long ways that lose packets, with them and without. */
import type { LongPath } from '../unit/media/long-path.ts'
import { runRepairedCall, type Seen } from '../unit/media/repaired-call.ts'

const ROUND_TRIPS = [50, 100, 200, 300, 400]
/** Share of the packets, and how many in a row. */
const LOSSES = [
  [0.01, 1],
  [0.02, 1],
  [0.05, 1],
  [0.1, 1],
  [0.2, 1],
  [0.05, 4],
] as const
const CAPACITIES = [5_000_000, 600_000]
const SEEDS = [1, 2, 3]
const SECONDS = 70

export function benchRepair(): object[] {
  const paths = CAPACITIES.flatMap((capacity) =>
    LOSSES.flatMap(([loss, burst]) =>
      ROUND_TRIPS.map((roundTripMs): LongPath => ({ roundTripMs, loss, burst, capacity })),
    ),
  )
  return paths.map((path) => ({ ...path, sentAgain: meanOf(path, false), repaired: meanOf(path, true) }))
}

function meanOf(path: LongPath, parity: boolean): Record<string, number> {
  const calls = SEEDS.map((seed) => runRepairedCall(path, { seed, seconds: SECONDS, parity }))
  const keys = Object.keys(calls[0] ?? {}) as (keyof Seen)[]
  return Object.fromEntries(
    keys.map((key) => [key, Number((calls.reduce((sum, call) => sum + call[key], 0) / calls.length).toFixed(2))]),
  )
}
