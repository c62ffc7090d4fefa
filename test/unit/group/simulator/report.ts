/** Says what a run covered; a test that explores prints it, so that a shrunken one is seen. */
import { type Exploration, explore, walk } from './explore.ts'
import type { Step, World } from './world.ts'

/** Further than the test suite goes by default: `EXPLORE_DEEPER=2` adds two moves to every depth and walks nine times as often. */
const DEEPER = Number(process.env['EXPLORE_DEEPER'] ?? 0)

export function exploreAndReport(name: string, world: World, machine: Step, depth: number): Exploration {
  const explored = explore(world, machine, { depth: depth + DEEPER, states: 5_000_000 })
  const { states, transitions, complete } = explored
  const extent = complete ? 'every reachable state' : `all states within ${explored.depth} moves`
  console.log(`${name}: ${states} states, ${transitions} transitions, ${extent}`)
  return explored
}

/** Returns how many moves were made. A seed's walk is the same everywhere. */
export function walkAndReport(name: string, start: (seed: number) => World, machine: Step, walks: number): number {
  const seeds = walks * (1 + DEEPER) ** 2
  let moves = 0
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      moves += walk(start(seed), machine, { length: 400, between: 40, draw: drawer(seed) })
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  console.log(`${name}: ${seeds} random walks, ${moves} moves`)
  return moves
}

/** mulberry32 */
function drawer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
