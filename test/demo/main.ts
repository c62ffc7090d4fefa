/** `npm run demo` (scripts/demo.mjs): one call between two real apps, a report to read and one for machines. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { SuiteName, VideoCodecChoice } from '../../src-shared/ipc/snapshot.ts'
import { VIDEO_CODECS } from '../../src-shared/media/payload-types.ts'
import { repository } from '../e2e/harness/repository.ts'
import { startService } from '../e2e/harness/service.ts'
import { speechAudio } from '../support/speech-audio.ts'
import { timecodeVideo } from '../support/timecode-video.ts'
import { type CallReport, measureCall, startPair } from './measured-call.ts'
import { type GroupReport, groupPictures, measureGroup, PARTICIPANTS_MAX, startCrowd } from './measured-group.ts'

const SUITES: readonly SuiteName[] = ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM']

const { values } = parseArgs({
  options: {
    'relay-only': { type: 'boolean', default: false },
    suite: { type: 'string', default: SUITES[0] },
    codec: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    video: { type: 'string' },
    audio: { type: 'string' },
    participants: { type: 'string', default: '2' },
  },
})
const suite = SUITES.find((name) => name === values.suite)
const codec = values.codec === undefined ? 'automatic' : VIDEO_CODECS.find((name) => name === values.codec)
const seconds = Number(values.seconds)
if (!suite) stop(`--suite is one of ${SUITES.join(', ')}`)
if (!codec) stop(`--codec is one of ${VIDEO_CODECS.join(', ')}`)
if (!(seconds >= 2 && seconds <= 3600)) stop('--seconds is a number from 2 to 3600')

const participants = Number(values.participants)
if (!(Number.isInteger(participants) && participants >= 2 && participants <= PARTICIPANTS_MAX)) {
  stop(`--participants is a number from 2 to ${PARTICIPANTS_MAX}`)
}

const reports = path.join(repository, 'reports')
mkdirSync(reports, { recursive: true })
const started = Date.now()
try {
  if (participants > 2) {
    const report = await runGroup(participants, seconds)
    save({ ok: true, error: null, ...report })
    printGroup(report)
  } else {
    const report = await run(suite, codec, seconds)
    save({ ok: true, error: null, ...report })
    print(report)
  }
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  save({ ok: false, error: message })
  stop(`The call failed: ${message}`)
}

async function run(suite: SuiteName, videoCodec: VideoCodecChoice, seconds: number): Promise<CallReport> {
  const service = await startService()
  try {
    const options = {
      service,
      seconds,
      suite,
      videoCodec,
      relayOnly: values['relay-only'],
      video: values.video ?? timecodeVideo({ width: 640, height: 360, fps: 30, frames: 300 }),
      audio: values.audio ?? speechAudio(),
      screenshots: path.join(reports, 'demo'),
    }
    const [caller, callee] = await startPair(options)
    try {
      return await measureCall(caller, callee, options)
    } finally {
      await Promise.all([caller.close(), callee.close()])
    }
  } finally {
    await service.stop()
  }
}

/** Every app is real: a few of them keep two cores busy, so the camera gives a third of the frames, or fewer. Above eight, two are apps. */
async function runGroup(count: number, seconds: number): Promise<GroupReport> {
  const service = await startService()
  try {
    const fps = groupPictures(count)
    const options = {
      service,
      seconds,
      video: values.video ?? timecodeVideo({ width: 640, height: 360, fps, frames: 10 * fps }),
      audio: values.audio ?? speechAudio(),
      screenshots: path.join(reports, 'demo'),
    }
    const crowd = await startCrowd(options, count)
    try {
      return await measureGroup(crowd, options)
    } finally {
      await Promise.all([crowd.others?.leave(), ...crowd.apps.map((app) => app.close())])
    }
  } finally {
    await service.stop()
  }
}

function save(content: object): void {
  writeFileSync(path.join(reports, 'demo.json'), `${JSON.stringify(content, undefined, 2)}\n`)
}

function stop(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

function print({
  suite,
  safetyWords,
  path: way,
  timings,
  video,
  audio,
  latencyMs,
  cpuPercent,
  processes,
}: CallReport): void {
  const ms = (value: number | undefined) => (value === undefined ? 'not reached' : `${Math.round(value)} ms`)
  const same = safetyWords.caller.join(' ') === safetyWords.callee.join(' ')
  console.log(`
Two apps called each other through a service on this machine.

  encryption      ${suite ?? 'none'}
  safety words    ${safetyWords.caller.join(' ')} (${same ? 'the same on both sides' : `DIFFERENT: ${safetyWords.callee.join(' ')}`})
  path            first ${way.first ?? 'none'}, then ${way.final ?? 'none'}
  ring            ${ms(timings.inviteToRingMs)} after the call button
  first picture   ${ms(timings.acceptToCallersFrameMs)} after accepting, in both windows after ${ms(timings.acceptToFirstRemoteFrameMs)}; first sound ${ms(timings.acceptToFirstRemoteAudioMs)}; direct path ${ms(timings.acceptToDirectMs)}
  picture         ${video.codec ?? 'none'} ${video.width}×${video.height}, ${video.fps} frames a second, ${video.renderedFrames} of ${video.sentFrames} shown, ${video.freezes} freezes
  sound           ${Math.round(audio.playedMs)} ms played of ${Math.round(audio.sentMs)} ms sent, ${Math.round(audio.concealedMs)} ms concealed
  delay           ${ms(latencyMs.p50)} (95 of 100 under ${ms(latencyMs.p95)}) from camera to display
  processor       caller ${cpuPercent.caller} %, callee ${cpuPercent.callee} % of one core, ${processes} processes

The whole took ${Math.round((Date.now() - started) / 1000)} s. Figures: reports/demo.json, pictures: reports/demo/
`)
}

function printGroup({
  participants: count,
  epochs,
  rekeyMs,
  leaveToNewKeysMs,
  rosterDigest,
  acceptToAllPicturesMs,
  cpuPercent,
}: GroupReport): void {
  console.log(`
${count} participants, ${cpuPercent.length} of them apps, were in one call through a service on this machine, and one of them left.

  member list     ${rosterDigest.slice(0, 16)} (the same for all)
  keys            ${epochs} epochs; from the first to the last participant ${Math.round(rekeyMs.p50 ?? 0)} ms (95 of 100 under ${Math.round(rekeyMs.p95 ?? 0)} ms)
  after leaving   all have new keys ${leaveToNewKeysMs} ms after one left
  pictures        ${acceptToAllPicturesMs} ms after the last yes, all saw all
  processor       ${cpuPercent.join(' %, ')} % of one core

The whole took ${Math.round((Date.now() - started) / 1000)} s. Figures: reports/demo.json, pictures: reports/demo/
`)
}
