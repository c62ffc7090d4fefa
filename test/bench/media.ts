/**
 * The media engine against a pair of Chromium's RTCPeerConnections: both directions of a call inside one window, the same
 * camera, size, codec and bitrate, alternating. No network and no second process: what is compared is capture, encoder,
 * protection, buffers, decoder and display. Latency is from a camera frame entering the page to its display.
 */
import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { buildMediaPage, openMediaPage, type OpenedPage } from '../e2e/media-page/launch.ts'
import {
  delays,
  quantile,
  type Sighting,
  takeSightings,
  watchCaptured,
  watchShown,
} from '../e2e/harness/picture-probe.ts'
import type { SuiteName } from '../../src-shared/ipc/snapshot.ts'
import { speechAudio } from '../support/speech-audio.ts'
import { timecodeVideo } from '../support/timecode-video.ts'
import { median, significant } from './statistics.ts'

const SHAPE = { width: 640, height: 360, fps: 30, frames: 300 }
/** What the engine may take; the peer connections then get what it took. Bits a second. */
const MAX_BITRATE = 1_000_000
const SETTLE_MS = 6000
const CPU_MS = 6000
const WATCH_MS = 4000
const SUITE: SuiteName = 'AES_256_CM_HMAC_SHA1_80'

declare global {
  interface Window {
    sightings?: Sighting[]
    captured?: Sighting[] | undefined
  }
}

interface Measured {
  readonly p50: number
  readonly p95: number
  /** Percent of one core, all processes, two ends. */
  readonly cpu: number
  readonly kbits: number
  readonly framesPerSecond: number
}

export async function benchMedia(runs = 5): Promise<object> {
  const folder = await buildMediaPage()
  try {
    const engine: Measured[] = []
    const pair: Measured[] = []
    for (let run = 0; run < runs; run++) {
      const ours = await measureEngine(folder)
      engine.push(ours)
      pair.push(await measurePeerConnections(folder, ours.kbits * 1000))
    }
    const [ours, theirs] = [summary(engine), summary(pair)]
    return {
      runs,
      picture: SHAPE,
      engine: ours,
      peerConnections: theirs,
      latencyRatio: significant(ours.latencyP50Ms / theirs.latencyP50Ms),
      cpuRatio: significant(ours.cpuPercent / theirs.cpuPercent),
      each: { engine, pair },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function summary(runs: readonly Measured[]) {
  return {
    latencyP50Ms: significant(median(runs.map(({ p50 }) => p50))),
    latencyP95Ms: significant(median(runs.map(({ p95 }) => p95))),
    cpuPercent: significant(median(runs.map(({ cpu }) => cpu))),
    videoKbits: significant(median(runs.map(({ kbits }) => kbits))),
    framesPerSecond: significant(median(runs.map(({ framesPerSecond }) => framesPerSecond))),
  }
}

async function measureEngine(folder: string): Promise<Measured> {
  return measured(folder, {
    begin: (opened) =>
      opened.page.evaluate(
        async ({ suite, maxBitrate }) => {
          const scope = window.mediaPage
          if (scope?.Pair === undefined) throw new Error('the page is not there')
          const pair = (scope.pair = new scope.Pair(suite, { video: { maxBitrate } }))
          const media = { audio: true, video: true }
          await Promise.all([pair.setMedia(0, media), pair.setMedia(1, media)])
          pair.keys()
        },
        { suite: SUITE, maxBitrate: MAX_BITRATE },
      ),
    bitrate: async (opened) => {
      const statistics = await opened.page.evaluate(() => window.mediaPage?.pair?.sessions[0].statistics())
      const { bytes, frames } = statistics?.video.sent ?? { bytes: 0, frames: 1 }
      return (bytes * 8 * SHAPE.fps) / frames
    },
  })
}

async function measurePeerConnections(folder: string, bitrate: number): Promise<Measured> {
  return measured(folder, {
    begin: (opened) =>
      opened.page.evaluate(
        async ({ shape, bitrate }) => {
          const scope = window.mediaPage
          const pair = await scope?.openPeerConnections?.(shape, bitrate)
          if (scope === undefined || pair === undefined) throw new Error('the page is not there')
          scope.peerConnections = pair
        },
        { shape: SHAPE, bitrate },
      ),
    bitrate: async (opened) =>
      (await opened.page.evaluate((fps) => window.mediaPage?.peerConnections?.bitrate(fps), SHAPE.fps)) ?? 0,
  })
}

interface Side {
  begin(opened: OpenedPage): Promise<void>
  /** Bits a second of one direction's picture. */
  bitrate(opened: OpenedPage): Promise<number>
}

async function measured(folder: string, side: Side): Promise<Measured> {
  const opened = await openMediaPage(folder, [
    '--use-fake-device-for-media-stream=fps=30',
    `--use-file-for-fake-video-capture=${timecodeVideo(SHAPE)}`,
    `--use-file-for-fake-audio-capture=${speechAudio()}`,
  ])
  try {
    const { page } = opened
    await side.begin(opened)
    await page.waitForTimeout(SETTLE_MS)
    await cpuPercent(opened)
    await page.waitForTimeout(CPU_MS)
    const cpu = await cpuPercent(opened)
    // Both probes in one page: the second would take the place of the first.
    await watchCaptured(page)
    await page.evaluate(() => (window.captured = window.sightings))
    await watchShown(page, 'remote-video')
    await page.waitForTimeout(WATCH_MS)
    const captured = await page.evaluate(() => window.captured ?? [])
    const shown = await takeSightings(page)
    const latency = delays(captured, shown)
    const [p50, p95] = [quantile(latency, 0.5), quantile(latency, 0.95)]
    if (p50 === undefined || p95 === undefined) throw new Error('no time code was seen')
    return {
      p50,
      p95,
      cpu,
      kbits: (await side.bitrate(opened)) / 1000,
      framesPerSecond: shown.length / (WATCH_MS / 1000),
    }
  } finally {
    await opened.close()
  }
}

/** Since the last call of this. */
function cpuPercent({ electron }: OpenedPage): Promise<number> {
  return (
    electron
      .evaluate(({ app }) => app.getAppMetrics().reduce((sum, { cpu }) => sum + cpu.percentCPUUsage, 0))
      // Electron divides by the number of cores.
      .then((share) => share * cpus().length)
  )
}
