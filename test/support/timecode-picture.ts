/**
 * A moving picture whose every frame says its number, for cameras in tests. The number stands in the top rows as black
 * and white blocks, large enough to survive a video encoder: `BITS` of them, most significant first; the rest of the
 * picture moves and has texture. Pure, so that a page can tell what a frame should look like.
 */

export const BITS = 16
/** Height of the blocks, as a share of the picture's height. */
export const BAND = 1 / 9

export interface VideoShape {
  readonly width: number
  readonly height: number
  readonly fps: number
  /** After so many frames it starts again, with number 0. */
  readonly frames: number
  /** With fine detail that moves two ways at once, which costs an encoder what a camera's picture costs. */
  readonly busy?: boolean
}

export function bandHeight(height: number): number {
  return Math.floor(height * BAND)
}

/** The brightness of frame `number` at a pixel, 16 (black) to 235 (white). */
export function lumaOf(
  { width, height, frames, busy = false }: VideoShape,
  number: number,
): (x: number, y: number) => number {
  const phase = (number / frames) * 2 * Math.PI
  const band = bandHeight(height)
  const ball = {
    x: width * (0.5 + 0.35 * Math.cos(phase)),
    y: height * (0.55 + 0.25 * Math.sin(2 * phase)),
    r: height / 8,
  }
  return (x, y) => {
    if (y < band) return (number >> (BITS - 1 - Math.floor((x * BITS) / width))) & 1 ? 235 : 16
    if ((x - ball.x) ** 2 + (y - ball.y) ** 2 < ball.r ** 2) return 220
    const texture = 90 + 60 * Math.sin(x / 37 + phase) + 40 * Math.cos(y / 23 - phase) + ((x * 7 + y * 13) % 17)
    const detail = busy ? 12 * (Math.sin((x + y) / 3.1 + 23 * phase) + Math.sin((x - 2 * y) / 4.3 - 17 * phase)) : 0
    return Math.min(235, Math.max(16, Math.round(texture + detail)))
  }
}
