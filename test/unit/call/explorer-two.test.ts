/** Two devices: every interleaving, up to the depth that each test names, of what users, network and timers may do. */
import { expect, it } from 'vitest'
import { step } from '../../../src-shared/call/machine/step.ts'
import { exploreAndReport } from './explorer/report.ts'
import { createWorld } from './explorer/world.ts'

const LONG = 240_000
const caller = { id: 'A', account: 'a', callIds: ['10'] }
const callee = { id: 'B', account: 'b', callIds: [] }
/** Deeper than any of the worlds that are explored to their end. */
const ALL = 200

it(
  'one call, results and messages at any time: no half-open call, no endless ring (R19 to R24)',
  () => {
    const { complete, states } = exploreAndReport('one call', createWorld([caller, callee]), step, ALL)
    expect(complete).toBe(true)
    expect(states).toBeGreaterThan(10_000)
  },
  LONG,
)

it(
  'one call, with one of each: lost mail, doubled mail, lost relay message, relay restart, forged Accept (R20, R24)',
  () => {
    const trouble = { loseMail: 1, doubleMail: 1, loseRelayed: 1, relayRestart: 1, forgeAccept: 1, failSetUp: 1 }
    const world = createWorld([caller, callee], { promptResults: true, ...trouble })
    expect(exploreAndReport('one call in trouble', world, step, 9).states).toBeGreaterThan(10_000)
  },
  LONG,
)

it(
  'a device is killed at any moment, and calls again',
  () => {
    const world = createWorld([{ ...caller, callIds: ['10', '30'] }, callee], { promptResults: true, kill: 1 })
    expect(exploreAndReport('one device killed', world, step, 10).states).toBeGreaterThan(10_000)
  },
  LONG,
)

it(
  'both call each other (R25)',
  () => {
    const world = createWorld([caller, { ...callee, callIds: ['20'] }], { promptResults: true })
    expect(exploreAndReport('glare', world, step, 11).states).toBeGreaterThan(10_000)
  },
  LONG,
)

it(
  'both call each other, results at any time (R25)',
  () => {
    const world = createWorld([caller, { ...callee, callIds: ['20'] }])
    expect(exploreAndReport('glare, slow results', world, step, 12).states).toBeGreaterThan(5_000)
  },
  LONG,
)

it(
  'the direct path comes, is forged, dies, is hidden; the relay restarts (R26, R27)',
  () => {
    const open = { hideAddress: false }
    const trouble = { directDies: 1, directFallsQuiet: 1, relayRestart: 1, forgeProof: 1, hide: 1 }
    const world = createWorld(
      [
        { ...caller, ...open },
        { ...callee, ...open },
      ],
      { promptResults: true, ...trouble },
    )
    expect(exploreAndReport('direct path', world, step, 10).states).toBeGreaterThan(8_000)
  },
  LONG,
)
