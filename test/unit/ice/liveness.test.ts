import { expect, test } from 'vitest'
import { Liveness } from '../../../src-main/ice/liveness.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function begin() {
  const clock = new FakeClock(0)
  const seen = { beats: 0, deaths: 0 }
  const liveness = new Liveness({
    clock,
    interval: 500,
    silence: 1500,
    beat: () => (seen.beats += 1),
    dead: () => (seen.deaths += 1),
  })
  return { clock, seen, liveness }
}

test('beats while something is heard, and notices silence', () => {
  const { clock, seen, liveness } = begin()
  for (let i = 0; i < 10; i++) {
    clock.advance(500)
    liveness.heard()
  }
  expect(seen).toEqual({ beats: 10, deaths: 0 })
  clock.advance(2000)
  expect(seen.deaths).toBe(1)
  clock.advance(5000)
  expect(seen.deaths).toBe(1)
})

test('takes a process that was held up for no silence of the other end', () => {
  const { clock, seen, liveness } = begin()
  clock.advance(400)
  liveness.heard()
  clock.holdUp(4000)
  expect(seen.deaths).toBe(0)
  liveness.heard()
  clock.advance(1000)
  expect(seen.deaths).toBe(0)
})
