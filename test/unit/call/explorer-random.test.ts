/** Long random walks where everything may happen at once: deeper than the exhaustive ones reach. */
import { expect, it } from 'vitest'
import { step } from '../../../src-shared/call/machine/step.ts'
import { walk } from './explorer/explore.ts'
import { type Budgets, createWorld, type World } from './explorer/world.ts'

const LONG = 240_000
const WALKS = 80
const MOVES = 120

const everything: Budgets = {
  kill: 2,
  loseMail: 4,
  doubleMail: 4,
  loseRelayed: 6,
  relayRestart: 3,
  forgeAccept: 9,
  forgeProof: 1,
  directDies: 3,
  directFallsQuiet: 4,
  userMedia: 4,
  hide: 2,
  failSetUp: 1,
}

/** mulberry32: the walk of a seed is the same everywhere. */
function drawer(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function wander(name: string, start: () => World): number {
  let moves = 0
  for (let seed = 1; seed <= WALKS; seed++) {
    try {
      moves += walk(start(), step, MOVES, drawer(seed))
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  console.log(`${name}: ${WALKS} random walks, ${moves} moves`)
  return moves
}

const ids = (first: number): string[] => Array.from({ length: 6 }, (_, n) => String(first + 2 * n))

it(
  'two devices',
  () => {
    const moves = wander('two devices', () =>
      createWorld(
        [
          { id: 'A', account: 'a', callIds: ids(10), hideAddress: false },
          { id: 'B', account: 'b', callIds: ids(11), hideAddress: false },
        ],
        everything,
      ),
    )
    expect(moves).toBeGreaterThan(WALKS * 50)
  },
  LONG,
)

it(
  'three devices',
  () => {
    const moves = wander('three devices', () =>
      createWorld(
        [
          { id: 'A', account: 'a', callIds: ids(10), hideAddress: false },
          { id: 'B1', account: 'b', callIds: ids(11), hideAddress: false },
          { id: 'B2', account: 'b', callIds: ids(31), hideAddress: false },
        ],
        everything,
      ),
    )
    expect(moves).toBeGreaterThan(WALKS * 50)
  },
  LONG,
)
