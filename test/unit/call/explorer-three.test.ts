/** An account with two devices, and a third device that calls it or is called: every interleaving up to the depth that each test names. */
import { expect, it } from 'vitest'
import { step } from '../../../src-shared/call/machine/step.ts'
import { exploreAndReport } from './explorer/report.ts'
import { createWorld } from './explorer/world.ts'

const LONG = 240_000
const a = { id: 'A', account: 'a', callIds: ['10'] }
const b1 = { id: 'B1', account: 'b', callIds: [] }
const b2 = { id: 'B2', account: 'b', callIds: [] }

it(
  'two devices ring: one answers, or both try (R20, R24)',
  () => {
    const world = createWorld([a, b1, b2], { promptResults: true })
    expect(exploreAndReport('two devices ring', world, step, 11).states).toBeGreaterThan(15_000)
  },
  LONG,
)

it(
  'the same with a lost message and a killed device',
  () => {
    const world = createWorld([a, b1, b2], { promptResults: true, loseMail: 1, kill: 1 })
    expect(exploreAndReport('two devices ring, in trouble', world, step, 8).states).toBeGreaterThan(10_000)
  },
  LONG,
)

it(
  'one of the two calls at the same time (R25)',
  () => {
    const world = createWorld([a, { ...b1, callIds: ['20'] }, b2], { promptResults: true })
    expect(exploreAndReport('glare among three', world, step, 8).states).toBeGreaterThan(8_000)
  },
  LONG,
)
