/** Writes the moving picture of `timecode-picture.ts` to a file that Chromium plays with `--use-file-for-fake-video-capture`. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bandHeight, lumaOf, type VideoShape } from './timecode-picture.ts'

/** The file's path, made once for each shape: Y4M, 4:2:0. */
export function timecodeVideo(shape: VideoShape): string {
  const folder = path.join(tmpdir(), 'sightline-test-video')
  const file = path.join(
    folder,
    `${shape.width}x${shape.height}-${shape.fps}-${shape.frames}${shape.busy ? '-busy' : ''}.y4m`,
  )
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

function frame(shape: VideoShape, number: number): Uint8Array {
  const { width, height, frames } = shape
  const chromaWidth = width / 2
  const chromaHeight = height / 2
  const picture = new Uint8Array(width * height + 2 * chromaWidth * chromaHeight)
  const phase = (number / frames) * 2 * Math.PI
  const luma = lumaOf(shape, number)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) picture[y * width + x] = luma(x, y)
  const size = width * height
  for (let y = 0; y < chromaHeight; y++) {
    for (let x = 0; x < chromaWidth; x++) {
      const quiet = y < bandHeight(height) / 2
      picture[size + y * chromaWidth + x] = quiet ? 128 : 128 + 40 * Math.sin(x / 60 + phase)
      picture[size + chromaWidth * chromaHeight + y * chromaWidth + x] = quiet
        ? 128
        : 128 + 40 * Math.cos(y / 50 + phase)
    }
  }
  return picture
}
