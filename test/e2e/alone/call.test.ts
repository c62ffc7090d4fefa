/** What a call between real apps carries, through the real service: both suites, every format, the ways of talking, a service that restarts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import texts from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import { measureCall, startPair } from '../../demo/measured-call.ts'
import { endCall, openProof, request, snapshot, statistics, until, untilStatistics } from '../harness/actions.ts'
import type { RunningApp } from '../harness/app.ts'
import { callOptions } from '../harness/call-options.ts'
import { connect, hasEnded, idle } from '../harness/pair.ts'
import { type RunningService, startService } from '../harness/service.ts'

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

describe.each([
  { suite: 'AES_256_CM_HMAC_SHA1_80', relayOnly: false },
  { suite: 'AEAD_AES_256_GCM', relayOnly: true },
] as const)('a call with $suite, relay only: $relayOnly', ({ suite, relayOnly }) => {
  it('shows and plays each other, with equal safety words', async () => {
    await idle([caller, callee])
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
  await connect([caller, callee])
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
  await until(pages[1], 'ended', hasEnded)
})

it('lets the person talk while the space bar is held, and mute from any app, during a call', async () => {
  await connect([caller, callee])
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
  await until(page, 'ended', hasEnded)
  await expect.poll(isRegistered).toBe(false)
})

it('goes on when the service restarts in the call, and new calls work afterwards', async () => {
  await connect([caller, callee])
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
  await until(page, 'ended', hasEnded)
})
