/** Where the own picture rests: one of four corners, named along the reading direction. Positions are pixels from the top left. */

export type Corner = 'top-start' | 'top-end' | 'bottom-start' | 'bottom-end'
type Direction = 'ltr' | 'rtl'

interface Point {
  readonly x: number
  readonly y: number
}

interface Size {
  readonly width: number
  readonly height: number
}

/** How far a flick carries on: as long as if it kept its speed for this many milliseconds. */
const CARRY_MS = 140

const corner = (top: boolean, start: boolean): Corner =>
  top ? (start ? 'top-start' : 'top-end') : start ? 'bottom-start' : 'bottom-end'

/** The corner nearest to where the picture's centre comes to rest; `velocity` is in pixels a millisecond. */
export function nearestCorner(centre: Point, velocity: Point, area: Size, direction: Direction): Corner {
  const left = centre.x + velocity.x * CARRY_MS < area.width / 2
  const top = centre.y + velocity.y * CARRY_MS < area.height / 2
  return corner(top, left === (direction === 'ltr'))
}

/** An arrow key moves along the edge that it points to; at the edge nothing happens. */
export function cornerAfterKey(from: Corner, key: string, direction: Direction): Corner {
  const top = from.startsWith('top')
  const start = from.endsWith('start')
  const leftIsStart = direction === 'ltr'
  switch (key) {
    case 'ArrowUp':
      return corner(true, start)
    case 'ArrowDown':
      return corner(false, start)
    case 'ArrowLeft':
      return corner(top, leftIsStart)
    case 'ArrowRight':
      return corner(top, !leftIsStart)
    default:
      return from
  }
}

/** The next one clockwise, for those who cannot aim. */
export function nextCorner(from: Corner): Corner {
  return (
    {
      'top-start': 'top-end',
      'top-end': 'bottom-end',
      'bottom-end': 'bottom-start',
      'bottom-start': 'top-start',
    } as const
  )[from]
}

/** Where that is on the screen. */
export function cornerSide(of: Corner, direction: Direction): 'topLeft' | 'topRight' | 'bottomLeft' | 'bottomRight' {
  const left = of.endsWith('start') === (direction === 'ltr')
  return of.startsWith('top') ? (left ? 'topLeft' : 'topRight') : left ? 'bottomLeft' : 'bottomRight'
}
