/**
 * What it costs to receive a group: one session that gets the pictures of so many members, decodes them and draws them on
 * one mosaic, and five voices. The crowd is played from memory by the page's main thread, which does nothing else and
 * is left out; all other threads of Chromium count, the worker's also apart.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { buildMediaPage, openMediaPage, type OpenedPage } from '../e2e/media-page/launch.ts'
import { speechAudio } from '../support/speech-audio.ts'
import { timecodeVideo } from '../support/timecode-video.ts'
import { significant } from './statistics.ts'

const SHAPE = { width: 640, height: 360, fps: 30, frames: 300 }
const RECORD_MS = 12_000
const SETTLE_MS = 3000
const MEASURE_MS = 6000
const COUNTS = [4, 8, 16, 32] as const
const TILES = [
  { layer: 0, width: 320, height: 180 },
  { layer: 1, width: 640, height: 360 },
] as const
/** Of the kernel's accounts, a second (`getconf CLK_TCK`). */
const TICKS = 100

export async function benchGroupMedia(): Promise<object> {
  const folder = await buildMediaPage()
  const results: object[] = []
  try {
    for (const { layer, ...tile } of TILES) {
      for (const count of COUNTS) results.push(await measure(folder, layer, tile, count))
    }
    return { results }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(folder: string, layer: number, tile: { width: number; height: number }, count: number) {
  const opened = await openMediaPage(folder, [
    '--use-fake-device-for-media-stream=fps=30',
    `--use-file-for-fake-video-capture=${timecodeVideo(SHAPE)}`,
    `--use-file-for-fake-audio-capture=${speechAudio()}`,
  ])
  try {
    const { page } = opened
    await page.evaluate(
      async ({ layer, tile, count, milliseconds }) => {
        const scope = window.mediaPage
        if (scope?.Crowd === undefined) throw new Error('the page is not there')
        const crowd = (scope.crowd = new scope.Crowd())
        await crowd.record([layer], milliseconds)
        crowd.play(count, tile)
      },
      { layer, tile, count, milliseconds: RECORD_MS },
    )
    await page.waitForTimeout(SETTLE_MS)
    const frames = () =>
      page.evaluate(async () => {
        const members = Object.values((await window.mediaPage?.crowd?.session?.statistics())?.members ?? {})
        return members.reduce((sum, { video }) => sum + video.rendered, 0)
      })
    const [before, framesBefore, at] = [threadSeconds(opened), await frames(), performance.now()]
    await page.waitForTimeout(MEASURE_MS)
    const [after, framesAfter] = [threadSeconds(opened), await frames()]
    const seconds = (performance.now() - at) / 1000
    const percent = (counts: (thread: Thread) => boolean) =>
      significant(
        [...after].reduce((sum, [id, thread]) => {
          if (!counts(thread)) return sum
          return sum + (100 * (thread.seconds - (before.get(id)?.seconds ?? 0))) / seconds
        }, 0),
      )
    return {
      members: count,
      lines: tile.height,
      framesPerSecondEach: significant((framesAfter - framesBefore) / seconds / count),
      workerPercent: percent(({ name }) => name.startsWith('DedicatedWorker')),
      allPercent: percent(({ isPage }) => !isPage),
      load: significant(loadavg()[0] ?? 0),
    }
  } finally {
    await opened.page.evaluate(() => window.mediaPage?.crowd?.stop())
    await opened.close()
  }
}

interface Thread {
  readonly name: string
  /** The main thread of a page. */
  readonly isPage: boolean
  readonly seconds: number
}

/** Every thread of the app, by number. */
function threadSeconds({ electron }: OpenedPage): Map<string, Thread> {
  const threads = new Map<string, Thread>()
  for (const process of family(electron.process().pid ?? 0)) {
    const isRenderer = read(`/proc/${process}/cmdline`).includes('--type=renderer')
    for (const thread of list(`/proc/${process}/task`)) {
      const stat = read(`/proc/${process}/task/${thread}/stat`)
      const end = stat.lastIndexOf(')')
      const fields = stat.slice(end + 2).split(' ')
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS
      const name = stat.slice(stat.indexOf('(') + 1, end)
      if (end > 0) threads.set(`${process} ${thread}`, { name, isPage: isRenderer && thread === process, seconds })
    }
  }
  return threads
}

function family(root: number): string[] {
  const parents = list('/proc').flatMap((process) => {
    const stat = /^\d+$/.test(process) ? read(`/proc/${process}/stat`) : ''
    return stat === '' ? [] : [[process, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? ''] as const]
  })
  const found = [String(root)]
  for (const known of found) for (const [process, parent] of parents) if (parent === known) found.push(process)
  return found
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // It ended meanwhile.
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
