/** docs/protocol/media.md, section 12: what a shared screen gives up first. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SCREEN_RUNGS, ScreenPlan } from '../../../src-renderer/media-worker/screen-plan.ts'

const SCREEN = { width: 1920, height: 1080 }
const means = (bitrate: number, source = SCREEN) => ({
  source,
  codec: 'VP8' as const,
  bitrate,
  pacing: 20_000_000,
  maxHeight: 2160,
})

describe('a shared screen with text', () => {
  it('has its full size and fifteen frames where there is room', () => {
    const { width, height, nature } = new ScreenPlan('text').fit(means(3_000_000))
    expect({ width, height, ...nature }).toEqual({ ...SCREEN, framesPerSecond: 15, contentHint: 'text' })
  })

  it('gives up frames before its size', () => {
    const plan = new ScreenPlan('text')
    const steps = [3_000_000, 800_000, 400_000].map((bitrate) => plan.fit(means(bitrate)))
    expect(steps.map(({ nature }) => nature.framesPerSecond)).toEqual([15, 10, 5])
    expect(steps.map(({ height }) => height)).toEqual([1080, 1080, 1080])
  })

  it('gets smaller only where even five frames are too many', () => {
    expect(new ScreenPlan('text').fit(means(150_000)).height).toBeLessThan(1080)
    expect(new ScreenPlan('text').fit(means(20_000)).height).toBe(540)
  })

  it('is scaled down to what can still be read', () => {
    expect(new ScreenPlan('text').fit(means(6_000_000, { width: 3840, height: 2160 })).height).toBe(1440)
  })
})

describe('a shared screen with motion', () => {
  it('keeps its frames and gives up size', () => {
    const plans = [4_000_000, 1_000_000, 300_000].map((bitrate) => new ScreenPlan('motion').fit(means(bitrate)))
    expect(plans.map(({ nature }) => nature)).toEqual(plans.map(() => ({ framesPerSecond: 30, contentHint: 'motion' })))
    const heights = plans.map(({ height }) => height)
    expect(heights[0]).toBe(1080)
    expect(heights).toEqual([...heights].sort((a, b) => b - a))
    expect(heights[2]).toBeLessThan(720)
  })
})

describe('a picture that would take long to arrive', () => {
  const heightAt = (plan: ScreenPlan, pacing: number) => plan.fit({ ...means(3_000_000), pacing }).height

  it('is smaller, and as small as makes sense where nothing is quick', () => {
    expect([3_000_000, 1_500_000, 800_000, 100_000].map((pacing) => heightAt(new ScreenPlan('text'), pacing))).toEqual([
      1080, 720, 540, 540,
    ])
  })

  it('does not change its size to and fro', () => {
    const plan = new ScreenPlan('text')
    const heights = Array.from({ length: 20 }, (_, i) => heightAt(plan, i % 2 === 0 ? 2_600_000 : 2_700_000))
    expect(new Set(heights.slice(1)).size).toBe(1)
    expect(heightAt(plan, 5_000_000)).toBe(1080)
  })
})

it('a plan is never larger than the source or what the computer manages, and never takes more bits than it may', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('text' as const, 'motion' as const),
      fc.integer({ min: 50, max: 5000 }),
      fc.integer({ min: 50, max: 5000 }),
      fc.integer({ min: 30_000, max: 10_000_000 }),
      fc.constantFrom(...SCREEN_RUNGS.text, ...SCREEN_RUNGS.motion),
      (content, width, height, bitrate, maxHeight) => {
        const plan = new ScreenPlan(content)
        const source = { width, height }
        const target = plan.fit({ source, codec: 'VP8', bitrate, pacing: 2.5 * bitrate, maxHeight })
        // Both sides are made even.
        expect(target.width).toBeLessThanOrEqual(width + 1)
        expect(Math.min(target.width, target.height)).toBeLessThanOrEqual(Math.max(maxHeight, 360) + 1)
        expect(target.bitrate).toBeLessThanOrEqual(bitrate)
        expect(plan.mostFor(source, 'VP8')).toBeGreaterThan(0)
      },
    ),
  )
})
