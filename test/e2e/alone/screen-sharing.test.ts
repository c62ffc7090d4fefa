/** A shared screen between two real apps, picked in the real picker: beside the camera, and gone when it is stopped or closed. */
import { execFileSync, spawnSync } from 'node:child_process'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import texts from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import { startPair } from '../../demo/measured-call.ts'
import {
  accept,
  callByHandle,
  closeProof,
  openProof,
  request,
  statistics,
  until,
  untilMedia,
  untilStatistics,
} from '../harness/actions.ts'
import type { RunningApp } from '../harness/app.ts'
import { callOptions } from '../harness/call-options.ts'
import { type RunningService, startService } from '../harness/service.ts'

let service: RunningService
let caller: RunningApp
let callee: RunningApp

beforeAll(async () => {
  service = await startService()
  ;[caller, callee] = await startPair(callOptions(service, 15))
})

afterAll(async () => {
  await Promise.allSettled([caller.close(), callee.close()])
  await service.stop()
})

/** Any movement brings the controls back. */
async function press(page: Page, name: keyof typeof texts): Promise<void> {
  await page.mouse.move(300, 300)
  await page.mouse.move(320, 320)
  await page.getByRole('toolbar').getByRole('button', { name: texts[name] }).click()
}

/** What a page gets of the screen by itself: the size of a track, or the reason why there is none. */
function capture(page: Page, way: 'display' | 'desktop'): Promise<string> {
  return page.evaluate(async (way) => {
    // Chromium's old way, which names a source itself.
    const desktop = { video: { mandatory: { chromeMediaSource: 'desktop' } } } as unknown as MediaStreamConstraints
    try {
      const stream = await (way === 'display'
        ? navigator.mediaDevices.getDisplayMedia({ video: true })
        : navigator.mediaDevices.getUserMedia(desktop))
      for (const track of stream.getTracks()) track.stop()
      return 'captured'
    } catch (error) {
      return error instanceof DOMException ? 'refused' : String(error)
    }
  }, way)
}

/** How often the picture of the element changed within a second, and its size. */
function shown(page: Page): Promise<{ width: number; height: number; brightest: number }> {
  return page.evaluate(() => {
    const video = document.querySelector<HTMLVideoElement>('[data-testid="remote-screen"]')
    if (video === null) throw new Error('no screen')
    const canvas = new OffscreenCanvas(64, 48)
    const pen = canvas.getContext('2d')
    pen?.drawImage(video, 0, 0, 64, 48)
    const pixels = pen?.getImageData(0, 0, 64, 48).data ?? new Uint8ClampedArray()
    return {
      width: video.videoWidth,
      height: video.videoHeight,
      brightest: Math.max(...pixels.filter((_, i) => i % 4 < 3)),
    }
  })
}

/** Where there is no window manager, nothing counts as a window: this says that one is. */
function manage(sourceId: string): void {
  execFileSync('xprop', ['-id', sourceId.split(':')[1] ?? '', '-f', 'WM_STATE', '32c', '-set', 'WM_STATE', '1'])
}

function hasXprop(): boolean {
  return spawnSync('xprop', ['-version']).error === undefined
}

async function connect(): Promise<readonly [Page, Page]> {
  const pages = [await caller.main(), await callee.main()] as const
  await callByHandle(pages[0], 'grace')
  await accept(callee)
  for (const page of pages) await until(page, 'connected', ({ call }) => call?.phase.kind === 'connected')
  return pages
}

describe('a shared screen', () => {
  it('is seen by nobody, and listed to no page, before there is a call', async () => {
    const page = await caller.main()
    expect(await capture(page, 'display')).toBe('refused')
    expect(await capture(page, 'desktop')).toBe('refused')
    const asked = page.evaluate(() => window.sightline.request('screen.sources', undefined))
    await expect(asked).rejects.toThrow()
    const pick = { id: 'screen:1:0', sound: false }
    expect(await page.evaluate((pick) => window.sightline.request('screen.pick', pick), pick)).toBe('gone')
  })

  it('is picked, shown beside the camera, and stopped', async () => {
    const [there, here] = await connect()
    await openProof(here)
    await untilMedia(here, 30, 500)

    await press(there, 'share.open')
    const dialog = there.getByRole('dialog', { name: texts['share.title'] })
    const share = dialog.getByRole('button', { name: texts['share.begin'] })
    await dialog.getByRole('radio', { name: texts['share.screen.whole'] }).waitFor()
    expect(await share.isDisabled()).toBe(true)
    // The app itself is not among the windows.
    const names = await dialog.getByRole('radiogroup', { name: texts['share.sources'] }).getByRole('radio').all()
    const labels = await Promise.all(names.map((radio) => radio.getAttribute('aria-label')))
    expect(labels.some((label) => label?.includes('Sightline'))).toBe(false)
    // A page cannot use the picker's list before the person has chosen.
    expect(await capture(there, 'display')).toBe('refused')
    expect(await capture(there, 'desktop')).toBe('refused')
    await dialog.getByRole('radio', { name: texts['share.screen.whole'] }).click()
    await share.click()
    await dialog.waitFor({ state: 'detached' })

    await there.getByRole('region', { name: texts['share.on'] }).waitFor()
    await until(here, 'the share is told', ({ call }) => call?.remote.screen === true)
    const first = await untilStatistics(here, 'the screen moves', ({ screen }) => screen.received.rendered >= 5)
    const later = await untilStatistics(
      here,
      'both go on',
      ({ screen, video }) =>
        screen.received.rendered >= first.screen.received.rendered + 10 &&
        video.received.rendered >= first.video.received.rendered + 30,
    )
    expect(later.screen.received.codec).toBe('VP8')
    for (const videoCodec of ['VP9', 'H264'] as const) {
      await request(there, 'settings.update', { videoCodec })
      const { screen: before } = await statistics(here)
      await untilStatistics(
        here,
        `the screen in ${videoCodec}`,
        ({ screen: { received } }) => received.codec === videoCodec && received.rendered > before.received.rendered + 5,
      )
    }
    const picture = await shown(here)
    expect(Math.min(picture.width, picture.height)).toBeGreaterThanOrEqual(540)
    expect(picture.brightest).toBeGreaterThan(60)
    expect(await here.getByTestId('remote-video').isVisible()).toBe(true)
    // What was captured was the pick's one capture: there is no second.
    expect(await capture(there, 'display')).toBe('refused')

    await there.getByRole('region', { name: texts['share.on'] }).getByRole('button').click()
    await until(here, 'the end is told', ({ call }) => call?.remote.screen === false)
    await here.getByTestId('remote-screen').waitFor({ state: 'detached' })
    const ended = await statistics(here)
    await untilStatistics(
      here,
      'the camera goes on',
      ({ video }) => video.received.rendered > ended.video.received.rendered + 30,
    )
    await closeProof(here)
  })

  it.skipIf(!hasXprop())('ends by itself when its window is closed, and the other side may share as well', async () => {
    const [there, here] = [await caller.main(), await callee.main()]
    // A window of another program, as the system sees it.
    const source = await callee.electron.evaluate(async ({ BrowserWindow }) => {
      const other = new BrowserWindow({ width: 500, height: 400, title: 'A document' })
      await other.loadURL('data:text/html,<title>A document</title><h1>Hello</h1>')
      return other.getMediaSourceId()
    })
    manage(source)
    for (const page of [there, here]) {
      await press(page, 'share.open')
      const dialog = page.getByRole('dialog', { name: texts['share.title'] })
      const name = page === here ? texts['share.screen.whole'] : 'A document'
      await dialog.getByRole('radio', { name }).click()
      await dialog.getByRole('radio', { name: texts['share.motion'] }).click()
      await dialog.getByRole('button', { name: texts['share.begin'] }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    await until(there, 'both share', ({ call }) => call?.remote.screen === true && call.local.screen)
    for (const page of [there, here]) await page.getByTestId('remote-screen').waitFor()
    await callee.electron.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()
        .find((window) => window.getTitle() === 'A document')
        ?.destroy()
    })
    await until(there, 'the share ended', ({ call }) => call?.local.screen === false)
    await there.getByText(texts['share.lost']).waitFor()
    expect((await until(there, 'the other goes on', ({ call }) => call !== undefined)).call?.remote.screen).toBe(true)
  })
})
