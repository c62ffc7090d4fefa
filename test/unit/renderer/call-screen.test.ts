import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Corner,
  cornerAfterKey,
  cornerSide,
  nearestCorner,
  nextCorner,
} from '../../../src-renderer/features/call/corners.ts'
import { ConnectionQuality, type Weakness } from '../../../src-renderer/features/call/connection-quality.ts'
import { pictureFit } from '../../../src-renderer/features/call/picture-fit.ts'

const area = { width: 1000, height: 600 }
const still = { x: 0, y: 0 }
const CORNERS: readonly Corner[] = ['top-start', 'top-end', 'bottom-end', 'bottom-start']

describe('nearestCorner', () => {
  it.each([
    [{ x: 10, y: 10 }, 'top-start'],
    [{ x: 900, y: 100 }, 'top-end'],
    [{ x: 499, y: 301 }, 'bottom-start'],
    [{ x: 501, y: 599 }, 'bottom-end'],
  ] as const)('takes %o to %s', (centre, corner) => {
    expect(nearestCorner(centre, still, area, 'ltr')).toBe(corner)
  })

  it('follows a flick across the middle, and not a slow drag', () => {
    const centre = { x: 400, y: 100 }
    expect(nearestCorner(centre, { x: 2, y: 0 }, area, 'ltr')).toBe('top-end')
    expect(nearestCorner(centre, { x: 0.2, y: 0 }, area, 'ltr')).toBe('top-start')
    expect(nearestCorner(centre, { x: 0, y: 3 }, area, 'ltr')).toBe('bottom-start')
  })

  it('lands on the same side of the screen whichever way the language runs', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(600), (x, y) => {
        const ltr = nearestCorner({ x, y }, still, area, 'ltr')
        const rtl = nearestCorner({ x, y }, still, area, 'rtl')
        expect(cornerSide(ltr, 'ltr')).toBe(cornerSide(rtl, 'rtl'))
      }),
    )
  })
})

describe('cornerAfterKey', () => {
  it('goes to the edge that the arrow points to', () => {
    expect(cornerAfterKey('top-end', 'ArrowDown', 'ltr')).toBe('bottom-end')
    expect(cornerAfterKey('bottom-end', 'ArrowLeft', 'ltr')).toBe('bottom-start')
    expect(cornerAfterKey('bottom-end', 'ArrowLeft', 'rtl')).toBe('bottom-end')
    expect(cornerAfterKey('bottom-start', 'ArrowUp', 'rtl')).toBe('top-start')
    expect(cornerAfterKey('top-start', 'x', 'ltr')).toBe('top-start')
  })

  it('goes round all four by `nextCorner`', () => {
    expect(CORNERS.map(nextCorner)).toEqual(['top-end', 'bottom-end', 'bottom-start', 'top-start'])
  })
})

describe('pictureFit', () => {
  it('fills the window unless that would cut too much', () => {
    expect(pictureFit({ width: 1280, height: 720 }, area)).toBe('cover')
    expect(pictureFit({ width: 640, height: 480 }, { width: 1600, height: 900 })).toBe('cover')
    expect(pictureFit({ width: 720, height: 1280 }, area)).toBe('contain')
    expect(pictureFit({ width: 1280, height: 720 }, { width: 400, height: 800 })).toBe('contain')
  })

  it('does not divide by nothing', () => {
    expect(pictureFit({ width: 0, height: 0 }, area)).toBe('cover')
    expect(pictureFit({ width: 10, height: 10 }, { width: 0, height: 10 })).toBe('cover')
  })
})

describe('ConnectionQuality', () => {
  const WELL = { availableBitrate: 2_000_000, loss: 0 }
  /** What it says after each second; `shares` of each second's packets are lost. */
  function seconds(shares: readonly number[], sending = () => WELL): readonly (Weakness | undefined)[] {
    const quality = new ConnectionQuality()
    let [lost, received] = [0, 0]
    return shares.map((share) => {
      lost += 100 * share
      received += 100 * (1 - share)
      return quality.measured({ packets: { lost, received }, sending: sending() })
    })
  }
  const times = <Value>(count: number, value: Value) => Array.from({ length: count }, () => value)

  it('says nothing of a good connection, nor of one bad second', () => {
    expect(new Set(seconds([...times(10, 0.01), 0.4, ...times(10, 0.01)]))).toEqual(new Set([undefined]))
  })

  it('speaks when packets keep being lost', () => {
    expect(seconds(times(10, 0.2)).at(-1)).toBe('theirs')
  })

  it('goes on between the two bounds, and stops when all is well again', () => {
    expect(seconds([...times(10, 0.2), ...times(10, 0.05)]).at(-1)).toBe('theirs')
    expect(seconds([...times(10, 0.2), ...times(10, 0.01)]).at(-1)).toBeUndefined()
  })

  it('tells whose way is weak', () => {
    const lossy = () => ({ availableBitrate: 2_000_000, loss: 0.15 })
    const narrow = () => ({ availableBitrate: 120_000, loss: 0 })
    expect(seconds(times(10, 0), lossy).at(-1)).toBe('own')
    expect(seconds(times(10, 0), narrow).at(-1)).toBe('own')
    expect(seconds(times(10, 0.2), narrow).at(-1)).toBe('both')
  })

  it('has no opinion while nothing comes in', () => {
    const quality = new ConnectionQuality()
    const still = times(10, { packets: { lost: 3, received: 40 }, sending: WELL })
    expect(new Set(still.map((measured) => quality.measured(measured)))).toEqual(new Set([undefined]))
  })
})
