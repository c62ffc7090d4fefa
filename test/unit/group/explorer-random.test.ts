/** Long random walks in virtual time, where everything may happen at once: deeper than the exhaustive ones reach. */
import { expect, it } from 'vitest'
import { step } from '../../../src-shared/group/machine/step.ts'
import { walkAndReport } from './simulator/report.ts'
import { founded } from './simulator/scenes.ts'
import type { Budgets } from './simulator/world.ts'

const LONG = 240_000
const IDS = ['A1', 'B1', 'C1', 'D1', 'E1', 'F1']

const everything: Budgets = {
  crash: 4,
  loseRoom: 6,
  relayRestart: 2,
  loseMail: 1,
  userJoin: 12,
  userEnd: 5,
  remove: 2,
  invite: 6,
  withhold: 1,
  replay: 5,
  refuse: 2,
}

it.each([
  [2, 12],
  [3, 10],
  [4, 6],
  [5, 5],
  [6, 4],
])(
  '%i devices',
  (count, walks) => {
    // Every second one with an own core and directory that take their time.
    const start = (seed: number) => founded(IDS.slice(0, count), everything, seed % 2 === 0)
    expect(walkAndReport(`${count} devices`, start, step, walks)).toBeGreaterThan(walks * 40)
  },
  LONG,
)
