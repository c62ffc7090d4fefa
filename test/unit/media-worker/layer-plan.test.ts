/** docs/protocol/group.md, section 7.1: which layers are encoded. */
import { describe, expect, it } from 'vitest'
import { type LayerPlan, type Means, planLayers } from '../../../src-renderer/media-worker/layer-plan.ts'

const MEANS: Means = { source: { width: 1280, height: 720 }, codec: 'VP8', bitrate: 2_500_000, maxHeight: 720 }
const plan = (wanted: readonly number[], means: Partial<Means> = {}, before: LayerPlan = new Map()) =>
  planLayers(wanted, { ...MEANS, ...means }, before)
const heights = (wanted: readonly number[], means: Partial<Means> = {}) =>
  [...plan(wanted, means)].map(([layer, { height }]) => [layer, height])

describe('the layers of the own picture', () => {
  it('are those that somebody wants', () => {
    expect(heights([])).toEqual([])
    expect(heights([0])).toEqual([[0, 180]])
    expect(heights([2, 0])).toEqual([
      [0, 180],
      [2, 720],
    ])
    expect(heights([1, 1, 0, 2]).map(([layer]) => layer)).toEqual([0, 1, 2])
  })

  it('give way to smaller ones where camera or computer do not carry them', () => {
    expect(heights([2], { source: { width: 640, height: 360 } })).toEqual([[1, 360]])
    expect(heights([2], { maxHeight: 180 })).toEqual([[0, 180]])
    expect(heights([1, 2], { maxHeight: 400 })).toEqual([[1, 360]])
    expect(heights([2], { source: { width: 160, height: 120 } })).toEqual([[0, 120]])
    expect(heights([7])).toEqual([[2, 720]])
  })

  it('share the bits: the largest takes what is left, and none is begun below its least', () => {
    const rates = (bitrate: number) =>
      [...plan([0, 1, 2], { bitrate })].map(([layer, target]) => [layer, target.bitrate])
    const rich = rates(2_500_000)
    expect(rich.map(([layer]) => layer)).toEqual([0, 1, 2])
    expect(rich.reduce((sum, [, bits = 0]) => sum + bits, 0)).toBeLessThanOrEqual(2_500_000)
    expect(rates(500_000).map(([layer]) => layer)).toEqual([0, 1])
    expect(rates(100_000)).toEqual([[0, 100_000]])
    // Also where the largest alone is wanted.
    expect([...plan([2], { bitrate: 200_000 }).keys()]).toEqual([0])
  })

  it('are kept with fewer bits than they are begun with', () => {
    const rich = plan([2])
    expect([...plan([2], { bitrate: 400_000 }).keys()]).toEqual([1])
    expect([...plan([2], { bitrate: 400_000 }, rich).keys()]).toEqual([2])
    expect([...plan([2], { bitrate: 250_000 }, rich).keys()]).toEqual([0])
  })
})
