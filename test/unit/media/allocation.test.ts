/** docs/protocol/media.md, section 12: sound first, then the screen, then the camera. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateFor, pictureBitrate, sharePictures } from '../../../src-shared/media/congestion/allocation.ts'

describe('the pictures’ share', () => {
  it('is the camera’s while no screen is shared', () => {
    expect(sharePictures(900_000, { screen: undefined, camera: true })).toEqual({ screen: 0, camera: 900_000 })
  })

  it('goes to the screen first, and leaves the camera a face', () => {
    expect(sharePictures(2_000_000, { screen: 3_000_000, camera: true })).toEqual({
      screen: 1_850_000,
      camera: 150_000,
    })
    expect(sharePictures(200_000, { screen: 3_000_000, camera: true })).toEqual({ screen: 150_000, camera: 50_000 })
  })

  it('leaves the camera all that the screen has no use for', () => {
    expect(sharePictures(5_000_000, { screen: 3_000_000, camera: true })).toEqual({
      screen: 3_000_000,
      camera: 2_000_000,
    })
  })

  it('is the screen’s alone without a camera', () => {
    expect(sharePictures(1_000_000, { screen: 3_000_000, camera: false }).screen).toBe(1_000_000)
  })

  it('is given out once, and nobody gets less than nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30_000, max: 10_000_000 }),
        fc.option(fc.integer({ min: 1, max: 5_000_000 }), { nil: undefined }),
        fc.boolean(),
        (all, screen, camera) => {
          const shares = sharePictures(all, { screen, camera })
          expect(shares.screen + shares.camera).toBe(all)
          expect(Math.min(shares.screen, shares.camera)).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})

it('the estimate for a bitrate leaves the pictures that bitrate', () => {
  for (const screenSound of [false, true]) {
    for (const bitrate of [100_000, 2_000_000, 6_000_000]) {
      const left = pictureBitrate(estimateFor(bitrate, { screenSound }), { screenSound })
      expect(left).toBeGreaterThanOrEqual(bitrate)
      expect(left).toBeLessThan(bitrate + 100)
    }
  }
})

it('a screen’s sound goes before the pictures', () => {
  const without = pictureBitrate(1_000_000, { screenSound: false })
  const withIt = pictureBitrate(1_000_000, { screenSound: true })
  expect(without - withIt).toBeGreaterThan(64_000)
  expect(without - withIt).toBeLessThan(110_000)
})
