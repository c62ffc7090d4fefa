/** docs/protocol/group.md, section 7.1: the layers of a picture, as the relay changes between them. */
import { describe, expect, it } from 'vitest'
import { LAYERS, type LayeredCallOutcome, runLayeredCall } from './layered-call.ts'
import { generator, PERFECT, randomConditions } from './network.ts'

/** The longest time between two frames that are shown, milliseconds. */
function longestPause({ shown }: LayeredCallOutcome): number {
  return shown.reduce((longest, { at }, i) => Math.max(longest, at - (shown[i - 1]?.at ?? at)), 0)
}

const layersOf = ({ shown }: LayeredCallOutcome) =>
  shown.map(({ layer }) => layer).filter((layer, i, all) => layer !== all[i - 1])

function expectSound(outcome: LayeredCallOutcome): void {
  expect(outcome.undecodable).toBe(0)
  expect(outcome.backwards).toBe(0)
}

describe('the picture of a member', () => {
  it('changes to a larger and to a smaller layer and stands still for neither', () => {
    const outcome = runLayeredCall({
      seed: 1,
      durationMs: 8000,
      conditions: PERFECT,
      wanted: (now) => [0, 2, 1, 2, 0, 0][Math.floor(now / 1500)] ?? 0,
    })
    expectSound(outcome)
    expect(layersOf(outcome)).toEqual([0, 2, 1, 2, 0])
    expect(longestPause(outcome)).toBeLessThan(90)
    expect(outcome.requests).toBe(0)
    expect(outcome.shown.length).toBeGreaterThan(230)
  })

  it('goes on when the relay leaves out the upper temporal layer, and nothing is taken for lost', () => {
    const outcome = runLayeredCall({
      seed: 2,
      durationMs: 6000,
      conditions: PERFECT,
      wanted: () => 1,
      leavesOut: (now) => now > 1000 && now < 5000,
    })
    expectSound(outcome)
    // Half the frames, without waiting for the others.
    expect(longestPause(outcome)).toBeLessThan(90)
    expect(outcome.shown.length).toBeGreaterThan(110)
    expect(outcome.missed).toBe(0)
    expect(outcome.requests).toBe(0)
  })

  it('begins anew after a time in which nothing was sent', () => {
    const outcome = runLayeredCall({
      seed: 3,
      durationMs: 6000,
      conditions: PERFECT,
      wanted: (now) => (now > 2000 && now < 4000 ? undefined : 1),
    })
    expectSound(outcome)
    expect(outcome.missed).toBe(0)
    expect(outcome.shown.filter(({ at }) => at > 4200).length).toBeGreaterThan(45)
  })

  it('is never shown without what it refers to nor out of order, and comes back, whatever network and relay do', () => {
    for (let seed = 10; seed < 60; seed++) {
      const random = generator(seed)
      const conditions = randomConditions(random)
      const changes = Array.from({ length: 12 }, () => Math.floor(random() * (LAYERS + 1)))
      const sparse = random()
      const outcome = runLayeredCall({
        seed,
        durationMs: 12_000,
        conditions,
        wanted: (now) => (now > 7000 ? 1 : changes[Math.floor(now / 600)]),
        leavesOut: (now) => now < 7000 && (now / 1000) % 1 < sparse,
      })
      expectSound(outcome)
      const late = outcome.shown.filter(({ at }) => at > 9000)
      expect(late.length).toBeGreaterThan(0)
      expect(late.at(-1)?.layer).toBe(1)
    }
  })
})
