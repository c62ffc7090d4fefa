/** Calls between real apps through the real service: each way in which one begins, goes on and ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import texts from '../../src-renderer/app/language/en.json' with { type: 'json' }
import type { EndReason, Snapshot } from '../../src-shared/ipc/snapshot.ts'
import { measureCall, startPair } from '../demo/measured-call.ts'
import {
  accept,
  callByHandle,
  decline,
  endCall,
  openProof,
  request,
  snapshot,
  statistics,
  until,
  untilStatistics,
} from './harness/actions.ts'
import { type RunningApp, startApp } from './harness/app.ts'
import { callOptions } from './harness/call-options.ts'
import { type RunningService, startService } from './harness/service.ts'

let service: RunningService
let caller: RunningApp
let callee: RunningApp

beforeAll(async () => {
  service = await startService()
  ;[caller, callee] = await startPair(callOptions(service))
})

afterAll(async () => {
  await Promise.allSettled([caller.close(), callee.close()])
  await service.stop()
})

const ended = (state: Snapshot) => state.call === undefined || state.call.phase.kind === 'ended'
const endReason = ({ call }: Snapshot): EndReason | undefined =>
  call?.phase.kind === 'ended' ? call.phase.reason : undefined

async function idle(): Promise<void> {
  for (const app of [caller, callee]) {
    const page = await app.main()
    const { call: running } = await snapshot(page)
    // A test that failed in the middle leaves its call to the next one.
    if (running && running.phase.kind !== 'ended') await request(page, 'call.end', running.callId)
    const { call } = await until(page, 'the last call is over', ended)
    if (call) await request(page, 'call.dismiss', call.callId)
  }
}

async function connect(): Promise<void> {
  await idle()
  for (const app of [caller, callee]) {
    await request(await app.main(), 'settings.update', { hideAddress: false, videoCodec: 'automatic' })
  }
  await callByHandle(await caller.main(), 'grace')
  await accept(callee)
  for (const app of [caller, callee]) {
    await until(await app.main(), 'connected', ({ call }) => call?.phase.kind === 'connected')
  }
}

describe.each([
  { suite: 'AES_256_CM_HMAC_SHA1_80', relayOnly: false },
  { suite: 'AEAD_AES_256_GCM', relayOnly: true },
] as const)('a call with $suite, relay only: $relayOnly', ({ suite, relayOnly }) => {
  it('shows and plays each other, with equal safety words', async () => {
    await idle()
    for (const app of [caller, callee]) {
      await request(await app.main(), 'settings.update', { hideAddress: relayOnly, preferredSuite: suite })
    }
    const report = await measureCall(caller, callee, { ...callOptions(service), suite, relayOnly })
    expect(report.suite).toBe(suite)
    expect(report.safetyWords.caller).toHaveLength(4)
    expect(report.safetyWords.callee).toEqual(report.safetyWords.caller)
    expect(report.path).toEqual({ first: 'relay', final: relayOnly ? 'relay' : 'direct' })
    expect(report.video).toMatchObject({ codec: 'VP8', width: 640, height: 360 })
    expect(report.video.renderedFrames).toBeGreaterThan(60)
    expect(report.audio.playedMs).toBeGreaterThan(2000)
    expect(report.latencyMs.frames).toBeGreaterThan(10)
    for (const { packets } of Object.values(report.statistics)) expect(packets.refused).toBe(0)
  })
})

it('goes over to another format of the picture when the person chooses one in the call', async () => {
  await connect()
  const pages = await Promise.all([caller.main(), callee.main()])
  for (const page of pages) await openProof(page)
  for (const videoCodec of ['VP9', 'H264', 'automatic'] as const) {
    for (const page of pages) await request(page, 'settings.update', { videoCodec })
    const codec = videoCodec === 'automatic' ? 'VP8' : videoCodec
    for (const page of pages) {
      const { video } = await untilStatistics(page, codec, ({ video: { sent, received } }) =>
        [sent, received].every((counters) => counters.codec === codec),
      )
      const seen = video.received.rendered
      await untilStatistics(page, `pictures in ${codec}`, ({ video: { received } }) => received.rendered > seen + 20)
    }
  }
  await endCall(pages[0])
  await until(pages[1], 'ended', ended)
})

it('lets the person talk while the space bar is held, and mute from any app, during a call', async () => {
  await connect()
  const [page, other] = await Promise.all([caller.main(), callee.main()])
  const shortcut = 'Control+Shift+F9'
  const isRegistered = () =>
    caller.electron.evaluate(({ globalShortcut }, keys) => globalShortcut.isRegistered(keys), shortcut)
  await request(page, 'settings.update', { pushToTalk: true, muteShortcut: shortcut })
  await page.mouse.move(300, 300)
  await page.getByRole('button', { name: texts['call.mute'], exact: true }).click()
  await until(other, 'muted', ({ call }) => call?.remote.audio === false)
  expect(await isRegistered()).toBe(true)
  // The button that was pressed last has the focus, and is not pressed again.
  await page.keyboard.down('Space')
  await until(other, 'talking', ({ call }) => call?.remote.audio === true)
  await page.keyboard.up('Space')
  await until(other, 'muted again', ({ call }) => call?.remote.audio === false)
  await page.waitForTimeout(300)
  expect((await snapshot(page)).call?.local.audio).toBe(false)
  await request(page, 'settings.update', { pushToTalk: false })
  await endCall(page)
  await until(page, 'ended', ended)
  await expect.poll(isRegistered).toBe(false)
})

it('ends for both when the callee declines', async () => {
  await idle()
  const page = await caller.main()
  await callByHandle(page, 'grace')
  await decline(callee)
  const state = await until(page, 'declined', ended)
  expect(endReason(state)).toBe('declined')
  const other = await until(await callee.main(), 'in the history', ({ history }) => history[0]?.reason === 'declined')
  expect(other.history[0]).toMatchObject({ direction: 'incoming', handle: 'ada' })
})

it('stops ringing when the caller cancels', async () => {
  await idle()
  const page = await caller.main()
  await callByHandle(page, 'grace')
  await callee.incoming()
  await endCall(page)
  const state = await until(await callee.main(), 'the ring ends', ({ incoming }) => incoming === undefined)
  expect(state.history[0]).toMatchObject({ reason: 'cancelled', direction: 'incoming', unseen: true })
})

it('gives up when nobody answers', { timeout: 90_000 }, async () => {
  await idle()
  const page = await caller.main()
  await callByHandle(page, 'grace')
  await callee.incoming()
  const state = await until(page, 'no answer', ended, 60_000)
  expect(endReason(state)).toBe('no-answer')
  await until(await callee.main(), 'the ring ends', ({ incoming }) => incoming === undefined)
})

it('goes on when the service restarts in the call, and new calls work afterwards', async () => {
  await connect()
  const page = await callee.main()
  await openProof(page)
  await until(page, 'direct', ({ call }) => call?.proof?.path === 'direct')
  await service.restart()
  const before = await statistics(page)
  await page.waitForTimeout(2000)
  const after = await statistics(page)
  expect(after.video.received.rendered - before.video.received.rendered).toBeGreaterThan(20)
  expect((await snapshot(page)).call?.phase.kind).toBe('connected')
  await endCall(await caller.main())
  await until(page, 'ended', ended)
})

it('rings on when the service restarts while ringing, and can be answered', async () => {
  await idle()
  for (const app of [caller, callee])
    await until(await app.main(), 'online', (state) => state.service.kind === 'online', 30_000)
  await callByHandle(await caller.main(), 'grace')
  await callee.incoming()
  await service.restart()
  for (const app of [caller, callee])
    await until(await app.main(), 'online', (state) => state.service.kind === 'online', 30_000)
  await accept(callee)
  await until(await caller.main(), 'connected', ({ call }) => call?.phase.kind === 'connected', 30_000)
  await endCall(await callee.main())
  await until(await caller.main(), 'ended', ended)
})

it('ends with a reason when the other app is killed', { timeout: 120_000 }, async () => {
  await connect()
  const page = await caller.main()
  await callee.kill()
  const state = await until(page, 'the loss is noticed', ended, 60_000)
  expect(endReason(state)).toBe('connection-lost')
  // The account is there again after a crash.
  callee = await startApp({
    ...callOptions(service),
    name: 'callee',
    service: service.address,
    profile: callee.profile,
  })
  const back = await until(
    await callee.main(),
    'the account is back',
    ({ startup }) => startup.kind === 'ready',
    30_000,
  )
  expect(back.startup).toMatchObject({ profile: { handle: 'grace' } })
})
