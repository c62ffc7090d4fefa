/** Compares what an element shows with what the camera of `test/support/timecode-picture.ts` made. */
import { bandHeight, BITS, lumaOf, type VideoShape } from '../../support/timecode-picture.ts'

export interface Judgement {
  readonly number: number
  /** Mean difference of brightness to the frame of that number, steps of 1/219; compression alone makes about 5. */
  readonly error: number
  readonly at: number
}

const COLUMNS = 40
const ROWS = 22

/** Every frame that is shown within `milliseconds`. */
export async function judge(video: HTMLVideoElement, shape: VideoShape, milliseconds: number): Promise<Judgement[]> {
  const judgements: Judgement[] = []
  const end = performance.now() + milliseconds
  let canvas = new OffscreenCanvas(2, 2)
  await new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds)
    const look = (): void => {
      if (performance.now() > end) return
      if (canvas.width !== video.videoWidth) canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight)
      const context = contextOf(canvas)
      context.drawImage(video, 0, 0)
      judgements.push(judgePicture(context, shape))
      video.requestVideoFrameCallback(look)
    }
    video.requestVideoFrameCallback(look)
  })
  return judgements
}

export interface Tile {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What a part of a canvas shows now. */
export function judgeTile(source: HTMLCanvasElement, tile: Tile, shape: VideoShape): Judgement {
  const { x, y, width, height } = tile
  const context = contextOf(new OffscreenCanvas(width, height))
  context.drawImage(source, x, y, width, height, 0, 0, width, height)
  return judgePicture(context, shape)
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new Error('no canvas')
  return context
}

function judgePicture(context: OffscreenCanvasRenderingContext2D, shape: VideoShape): Judgement {
  const { width, height } = context.canvas
  const { data } = context.getImageData(0, 0, width, height)
  const at = (x: number, y: number): number => {
    const offset = 4 * (Math.round(y) * width + Math.round(x))
    const [red = 0, green = 0, blue = 0] = data.subarray(offset, offset + 3)
    return 16 + ((0.299 * red + 0.587 * green + 0.114 * blue) * 219) / 255
  }
  let number = 0
  for (let bit = 0; bit < BITS; bit++) {
    number = number * 2 + (at(((bit + 0.5) * width) / BITS, bandHeight(height) / 2) > 125 ? 1 : 0)
  }
  const luma = lumaOf(shape, number)
  const scale = shape.width / width
  let sum = 0
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const x = ((column + 0.5) * width) / COLUMNS
      const y = height * 0.15 + (row / ROWS) * height * 0.83
      sum += Math.min(60, Math.abs(at(x, y) - luma(x * scale, y * scale)))
    }
  }
  return { number, error: sum / (ROWS * COLUMNS), at: performance.timeOrigin + performance.now() }
}
