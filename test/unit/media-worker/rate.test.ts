import { describe, expect, it } from 'vitest'
import { Ladder } from '../../../src-renderer/media-worker/ladder.ts'
import { LoadControl } from '../../../src-renderer/media-worker/load-control.ts'

describe('the ladder', () => {
  const camera = { width: 1280, height: 720 }

  it('fits the size to the bitrate', () => {
    const sizes = [2_000_000, 600_000, 350_000, 50_000].map((bitrate) => new Ladder().fit(camera, 'VP8', bitrate, 720))
    expect(sizes.map(({ height }) => height)).toEqual([720, 540, 360, 180])
    expect(sizes[1]).toEqual({ width: 960, height: 540 })
  })
  it('does not swing at a border', () => {
    const ladder = new Ladder()
    const border = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 740_000 : 760_000))
    const heights = border.map((bitrate) => ladder.fit(camera, 'VP8', bitrate, 720).height)
    expect(new Set(heights.slice(1)).size).toBe(1)
    expect(ladder.fit(camera, 'VP8', 2_000_000, 720).height).toBe(720)
  })
  it('keeps the shape, makes nothing larger, and keeps both sides even', () => {
    expect(new Ladder().fit({ width: 480, height: 640 }, 'VP8', 2_000_000, 720)).toEqual({ width: 480, height: 640 })
    expect(new Ladder().fit({ width: 720, height: 1280 }, 'VP8', 350_000, 720)).toEqual({ width: 360, height: 640 })
    expect(new Ladder().fit({ width: 639, height: 359 }, 'VP8', 2_000_000, 360)).toEqual({ width: 640, height: 360 })
    expect(new Ladder().fit(camera, 'VP8', 2_000_000, 120).height).toBe(120)
  })
})

describe('load control', () => {
  const windows = (load: LoadControl, count: number, leftOut: (frame: number) => boolean) => {
    for (let i = 0; i < count * 60; i++) load.captured(leftOut(i))
    return load.maxHeight
  }

  it('goes down while frames are left out, and up again when all is calm', () => {
    const load = new LoadControl([720, 540, 360, 180])
    expect(windows(load, 1, (i) => i % 3 === 0)).toBe(540)
    expect(windows(load, 10, (i) => i % 3 === 0)).toBe(180)
    expect(windows(load, 200, () => false)).toBe(720)
  })
  it('bears a stall', () => {
    const load = new LoadControl([720, 540])
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 30; i++) load.captured(second % 4 === 0 && i < 24)
    }
    expect(load.maxHeight).toBe(720)
  })
  it('bears single left out frames', () => {
    expect(windows(new LoadControl([720, 540]), 10, (i) => i % 20 === 0)).toBe(720)
  })
  it('tries a size that was too much less and less often', () => {
    const load = new LoadControl([720, 540])
    let tries = 0
    for (let i = 0; i < 200; i++) {
      const before = load.maxHeight
      windows(load, 1, () => load.maxHeight === 720)
      if (before === 540 && load.maxHeight === 720) tries += 1
    }
    expect(tries).toBeGreaterThan(2)
    expect(tries).toBeLessThan(12)
  })
})
