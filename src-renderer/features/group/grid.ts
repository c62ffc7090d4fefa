/** Where the tiles of a group call stand. Pixels. */

export interface Area {
  readonly width: number
  readonly height: number
}

export interface Rectangle extends Area {
  readonly x: number
  readonly y: number
}

/** Pictures are cropped to this; most cameras give it. */
const RATIO = 16 / 9
/** A tile may be as narrow as this, so that a tall window is not half empty. */
const NARROWEST = 1

/** The largest equal tiles for `count` in `area`, in the order of reading; the last row is centred. */
export function gridOf(count: number, area: Area, gap: number): readonly Rectangle[] {
  if (count <= 0 || area.width <= 0 || area.height <= 0) return []
  let best: { columns: number; tile: Area } | undefined
  for (let columns = 1; columns <= count; columns++) {
    const tile = tileIn(columns, Math.ceil(count / columns), area, gap)
    if (best === undefined || tile.width * tile.height > best.tile.width * best.tile.height) best = { columns, tile }
  }
  if (best === undefined) return []
  const { columns, tile } = best
  const rows = Math.ceil(count / columns)
  const top = (area.height - rows * tile.height - (rows - 1) * gap) / 2
  return Array.from({ length: count }, (_, at) => {
    const row = Math.floor(at / columns)
    const inRow = row === rows - 1 ? count - row * columns : columns
    const start = (area.width - inRow * tile.width - (inRow - 1) * gap) / 2
    return {
      x: Math.round(start + (at % columns) * (tile.width + gap)),
      y: Math.round(top + row * (tile.height + gap)),
      width: Math.round(tile.width),
      height: Math.round(tile.height),
    }
  })
}

function tileIn(columns: number, rows: number, area: Area, gap: number): Area {
  const width = Math.max(1, (area.width - (columns - 1) * gap) / columns)
  const height = Math.max(1, (area.height - (rows - 1) * gap) / rows)
  if (width / height > RATIO) return { width: height * RATIO, height }
  return { width, height: Math.min(height, width / NARROWEST) }
}

/** One picture as large as may be, the others in a strip below it, as many as fit. */
export function speakerView(
  count: number,
  area: Area,
  gap: number,
): { readonly main: Rectangle; readonly strip: readonly Rectangle[] } {
  const height = Math.round(Math.min(STRIP_MAX, area.height / 4))
  const width = Math.round(height * RATIO)
  const fits = Math.max(0, Math.floor((area.width + gap) / (width + gap)))
  const shown = Math.min(count, fits)
  const stripHeight = shown === 0 ? 0 : height + gap
  const start = Math.round((area.width - shown * width - Math.max(0, shown - 1) * gap) / 2)
  return {
    main: { x: 0, y: 0, width: area.width, height: area.height - stripHeight },
    strip: Array.from({ length: shown }, (_, at) => ({
      x: start + at * (width + gap),
      y: area.height - height,
      width,
      height,
    })),
  }
}

const STRIP_MAX = 150
