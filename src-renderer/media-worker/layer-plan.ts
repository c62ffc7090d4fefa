/**
 * Which layers of the own picture are encoded, and with how many bits each: those that somebody wants at present, as far as
 * camera, network and this computer carry them. Where the wanted one is too much, the next smaller one takes its place.
 */
import { type BitrateRange, videoBitrate } from '../../src-shared/media/bitrate.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import { even, FRAMES_PER_SECOND } from './ladder.ts'
import type { PictureSize } from './messages.ts'
import type { PictureTarget } from './picture-encoder.ts'

/** Of the shorter side, pixels: layer 0, 1 and 2. */
export const LAYER_HEIGHTS = [180, 360, 720] as const

/** The smallest layer that looks whole in a place of this height: scaled up by a third at most. */
export function layerFor(height: number): number {
  const layer = LAYER_HEIGHTS.findIndex((lines) => lines >= 0.75 * height)
  return layer < 0 ? LAYER_HEIGHTS.length - 1 : layer
}

export interface Means {
  readonly source: PictureSize
  readonly codec: VideoCodec
  /** For all layers together, bits a second. */
  readonly bitrate: number
  /** What the computer manages. */
  readonly maxHeight: number
}

/** By layer; one that is not in it is not encoded. */
export type LayerPlan = ReadonlyMap<number, PictureTarget>

/** `before`: the plan of the frame before. */
export function planLayers(wanted: readonly number[], means: Means, before: LayerPlan): LayerPlan {
  const top = Math.max(...possibleLayers(means, before))
  const layers = [...new Set(wanted.map((layer) => Math.min(layer, top)))].sort((a, b) => a - b)
  const plan = new Map<number, PictureTarget>()
  let left = means.bitrate
  for (const layer of layers) {
    const { min, start, max } = rangeOf(layer, means)
    // The lower layers take what they begin with, the last one what is left: it is the one that shows.
    const bitrate = Math.min(max, layer === layers.at(-1) ? left : Math.min(start, left))
    if (bitrate < needed(layer, means, before) && plan.size > 0) break
    plan.set(layer, { ...sizeOf(layer, means.source), bitrate: Math.max(min, Math.round(bitrate)) })
    left -= bitrate
  }
  return plan
}

/** Those that show more than the one below, and for which the bits are enough. */
function possibleLayers(means: Means, before: LayerPlan): number[] {
  const lines = Math.min(means.source.width, means.source.height, means.maxHeight)
  return LAYER_HEIGHTS.flatMap((height, layer) =>
    layer === 0 || (height <= lines && means.bitrate >= needed(layer, means, before)) ? [layer] : [],
  )
}

/** A layer is left at its minimum, and begun only well above it: each begin costs a keyframe. */
function needed(layer: number, means: Means, before: LayerPlan): number {
  const { min, start } = rangeOf(layer, means)
  return before.has(layer) ? min : (min + start) / 2
}

function rangeOf(layer: number, { source, codec }: Means): BitrateRange {
  const { width, height } = sizeOf(layer, source)
  return videoBitrate(codec, width, height, FRAMES_PER_SECOND)
}

function sizeOf(layer: number, source: PictureSize): PictureSize {
  const scale = Math.min(1, (LAYER_HEIGHTS[layer] ?? LAYER_HEIGHTS[0]) / Math.min(source.width, source.height))
  return { width: even(source.width * scale), height: even(source.height * scale) }
}
