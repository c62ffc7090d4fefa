/** One call between two real apps with everything measured: what `npm run demo` reports, the bench compares and a test checks. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import type { CallStatistics } from '../../src-renderer/devices/media-session.ts'
import type { Bridge } from '../../src-shared/ipc/contract.ts'
import type { SuiteName, VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import {
  accept,
  callByHandle,
  createAccount,
  endCall,
  closeProof,
  openProof,
  request,
  statistics,
  until,
  untilMedia,
} from '../e2e/harness/actions.ts'
import { type RunningApp, startApp } from '../e2e/harness/app.ts'
import { delays, quantile, takeSightings, watchCaptured, watchShown } from '../e2e/harness/picture-probe.ts'
import type { RunningService } from '../e2e/harness/service.ts'

export interface CallOptions {
  readonly service: RunningService
  readonly seconds: number
  readonly video: string
  readonly audio: string
  readonly suite: SuiteName
  readonly videoCodec: VideoCodecChoice
  readonly relayOnly: boolean
  /** Where pictures of both apps in the call go. */
  readonly screenshots?: string
}

export interface CallReport {
  readonly suite: string | undefined
  readonly verified: boolean
  readonly safetyWords: { readonly caller: readonly string[]; readonly callee: readonly string[] }
  readonly path: { readonly first: string | undefined; readonly final: string | undefined }
  readonly timings: {
    readonly inviteToRingMs: number
    /** Until both see each other. */
    readonly acceptToFirstRemoteFrameMs: number | undefined
    /** Until who answered sees who called, whose camera was open before. */
    readonly acceptToCallersFrameMs: number | undefined
    readonly acceptToFirstRemoteAudioMs: number | undefined
    readonly acceptToDirectMs: number | undefined
  }
  readonly video: {
    readonly codec: string | undefined
    readonly width: number
    readonly height: number
    readonly sentFrames: number
    readonly renderedFrames: number
    readonly fps: number
    readonly freezes: number
  }
  readonly audio: {
    readonly codec: string
    readonly sentMs: number
    readonly playedMs: number
    readonly concealedMs: number
  }
  /** From the camera's frame to its display on the other side; undefined if the picture carries no time code. */
  readonly latencyMs: { readonly p50: number | undefined; readonly p95: number | undefined; readonly frames: number }
  /** Percent of one core, all processes of an app. */
  readonly cpuPercent: { readonly caller: number; readonly callee: number }
  readonly processes: number
  /** Everything that both apps counted. */
  readonly statistics: { readonly caller: CallStatistics; readonly callee: CallStatistics }
}

/** At most this much of the call is spent on watching the picture, which costs CPU of its own. */
const WATCH_MS = 4000
/** Sooner than a person can see who calls, find the button and press it. */
const ANSWERED_AFTER_MS = 1500
/** As long as a call may need to stand. */
const UNWATCHED_MS = 2500
const MEDIA_LIMIT_MS = 20_000
const DIRECT_LIMIT_MS = 10_000

export async function startPair(options: CallOptions): Promise<[RunningApp, RunningApp]> {
  const { service, video, audio } = options
  const start = (name: string) => startApp({ name, service: service.address, video, audio })
  const [caller, callee] = await Promise.all([start('caller'), start('callee')])
  const pages = await Promise.all([
    createAccount(caller, 'Ada Lovelace', 'ada'),
    createAccount(callee, 'Grace Hopper', 'grace'),
  ])
  for (const page of pages) {
    const { relayOnly, suite, videoCodec } = options
    await request(page, 'settings.update', { hideAddress: relayOnly, preferredSuite: suite, videoCodec })
  }
  return [caller, callee]
}

export async function measureCall(caller: RunningApp, callee: RunningApp, options: CallOptions): Promise<CallReport> {
  const [callerPage, calleePage] = await Promise.all([caller.main(), callee.main()])

  await Promise.all([callerPage, calleePage].map(watchPaths))
  await noteClicks(callerPage)
  await callByHandle(callerPage, 'grace')
  const called = await lastClick(callerPage)
  const incoming = await callee.incoming()
  await incoming.getByRole('button').first().waitFor()
  const rang = Date.now()
  await noteClicks(incoming)
  await incoming.waitForTimeout(ANSWERED_AFTER_MS)
  await accept(callee)
  const accepted = await lastClick(calleePage)
  // Watching costs as much as a part of the call.
  await callerPage.waitForTimeout(UNWATCHED_MS)

  await Promise.all(
    [callerPage, calleePage].map((page) => until(page, 'connected', ({ call }) => call?.phase.kind === 'connected')),
  )
  await Promise.all([openProof(callerPage), openProof(calleePage)])
  await Promise.all([callerPage, calleePage].map((page) => untilMedia(page, 1, 1, MEDIA_LIMIT_MS)))
  if (!options.relayOnly) await untilDirect(callerPage, calleePage)

  if (options.screenshots) await photograph(options.screenshots, callerPage, calleePage)

  const before = await Promise.all([statistics(callerPage), statistics(calleePage)])
  const quietSince = Date.now()
  // As in most calls: nobody looks at the figures, which costs as much as a part of the call.
  await Promise.all([callerPage, calleePage].map(closeProof))
  await Promise.all([caller.cpuPercent(), callee.cpuPercent()])
  const watchMs = Math.min(WATCH_MS, (options.seconds * 1000) / 2)
  await callerPage.waitForTimeout(Math.max(1000, options.seconds * 1000 - watchMs))
  const [callerCpu, calleeCpu] = await Promise.all([caller.cpuPercent(), callee.cpuPercent()])

  await watchCaptured(callerPage)
  await watchShown(calleePage, 'remote-video')
  await callerPage.waitForTimeout(watchMs)
  const latency = delays(await takeSightings(callerPage), await takeSightings(calleePage))

  await Promise.all([callerPage, calleePage].map(openProof))
  const after = await Promise.all([statistics(callerPage), statistics(calleePage)])
  const seconds = (Date.now() - quietSince) / 1000

  const words = await Promise.all(
    [callerPage, calleePage].map((page) =>
      until(page, 'safety words', ({ call }) => call?.proof?.safetyWords !== undefined),
    ),
  )
  const [last, lastCallee] = await Promise.all([statistics(callerPage), statistics(calleePage)])
  const processes = (await caller.processes()).length + (await callee.processes()).length
  const proofs = words.map(({ call }) => call?.proof)
  const paths = await Promise.all([callerPage, calleePage].map(takePaths))
  await endCall(callerPage)
  await Promise.all(
    [callerPage, calleePage].map((page) =>
      until(page, 'ended', ({ call }) => call === undefined || call.phase.kind === 'ended'),
    ),
  )

  const since = (times: (number | undefined)[]) =>
    times.some((time) => time === undefined) ? undefined : Math.max(...times.map((time) => (time ?? 0) - accepted))
  return {
    suite: proofs[0]?.suite,
    verified: proofs.every((proof) => proof?.verification === 'verified'),
    safetyWords: { caller: proofs[0]?.safetyWords ?? [], callee: proofs[1]?.safetyWords ?? [] },
    path: { first: paths[0]?.[0]?.path, final: proofs[0]?.path },
    timings: {
      inviteToRingMs: rang - called,
      acceptToFirstRemoteFrameMs: since([last.firstRemoteFrameAt, lastCallee.firstRemoteFrameAt]),
      acceptToCallersFrameMs: since([lastCallee.firstRemoteFrameAt]),
      acceptToFirstRemoteAudioMs: since([last.firstRemoteAudioAt, lastCallee.firstRemoteAudioAt]),
      acceptToDirectMs: since(paths.map((taken) => taken.find(({ path }) => path === 'direct')?.at)),
    },
    video: {
      codec: lastCallee.video.received.codec,
      width: lastCallee.video.received.width,
      height: lastCallee.video.received.height,
      sentFrames: last.video.sent.frames,
      renderedFrames: lastCallee.video.received.rendered,
      fps: round((after[1].video.received.rendered - before[1].video.received.rendered) / seconds),
      freezes: lastCallee.video.received.freezes,
    },
    audio: {
      codec: last.audio.codec,
      sentMs: last.audio.sentMs,
      playedMs: lastCallee.audio.playedMs,
      concealedMs: lastCallee.audio.concealedMs,
    },
    latencyMs: { p50: round(quantile(latency, 0.5)), p95: round(quantile(latency, 0.95)), frames: latency.length },
    cpuPercent: { caller: round(callerCpu), callee: round(calleeCpu) },
    processes,
    statistics: { caller: last, callee: lastCallee },
  }
}

declare const window: { readonly sightline: Bridge; pathsTaken: PathTaken[] }

/** Each click is noted where all windows of its app can read it, also when it closes its own: the tool that clicks waits before and after. */
async function noteClicks(page: Page): Promise<void> {
  await page.evaluate(() => {
    addEventListener('click', () => localStorage.setItem('clicked', String(Date.now())), { capture: true })
  })
}

/** `Date.now()` at the app's last click. */
function lastClick(page: Page): Promise<number> {
  return page.evaluate(() => Number(localStorage.getItem('clicked')))
}

/** A path that is never found shows in the report. */
async function untilDirect(...pages: Page[]): Promise<void> {
  await Promise.all(
    pages.map((page) => until(page, 'direct', ({ call }) => call?.proof?.path === 'direct', DIRECT_LIMIT_MS)),
  ).catch(() => undefined)
}

interface PathTaken {
  readonly path: 'relay' | 'direct'
  /** `Date.now()` in the page. */
  readonly at: number
}

/** Notes each path that the call takes, when the page hears of it: looking from here would be too slow for the first. */
async function watchPaths(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.pathsTaken = []
    window.sightline.on('snapshot', ({ call }) => {
      const path = call?.proof?.path
      if (path !== undefined && window.pathsTaken.at(-1)?.path !== path)
        window.pathsTaken.push({ path, at: Date.now() })
    })
  })
}

function takePaths(page: Page): Promise<readonly PathTaken[]> {
  return page.evaluate(() => window.pathsTaken)
}

async function photograph(folder: string, caller: Page, callee: Page): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await caller.screenshot({ path: path.join(folder, 'caller-proof.png') })
  await caller.keyboard.press('Escape')
  await caller.mouse.move(400, 300)
  await caller.waitForTimeout(300)
  await caller.screenshot({ path: path.join(folder, 'caller.png') })
  await openProof(caller)
  await callee.screenshot({ path: path.join(folder, 'callee.png') })
}

function round<Value extends number | undefined>(value: Value): Value {
  // Rounding keeps `undefined` as it is; the cast says only that.
  return (value === undefined ? value : Math.round(value * 10) / 10) as Value
}
