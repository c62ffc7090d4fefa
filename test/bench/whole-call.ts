/**
 * A whole call between two Sightline apps against one between two bare Electron windows with Chromium's RTCPeerConnection:
 * the same picture, size, codec and highest bitrate, on the direct path, in alternating runs. Latency is from a camera frame
 * entering the page to its display on the other side; each run starts its apps anew, so that the phases of cameras and displays differ.
 */
import { type CallOptions, measureCall, startPair } from '../demo/measured-call.ts'
import { delays, quantile, takeSightings, watchCaptured, watchShown } from '../e2e/harness/picture-probe.ts'
import { startService } from '../e2e/harness/service.ts'
import { speechAudio } from '../support/speech-audio.ts'
import { timecodeVideo } from '../support/timecode-video.ts'
import { type BareApp, startBareApp } from './bare-apps.ts'
import { median, significant } from './statistics.ts'

const RUNS = 5
const SECONDS = 10
const SHAPE = { width: 640, height: 360, fps: 30, frames: 300 }
const SETTLE_MS = 4000
const WATCH_MS = 4000

interface Measured {
  readonly p50: number
  readonly p95: number
  readonly cpu: number
  readonly kbits: number
}

export async function benchWholeCall(): Promise<object> {
  const sightline: Measured[] = []
  const pair: Measured[] = []
  for (let run = 0; run < RUNS; run++) {
    const ours = await sightlineCall()
    sightline.push(ours)
    pair.push(await peerConnectionCall(ours.kbits * 1000))
  }
  const middle = (runs: readonly Measured[]) => ({
    latencyP50Ms: significant(median(runs.map(({ p50 }) => p50))),
    latencyP95Ms: significant(median(runs.map(({ p95 }) => p95))),
    cpuPercentPerApp: significant(median(runs.map(({ cpu }) => cpu))),
    videoKbits: significant(median(runs.map(({ kbits }) => kbits))),
  })
  const [ours, theirs] = [middle(sightline), middle(pair)]
  return {
    runs: RUNS,
    picture: SHAPE,
    sightline: ours,
    peerConnections: theirs,
    latencyRatio: significant(ours.latencyP50Ms / theirs.latencyP50Ms),
    latencyP95Ratio: significant(ours.latencyP95Ms / theirs.latencyP95Ms),
    cpuRatio: significant(ours.cpuPercentPerApp / theirs.cpuPercentPerApp),
    each: { sightline, pair },
  }
}

async function sightlineCall(): Promise<Measured> {
  const service = await startService()
  try {
    const options: CallOptions = {
      service,
      seconds: SECONDS,
      video: timecodeVideo(SHAPE),
      audio: speechAudio(),
      suite: 'AES_256_CM_HMAC_SHA1_80',
      videoCodec: 'VP8',
      relayOnly: false,
    }
    const [caller, callee] = await startPair(options)
    try {
      const report = await measureCall(caller, callee, options)
      const { latencyMs, cpuPercent, statistics } = report
      if (latencyMs.p50 === undefined || latencyMs.p95 === undefined) throw new Error('no time code was seen')
      const { bytes, frames } = statistics.caller.video.sent
      return {
        p50: latencyMs.p50,
        p95: latencyMs.p95,
        cpu: (cpuPercent.caller + cpuPercent.callee) / 2,
        kbits: (bytes * 8 * SHAPE.fps) / frames / 1000,
      }
    } finally {
      await Promise.all([caller.close(), callee.close()])
    }
  } finally {
    await service.stop()
  }
}

interface Sent {
  readonly frames: number
  readonly bytes: number
}
declare const window: { readonly call: Record<string, (...args: readonly unknown[]) => Promise<unknown>> }

async function peerConnectionCall(bitrate: number): Promise<Measured> {
  const switches = [
    '--use-fake-device-for-media-stream=fps=30',
    `--use-file-for-fake-video-capture=${timecodeVideo(SHAPE)}`,
    `--use-file-for-fake-audio-capture=${speechAudio()}`,
  ]
  const [a, b] = await Promise.all([startBareApp('call.html', switches), startBareApp('call.html', switches)])
  try {
    await Promise.all([run(a, 'open', SHAPE), run(b, 'open', SHAPE)])
    await run(a, 'accept', await run(b, 'answer', await run(a, 'offer')))
    await Promise.all([a, b].map((app) => run(app, 'limit', bitrate, 'maintain-resolution')))
    await a.page.waitForTimeout(SETTLE_MS)
    await Promise.all([a.cpuPercent(), b.cpuPercent()])
    await a.page.waitForTimeout(SECONDS * 1000 - WATCH_MS)
    const cpu = await Promise.all([a.cpuPercent(), b.cpuPercent()])
    await watchCaptured(a.page)
    await watchShown(b.page, 'remote-video')
    await a.page.waitForTimeout(WATCH_MS)
    const latency = delays(await takeSightings(a.page), await takeSightings(b.page))
    const [p50, p95] = [quantile(latency, 0.5), quantile(latency, 0.95)]
    if (p50 === undefined || p95 === undefined) throw new Error('no time code was seen')
    // `sent` of bare-app/call.js returns this shape.
    const sent = (await run(a, 'sent')) as Sent
    return { p50, p95, cpu: (cpu[0] + cpu[1]) / 2, kbits: (sent.bytes * 8 * SHAPE.fps) / sent.frames / 1000 }
  } finally {
    await Promise.all([a.close(), b.close()])
  }
}

function run(app: BareApp, name: string, ...args: readonly unknown[]): Promise<unknown> {
  return app.page.evaluate(({ name, args }) => window.call[name]?.(...args), { name, args })
}
