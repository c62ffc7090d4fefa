import { describe, expect, test } from 'vitest'
import { pictureReport, psnr, recovery, SAMPLING, soundDelays } from '../../lab/measures.ts'
import { lumaOf } from '../../support/timecode-picture.ts'

const every = (interval: number, count: number, from = 0, code = 0) =>
  Array.from({ length: count }, (_, i) => ({ code: code + i, at: from + i * interval }))

describe('the picture', () => {
  test('counts new pictures, gaps that a person sees, and the delay of each', () => {
    const captured = every(100, 20)
    const shown = [...every(100, 5, 50), { code: 4, at: 460 }, ...every(100, 10, 1050, 10)]
    const report = pictureReport(captured, shown, { from: 0, to: 2000 })
    expect(report).toEqual({ fps: 7.5, freezes: 1, freezeMs: 600, delayP50: 50, delayP95: 50 })
  })

  test('what stands still at the beginning or the end is a freeze too', () => {
    expect(pictureReport([], every(100, 5, 1000), { from: 0, to: 2000 })).toMatchObject({ freezes: 2, freezeMs: 1600 })
    expect(pictureReport([], [], { from: 0, to: 2000 })).toMatchObject({ fps: 0, freezes: 1, freezeMs: 2000 })
  })

  test('flows again when a second of it does', () => {
    const shown = [...every(33, 3, 0), ...every(300, 2, 1500, 100), ...every(33, 60, 3000, 200)]
    expect(recovery(shown, 1000)).toEqual({ firstMs: 500, flowingMs: 2000 })
    expect(recovery(shown, 6000)).toEqual({ firstMs: undefined, flowingMs: undefined })
  })

  test('an even error of 10 steps is 28.1 dB', () => {
    const shape = { width: 640, height: 360, fps: 30, frames: 300 }
    const original = lumaOf(shape, 7)
    const luma = SAMPLING.points.map(({ x, y }) => original(Math.floor(x * 640), Math.floor(y * 360)) + 10)
    expect(psnr([{ code: 7, luma }], shape)).toBeCloseTo(20 * Math.log10(255 / 10))
    expect(psnr([], shape)).toBeUndefined()
  })
})

describe('sound', () => {
  /** Syllables of 220 ms every 300 ms, with a longer pause every 3 s, in blocks of 10 ms. */
  const speech = (delay: (second: number) => number) =>
    Array.from({ length: 1500 }, (_, i) => {
      const second = i / 100
      const loud = second % 3 <= 2.4 && second % 0.3 < 0.22
      return { at: i * 10 + delay(second), level: loud ? 0.2 : 0 }
    })

  test('the delay is found, also beyond the distance of syllables', () => {
    for (const delay of [0, 85, 420, 1500]) {
      const delays = soundDelays(
        speech(() => 0),
        speech(() => delay),
      )
      expect(delays.length).toBeGreaterThan(35)
      expect(new Set(delays)).toEqual(new Set([delay]))
    }
  })

  test('a delay that grows is found with its spread', () => {
    const delays = soundDelays(
      speech(() => 0),
      speech((second) => 100 + 2 * second),
    )
    expect(Math.min(...delays)).toBeLessThan(104)
    expect(Math.max(...delays)).toBeGreaterThan(126)
  })

  test('silence has none', () => {
    expect(
      soundDelays(
        speech(() => 0),
        [],
      ),
    ).toEqual([])
  })
})
