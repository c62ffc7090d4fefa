import { describe, expect, it } from 'vitest'
import { MainClock } from '../../../src-renderer/media-worker/main-clock.ts'

const BEGIN = 1_800_000_000_000

describe('the clock of the main process', () => {
  it('is known as well as the quickest message told it', () => {
    const clock = new MainClock()
    expect(clock.local(BEGIN, 105)).toBe(105)
    // This one took 4 ms less.
    expect(clock.local(BEGIN + 20, 121)).toBe(121)
    // And this one 30 ms more: the thread was busy.
    expect(clock.local(BEGIN + 40, 171)).toBe(141)
  })

  it('never says of a packet that it is still to come', () => {
    const clock = new MainClock()
    for (let i = 0; i < 200; i++) {
      const now = 20 * i + ((i * 7) % 13)
      expect(clock.local(BEGIN + 20 * i, now)).toBeLessThanOrEqual(now)
    }
  })

  it('may be set, forward and back', () => {
    const clock = new MainClock()
    clock.local(BEGIN, 100)
    expect(clock.local(BEGIN + 3_600_020, 120)).toBe(120)
    expect(clock.local(BEGIN + 40, 140)).toBe(140)
    expect(clock.local(BEGIN + 60, 165)).toBe(160)
    // Back by less than anybody could tell from a busy thread: wrong by as much, and right after ten seconds.
    expect(clock.local(BEGIN - 220, 180)).toBe(-120)
    for (let now = 200; now < 10_500; now += 20) clock.local(BEGIN + now - 400, now)
    expect(clock.local(BEGIN + 10_100, 10_500)).toBe(10_500)
  })

  it('may run slower than the own one for as long as it likes', () => {
    const clock = new MainClock()
    let worst = 0
    for (let now = 0; now < 3_600_000; now += 20) {
      // 500 ppm, as a clock is corrected.
      worst = Math.max(worst, now - clock.local(BEGIN + now * (1 - 5e-4), now))
    }
    expect(worst).toBeLessThan(6)
  })
})
