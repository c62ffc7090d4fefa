/**
 * The pictures of many members on one canvas: from nine tiles on cheaper than an element for each. A frame is drawn when
 * it is due and let go of at once, so that no decoder waits for its buffers.
 */
import type { MemberId } from '../../src-shared/ipc/group-view.ts'
import type { MosaicLayout, MosaicTile } from '../devices/group-session.ts'
import type { PictureSink } from './picture-sink.ts'

/** Pixels. */
type Rectangle = Omit<MosaicTile, 'member'>

class TileSink implements PictureSink {
  /** `undefined`: it has lost its place. */
  rectangle: Rectangle | undefined
  readonly #context: OffscreenCanvasRenderingContext2D

  constructor(context: OffscreenCanvasRenderingContext2D) {
    this.#context = context
  }

  write(frame: VideoFrame): Promise<void> {
    if (this.rectangle !== undefined) {
      const { x, y, width, height } = this.rectangle
      const source = covering(frame, width / height)
      this.#context.drawImage(frame, source.x, source.y, source.width, source.height, x, y, width, height)
    }
    frame.close()
    return Promise.resolve()
  }

  clear(): void {
    if (this.rectangle === undefined) return
    const { x, y, width, height } = this.rectangle
    this.#context.clearRect(x, y, width, height)
  }
}

export class Mosaic {
  readonly #canvas: OffscreenCanvas
  readonly #context: OffscreenCanvasRenderingContext2D
  #tiles: ReadonlyMap<MemberId, TileSink> = new Map()

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('a canvas without a context')
    this.#canvas = canvas
    this.#context = context
  }

  /** `undefined`: this member has no tile. The same for as long as it has one. */
  sinkOf(member: MemberId): PictureSink | undefined {
    return this.#tiles.get(member)
  }

  /** Who was here before moves with the picture that it shows. */
  arrange({ width, height, tiles }: MosaicLayout): void {
    const before = this.#tiles
    const picture = this.#copy()
    // Also clears.
    this.#canvas.width = width
    this.#canvas.height = height
    this.#tiles = new Map(
      tiles.map(({ member, ...to }) => {
        const tile = before.get(member) ?? new TileSink(this.#context)
        if (tile.rectangle !== undefined) this.#move(picture, tile.rectangle, to)
        tile.rectangle = to
        return [member, tile]
      }),
    )
    for (const [member, tile] of before) if (!this.#tiles.has(member)) tile.rectangle = undefined
  }

  #move(picture: OffscreenCanvas, from: Rectangle, to: Rectangle): void {
    const { x, y, width, height } = from
    this.#context.drawImage(picture, x, y, width, height, to.x, to.y, to.width, to.height)
  }

  #copy(): OffscreenCanvas {
    const copy = new OffscreenCanvas(Math.max(1, this.#canvas.width), Math.max(1, this.#canvas.height))
    copy.getContext('2d')?.drawImage(this.#canvas, 0, 0)
    return copy
  }
}

/** The largest part of the picture, around its middle, that has the tile's shape. */
function covering({ displayWidth, displayHeight }: VideoFrame, aspect: number): Rectangle {
  const width = Math.min(displayWidth, displayHeight * aspect)
  const height = Math.min(displayHeight, displayWidth / aspect)
  return { x: (displayWidth - width) / 2, y: (displayHeight - height) / 2, width, height }
}
