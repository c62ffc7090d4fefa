/**
 * A moving picture whose every frame says its number, for cameras in tests: Chromium plays it with
 * `--use-file-for-fake-video-capture`. The number stands in the top rows as black and white blocks, large enough
 * to survive a video encoder: `BITS` of them, most significant first, the rest of the picture moves and has texture.
 */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export const BITS = 16
/** Height of the blocks, as a share of the picture's height. */
export const BAND = 1 / 9

export interface VideoShape {
  readonly width: number
  readonly height: number
  readonly fps: number
  /** After so many frames it starts again, with number 0. */
  readonly frames: number
}

/** The file's path, made once for each shape: Y4M, 4:2:0. */
export function timecodeVideo(shape: VideoShape): string {
  const folder = path.join(tmpdir(), 'sightline-test-video')
  const file = path.join(folder, `${shape.width}x${shape.height}-${shape.fps}-${shape.frames}.y4m`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const partial = `${file}.${process.pid}`
  const output = openSync(partial, 'w')
  writeSync(output, `YUV4MPEG2 W${shape.width} H${shape.height} F${shape.fps}:1 Ip A1:1 C420jpeg\n`)
  for (let number = 0; number < shape.frames; number++) {
    writeSync(output, 'FRAME\n')
    writeSync(output, frame(shape, number))
  }
  closeSync(output)
  renameSync(partial, file)
  return file
}

function frame({ width, height, frames }: VideoShape, number: number): Uint8Array {
  const chromaWidth = width / 2
  const chromaHeight = height / 2
  const picture = new Uint8Array(width * height + 2 * chromaWidth * chromaHeight)
  const phase = (number / frames) * 2 * Math.PI
  const band = Math.floor(height * BAND)
  const ball = {
    x: width * (0.5 + 0.35 * Math.cos(phase)),
    y: height * (0.55 + 0.25 * Math.sin(2 * phase)),
    r: height / 8,
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inBall = (x - ball.x) ** 2 + (y - ball.y) ** 2 < ball.r ** 2
      const texture = 90 + 60 * Math.sin(x / 37 + phase) + 40 * Math.cos(y / 23 - phase) + ((x * 7 + y * 13) % 17)
      picture[y * width + x] = inBall ? 220 : texture
    }
  }
  for (let bit = 0; bit < BITS; bit++) {
    const value = (number >> (BITS - 1 - bit)) & 1 ? 235 : 16
    const from = Math.round((bit * width) / BITS)
    const to = Math.round(((bit + 1) * width) / BITS)
    for (let y = 0; y < band; y++) picture.fill(value, y * width + from, y * width + to)
  }
  const luma = width * height
  for (let y = 0; y < chromaHeight; y++) {
    for (let x = 0; x < chromaWidth; x++) {
      const quiet = y < band / 2
      picture[luma + y * chromaWidth + x] = quiet ? 128 : 128 + 40 * Math.sin(x / 60 + phase)
      picture[luma + chromaWidth * chromaHeight + y * chromaWidth + x] = quiet
        ? 128
        : 128 + 40 * Math.cos(y / 50 + phase)
    }
  }
  return picture
}
