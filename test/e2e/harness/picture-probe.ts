/**
 * Reads the time code of `test/support/timecode-picture.ts` inside a page, where frames enter the app and where they
 * are shown, and notes the wall clock of this machine. The functions run in the page: they see nothing of this module.
 */
import type { Page } from 'playwright-core'
import { BAND, BITS } from '../../support/timecode-picture.ts'

export interface Sighting {
  readonly code: number
  /** When it was read, `Date.now()` scale with fractions, ms. */
  readonly at: number
  /** The frame's own time, ms: its clock is even, and a busy page is not. `undefined` of one that was seen in an element. */
  readonly stamp?: number
}

/** A frame's brightness at chosen points, 16 (black) to 235 (white). */
export interface FrameSample {
  readonly code: number
  readonly luma: readonly number[]
}

/** One frame in `every` is looked at in full. */
export interface Sampling {
  readonly every: number
  /** As shares of the picture's width and height. */
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

interface ProbeWindow extends Window {
  sightings?: Sighting[]
  samples?: FrameSample[]
  stopProbe?: () => void
}

/** Starts to note every frame that the camera hands to the app. */
export function watchCaptured(page: Page): Promise<void> {
  return watchTrack(page, 'own-video')
}

/** Starts to note every frame of the track behind the element with this test id, read beside the app: much cheaper than looking at the element. */
export async function watchTrack(page: Page, testId: string, sampling?: Sampling): Promise<void> {
  await page.evaluate(
    ({ bits, band, id, sampling }) => {
      const scope: ProbeWindow = window
      scope.stopProbe?.()
      const sightings: Sighting[] = (scope.sightings = [])
      const samples: FrameSample[] = (scope.samples = [])
      const stream = document.querySelector<HTMLVideoElement>(`[data-testid="${id}"]`)?.srcObject
      const track = stream instanceof MediaStream ? stream.getVideoTracks()[0]?.clone() : undefined
      if (!track) throw new Error('no picture')
      const processor = new MediaStreamTrackProcessor<VideoFrame>({ track, maxBufferSize: 90 })
      const reader = processor.readable.getReader()
      // A stopped track ends the reader's stream.
      scope.stopProbe = () => track.stop()
      /** Brightness, the first plane. */
      const read = async (frame: VideoFrame, rect: DOMRectInit) => {
        const buffer = new Uint8Array(frame.allocationSize({ rect }))
        const [luma = { offset: 0, stride: 0 }] = await frame.copyTo(buffer, { rect })
        return (x: number, y: number) => buffer[luma.offset + y * luma.stride + x] ?? 0
      }
      void (async () => {
        for (;;) {
          const { value: frame, done } = await reader.read()
          if (done) return
          const at = performance.timeOrigin + performance.now()
          const visible = frame.visibleRect
          if (visible) {
            const [width, height] = [visible.width & ~1, visible.height & ~1]
            const y = visible.y + (Math.floor((visible.height * band) / 4) & ~1)
            const row = await read(frame, { x: visible.x, y, width, height: 2 })
            let code = 0
            for (let bit = 0; bit < bits; bit++) {
              code = code * 2 + (row(Math.floor(((bit + 0.5) * width) / bits), 0) > 128 ? 1 : 0)
            }
            sightings.push({ code, at, stamp: frame.timestamp / 1000 })
            if (sampling && sightings.length % sampling.every === 0) {
              const whole = await read(frame, { x: visible.x, y: visible.y, width, height })
              const luma = sampling.points.map(({ x, y }) => whole(Math.floor(x * width), Math.floor(y * height)))
              samples.push({ code, luma })
            }
          }
          frame.close()
        }
      })()
    },
    { bits: BITS, band: BAND, id: testId, sampling },
  )
}

/** Starts to note every frame that the page presents in the element with this test id. */
export async function watchShown(page: Page, testId: string): Promise<void> {
  await page.evaluate(
    ({ bits, band, id }) => {
      const scope: ProbeWindow = window
      const sightings: Sighting[] = (scope.sightings = [])
      const video = document.querySelector<HTMLVideoElement>(`[data-testid="${id}"]`)
      if (!video) throw new Error('no picture')
      const canvas = new OffscreenCanvas(bits * 4, 4)
      const context = canvas.getContext('2d', { willReadFrequently: true })
      if (!context) throw new Error('no canvas')
      let running = true
      scope.stopProbe = () => (running = false)
      const look = () => {
        if (!running) return
        const at = performance.timeOrigin + performance.now()
        const height = video.videoHeight * band
        context.drawImage(video, 0, height / 4, video.videoWidth, height / 2, 0, 0, bits * 4, 4)
        const pixels = context.getImageData(0, 1, bits * 4, 1).data
        let code = 0
        for (let bit = 0; bit < bits; bit++) code = code * 2 + ((pixels[(bit * 4 + 2) * 4] ?? 0) > 128 ? 1 : 0)
        sightings.push({ code, at })
        video.requestVideoFrameCallback(look)
      }
      video.requestVideoFrameCallback(look)
    },
    { bits: BITS, band: BAND, id: testId },
  )
}

export async function takeSightings(page: Page): Promise<Sighting[]> {
  return page.evaluate(() => {
    const scope: ProbeWindow = window
    scope.stopProbe?.()
    return scope.sightings ?? []
  })
}

/** What was seen since the last look; the probe goes on. */
export async function drainSightings(page: Page): Promise<Sighting[]> {
  return page.evaluate(() => {
    const scope: ProbeWindow = window
    return scope.sightings?.splice(0) ?? []
  })
}

export async function takeSamples(page: Page): Promise<FrameSample[]> {
  return page.evaluate(() => {
    const scope: ProbeWindow = window
    return [...(scope.samples ?? [])]
  })
}

/** Milliseconds from a frame's capture to its display, for each shown frame whose capture was seen less than `limit` before. */
export function delays(captured: readonly Sighting[], shown: readonly Sighting[], limit = 2000): number[] {
  const found: number[] = []
  for (const sighting of shown) {
    const origin = captured.findLast((other) => other.code === sighting.code && other.at <= sighting.at)
    if (origin && sighting.at - origin.at < limit) found.push(sighting.at - origin.at)
  }
  return found
}

export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
