/** Where windows were, if that place still exists, and where they begin. No Electron in this file. */
import * as v from 'valibot'

export interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const MINIMUM = { width: 380, height: 560 }
export const INITIAL = { width: 1080, height: 760 }
export const FLOATING = {
  initial: { width: 320, height: 200 },
  minimum: { width: 240, height: 150 },
  maximum: { width: 960, height: 720 },
}

/** So much of the window must be on a screen that a person can catch and move it, pixels. */
const CATCHABLE = { width: 120, height: 48 }

const coordinate = v.pipe(v.number(), v.integer(), v.minValue(-100_000), v.maxValue(100_000))
const savedBounds = v.object({ x: coordinate, y: coordinate, width: coordinate, height: coordinate })

/** `undefined` for what is not bounds, and for a place that is on none of `screens` any more. */
export function restoredBounds(saved: unknown, screens: readonly Bounds[], minimum = MINIMUM): Bounds | undefined {
  const checked = v.safeParse(savedBounds, saved)
  if (!checked.success) return undefined
  const { x, y } = checked.output
  const width = Math.max(minimum.width, checked.output.width)
  const height = Math.max(minimum.height, checked.output.height)
  const visible = screens.some((screen) => {
    const overlap = Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x)
    // The title bar is at the top: the window's upper edge must be on the screen.
    return (
      overlap >= CATCHABLE.width && y >= screen.y - CATCHABLE.height && y <= screen.y + screen.height - CATCHABLE.height
    )
  })
  return visible ? { x, y, width, height } : undefined
}

/** The upper right corner of the screen's work area, where calls are announced on every desktop. */
export function cornerBounds(area: Bounds, size: { readonly width: number; readonly height: number }): Bounds {
  const margin = 16
  return {
    x: Math.max(area.x, area.x + area.width - size.width - margin),
    y: area.y + margin,
    width: size.width,
    height: size.height,
  }
}

/** Where the person left the window of a call that floats, or the corner of `area`. */
export function floatingBounds(last: unknown, area: Bounds, screens: readonly Bounds[]): Bounds {
  return restoredBounds(last, screens, FLOATING.minimum) ?? cornerBounds(area, FLOATING.initial)
}
