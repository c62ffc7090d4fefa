/** Says what an exploration covered; a test that explores prints it, so that a shrunken one is seen. */
import { type Exploration, explore } from './explore.ts'
import type { Step, World } from './world.ts'

/** Further than the test suite goes by default: `EXPLORE_DEEPER=3` adds three moves to every depth. */
const DEEPER = Number(process.env['EXPLORE_DEEPER'] ?? 0)

export function exploreAndReport(name: string, world: World, machine: Step, depth: number): Exploration {
  const explored = explore(world, machine, { depth: depth + DEEPER, states: 5_000_000 })
  const { states, transitions, complete } = explored
  const extent = complete ? 'every reachable state' : `all states within ${explored.depth} moves`
  console.log(`${name}: ${states} states, ${transitions} transitions, ${extent}`)
  return explored
}
