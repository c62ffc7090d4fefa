import { expect, test } from 'vitest'
import { Liveness } from '../../../src-main/network/liveness.ts'
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

test('a probe ends it sooner, unless something is heard', () => {
  const dead = begin()
  dead.clock.advance(100)
  dead.liveness.probe(700)
  expect(dead.seen.beats).toBe(1)
  dead.clock.advance(10_000)
  expect(dead.seen.deaths).toBe(1)
  const alive = begin()
  alive.clock.advance(100)
  alive.liveness.probe(700)
  alive.clock.advance(300)
  alive.liveness.heard()
  alive.clock.advance(800)
  expect(alive.seen.deaths).toBe(0)
  alive.liveness.probe(700)
  alive.liveness.stop()
  expect(alive.clock.timers).toBe(0)
})

test('another probe does not put off the end of the first', () => {
  const { clock, seen, liveness } = begin()
  clock.advance(100)
  for (let i = 0; i < 7; i++) {
    liveness.probe(700)
    clock.advance(100)
  }
  expect(seen.deaths).toBe(1)
})

test('a probe that was held up begins anew', () => {
  const { clock, seen, liveness } = begin()
  liveness.probe(700)
  clock.holdUp(4000)
  expect(seen.deaths).toBe(0)
  liveness.heard()
  clock.advance(700)
  expect(seen.deaths).toBe(0)
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
