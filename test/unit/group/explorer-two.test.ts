/** Two people: every interleaving, up to the depth that each test names, of what they, the network and the timers may do. */
import { expect, it } from 'vitest'
import { step } from '../../../src-shared/group/machine/step.ts'
import { exploreAndReport } from './simulator/report.ts'
import { founded, gathered, ringing } from './simulator/scenes.ts'

const LONG = 240_000
const AB = ['A1', 'B1']

it(
  'a call is founded, rings, is accepted, declined or given up, results at any time',
  () => {
    const world = founded(AB, { userEnd: 1 }, false)
    expect(exploreAndReport('founding', world, step, 12).states).toBeGreaterThan(400)
  },
  LONG,
)

it(
  'an invited device comes in, crashes and comes again, loses the room; messages late, mail lost',
  () => {
    const world = ringing(AB, { userEnd: 1, crash: 1, userJoin: 1, loseRoom: 1, loseMail: 1 })
    expect(exploreAndReport('coming in', world, step, 5).states).toBeGreaterThan(500)
  },
  LONG,
)

it(
  'two who talk: one leaves, crashes and comes again, loses the room, the relay restarts and forgets the chain',
  () => {
    const world = gathered(AB, 2, { userEnd: 1, crash: 1, userJoin: 1, loseRoom: 1, relayRestart: 1 })
    expect(exploreAndReport('two inside', world, step, 4).states).toBeGreaterThan(300)
  },
  LONG,
)

it(
  'two devices of one account ring: one answers, or both come in',
  () => {
    const world = ringing(['A1', 'B1', 'B2'], { loseMail: 1 })
    expect(exploreAndReport('two devices ring', world, step, 4).states).toBeGreaterThan(300)
  },
  LONG,
)
