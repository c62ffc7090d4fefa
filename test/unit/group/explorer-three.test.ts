/** Three people: changes that meet, members that are lost, a relay that forgets, withholds and repeats. */
import { expect, it } from 'vitest'
import { step } from '../../../src-shared/group/machine/step.ts'
import { exploreAndReport } from './simulator/report.ts'
import { gathered, left, ringing } from './simulator/scenes.ts'

const LONG = 240_000
const ABC = ['A1', 'B1', 'C1']

it(
  'two come in at once',
  () => {
    const world = ringing(ABC)
    expect(exploreAndReport('two come in', world, step, 6).states).toBeGreaterThan(500)
  },
  LONG,
)

it(
  'a third comes in while one leaves, crashes or loses the room (R31 to R33)',
  () => {
    const world = gathered(ABC, 2, { userEnd: 1, crash: 1, loseRoom: 1 })
    expect(exploreAndReport('a third comes in', world, step, 4).states).toBeGreaterThan(500)
  },
  LONG,
)

it(
  'of three, two leave, a host removes, who left comes again: submits meet',
  () => {
    const world = gathered(ABC, 3, { userEnd: 2, remove: 1, userJoin: 1 })
    expect(exploreAndReport('submits meet', world, step, 3).states).toBeGreaterThan(300)
  },
  LONG,
)

it(
  'of three, one loses the room, and the relay forgets the chain',
  () => {
    const world = gathered(ABC, 3, { loseRoom: 1, relayRestart: 1, userEnd: 1 })
    expect(exploreAndReport('the relay forgets', world, step, 3).states).toBeGreaterThan(300)
  },
  LONG,
)

it(
  'of three, one is kept in the dark while another is removed; old MemberKeys come again; the directory says no (R31, R34, R35)',
  () => {
    const world = gathered(ABC, 3, { withhold: 1, replay: 1, refuse: 1, remove: 1 })
    expect(exploreAndReport('kept in the dark', world, step, 3).states).toBeGreaterThan(300)
  },
  LONG,
)

it(
  'of three, one has left, and a call of two takes the place of theirs (R40)',
  () => {
    const world = left(gathered(ABC, 3, { userEnd: 1, userJoin: 1, crash: 1, loseRoom: 1 }), 'C1')
    expect(exploreAndReport('two are left', world, step, 5).states).toBeGreaterThan(500)
  },
  LONG,
)
