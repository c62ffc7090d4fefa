import { expect, it } from 'vitest'
import { CaptureClock } from '../../../src-renderer/media-worker/capture-clock.ts'

it('takes the frame that was least late for the truth', () => {
  const clock = new CaptureClock()
  for (const [timestamp, late] of [
    [0, 30],
    [33, 5],
    [66, 80],
    [100, 12],
  ] as const) {
    clock.see((5000 + timestamp) * 1000, 900_000 + timestamp + late)
  }
  expect(clock.localTime((5000 + 100) * 1000)).toBeCloseTo(900_000 + 100 + 5, 0)
})

it('follows a clock that drifts', () => {
  const clock = new CaptureClock()
  // 200 ppm: 12 ms in a minute.
  for (let t = 0; t < 60_000; t += 33) clock.see(t * 1000, 1000 + t * 1.0002 + (t % 7))
  expect(clock.localTime(60_000_000)).toBeGreaterThan(1000 + 60_000 + 8)
  expect(clock.localTime(60_000_000)).toBeLessThan(1000 + 60_000 + 22)
})
