/** The small window that stands for a call while the main one is out of sight, between two real apps. */
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import texts from '../../src-renderer/app/language/en.json' with { type: 'json' }
import { startPair } from '../demo/measured-call.ts'
import { accept, callByHandle, openProof, request, snapshot, until, untilMedia } from './harness/actions.ts'
import type { RunningApp } from './harness/app.ts'
import { callOptions } from './harness/call-options.ts'
import { repository } from './harness/repository.ts'
import { type RunningService, startService } from './harness/service.ts'

const PICTURES = path.join(repository, 'reports/screenshots')

let service: RunningService
let caller: RunningApp
let callee: RunningApp
let page: Page

beforeAll(async () => {
  service = await startService()
  ;[caller, callee] = await startPair(callOptions(service, 15))
  page = await caller.main()
  mkdirSync(PICTURES, { recursive: true })
})

afterAll(async () => {
  await Promise.allSettled([caller.close(), callee.close()])
  await service.stop()
})

/** What closing does where the app lives on in a tray. Nothing is minimised here: that needs a window manager. */
async function leave(): Promise<void> {
  await caller.electron.evaluate(({ BrowserWindow }) => {
    const main = BrowserWindow.getAllWindows().find(
      ({ webContents }) => !webContents.isDestroyed() && webContents.getURL().endsWith('index.html'),
    )
    main?.hide()
  })
}

const isFloating = (candidate: Page) => candidate.url() === 'about:blank'
const floatingPages = () => caller.electron.windows().filter(isFloating)

async function floating(): Promise<Page> {
  await expect.poll(() => floatingPages().length, { timeout: 10_000 }).toBe(1)
  const [found] = floatingPages()
  if (!found) throw new Error('no small window')
  await found.getByRole('main').waitFor()
  return found
}

/** The window closes at the press: sometimes before the driver has heard of it. */
async function pressEscape(small: Page): Promise<void> {
  try {
    await small.keyboard.press('Escape')
  } catch (error) {
    if (!small.isClosed()) throw error
  }
}

const place = () =>
  caller.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()
      .find((w) => w.isAlwaysOnTop())
      ?.getBounds(),
  )
const gone = () => expect.poll(() => floatingPages().length, { timeout: 10_000 }).toBe(0)

/** Frames of the other side that the small window has shown. */
function frames(small: Page): Promise<number> {
  return small.evaluate(
    () =>
      document.querySelector<HTMLVideoElement>('[data-testid="floating-video"]')?.getVideoPlaybackQuality()
        .totalVideoFrames ?? 0,
  )
}

const facts = () =>
  caller.electron.evaluate(({ BrowserWindow }) => {
    // A page ends before its window does.
    const whole = BrowserWindow.getAllWindows().filter(({ webContents }) => !webContents.isDestroyed())
    return whole.map((window) => {
      const contents: object = window.webContents
      return {
        url: window.webContents.getURL(),
        pid: window.webContents.getOSProcessId(),
        onTop: window.isAlwaysOnTop(),
        visible: window.isVisible(),
        focused: window.isFocused(),
        preferences:
          'getLastWebPreferences' in contents && typeof contents.getLastWebPreferences === 'function'
            ? (contents.getLastWebPreferences() as Record<string, unknown>)
            : {},
      }
    })
  })

describe('the small window', () => {
  it('is refused to a page that is in no call', async () => {
    expect(await page.evaluate(() => window.open('about:blank', 'floating-call') === null)).toBe(true)
    expect(floatingPages()).toHaveLength(0)
  })

  it('shows the other side above all windows when the main one is hidden', async () => {
    await callByHandle(page, 'grace')
    await accept(callee)
    await until(page, 'connected', ({ call }) => call?.phase.kind === 'connected')
    await openProof(page)
    await untilMedia(page, 30, 0)
    await leave()
    const small = await floating()
    await expect.poll(() => frames(small), { timeout: 10_000 }).toBeGreaterThan(10)
    const before = await frames(small)
    await expect.poll(() => frames(small), { timeout: 5000 }).toBeGreaterThan(before + 20)
    expect(await small.getByRole('heading').textContent()).toContain('Grace')
    expect(await small.getByRole('timer').textContent()).toMatch(/^\d+:\d\d$/)
    expect(await small.title()).toContain('Grace')
    await small.screenshot({ path: path.join(PICTURES, 'floating-picture.png') })
    await small.mouse.move(150, 100)
    await small.waitForTimeout(400)
    await small.screenshot({ path: path.join(PICTURES, 'floating-controls.png') })
    const windows = await facts()
    const main = windows.find(({ url }) => url.endsWith('index.html'))
    const own = windows.find(({ url }) => !url.endsWith('index.html'))
    expect(own).toMatchObject({ onTop: true, visible: true })
    expect(main?.visible).toBe(false)
    // One renderer: no picture and no key crosses to another process.
    expect(own?.pid).toBe(main?.pid)
  })

  it('is no way out of the page', async () => {
    const small = await floating()
    const own = (await facts()).find(({ url }) => !url.endsWith('index.html'))
    expect(own?.preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })
    expect(own?.preferences['preload']).toBeFalsy()
    expect(
      await small.evaluate(() => ['sightline', 'require', 'process'].filter((name) => name in globalThis)),
    ).toEqual([])
    // The page's policy holds in it.
    expect(
      await small.evaluate(() =>
        fetch('https://example.org/').then(
          () => 'there',
          () => 'refused',
        ),
      ),
    ).toBe('refused')
    expect(
      await small.evaluate(() => {
        const script = document.createElement('script')
        script.textContent = 'globalThis.inlineRan = true'
        document.head.append(script)
        return 'inlineRan' in globalThis
      }),
    ).toBe(false)
    expect(await small.evaluate(() => window.open('about:blank', 'floating-call-2') === null)).toBe(true)
    const attempts: readonly (readonly [string, string])[] = [
      ['about:blank', 'another'],
      ['about:blank', '_blank'],
      ['app://sightline/index.html', 'floating-call-2'],
      ['https://example.org/', 'floating-call-2'],
    ]
    for (const [address, name] of attempts) {
      expect(
        await page.evaluate(([url, frame]) => window.open(url, frame) === null, [address, name] as const),
        name,
      ).toBe(true)
    }
    expect(caller.electron.windows()).toHaveLength(2)
  })

  it('mutes by its button and by its keys, and brings the call back', async () => {
    const small = await floating()
    await small.getByRole('button', { name: texts['call.mute'] }).click()
    await until(page, 'muted', ({ call }) => call?.local.audio === false)
    await small.getByRole('button', { name: texts['call.unmute'] }).waitFor()
    await small.getByRole('status').getByText(texts['call.announce.muted']).waitFor({ state: 'attached' })
    await small.keyboard.press('Control+d')
    await until(page, 'not muted', ({ call }) => call?.local.audio === true)
    const from = await place()
    await small.mouse.move(100, 90)
    await small.mouse.down()
    await small.mouse.move(60, 130, { steps: 5 })
    await small.mouse.up()
    await small.waitForTimeout(300)
    expect(await place()).toMatchObject({ x: (from?.x ?? 0) - 40, y: (from?.y ?? 0) + 40 })
    await small.getByRole('button', { name: texts['call.back'] }).click()
    await gone()
    expect(await facts()).toMatchObject([{ visible: true }])
  })

  it('opens where it was left, also in another run of the app: the place is in a file', async () => {
    await leave()
    await floating()
    const left = await place()
    expect(JSON.parse(readFileSync(path.join(caller.profile, 'floating-window.json'), 'utf8'))).toEqual(left)
    await (await floating()).getByRole('button', { name: texts['call.back'] }).click()
    await gone()
  })

  it('opens the microphone while the space bar is held', async () => {
    await request(page, 'settings.update', { pushToTalk: true })
    await leave()
    const small = await floating()
    await small.getByRole('button', { name: texts['call.mute'] }).click()
    await until(page, 'muted', ({ call }) => call?.local.audio === false)
    await small.keyboard.down('Space')
    await until(page, 'speaking', ({ call }) => call?.local.audio === true)
    await small.keyboard.up('Space')
    await until(page, 'muted again', ({ call }) => call?.local.audio === false)
    await request(page, 'settings.update', { pushToTalk: false })
    await small.keyboard.press('Control+d')
    await until(page, 'not muted', ({ call }) => call?.local.audio === true)
    await small.getByRole('button', { name: texts['call.back'] }).click()
    await gone()
  })

  it('comes back with a double click, stays away once closed, and obeys the setting', async () => {
    await leave()
    await (await floating()).getByTestId('floating-video').dblclick({ position: { x: 160, y: 90 } })
    await gone()
    await leave()
    await pressEscape(await floating())
    await gone()
    expect((await snapshot(page)).mainWindow).toBe('away')
    await request(page, 'window.show', undefined)
    await request(page, 'settings.update', { floatingWindow: false })
    await leave()
    await page.waitForTimeout(500)
    expect(floatingPages()).toHaveLength(0)
    await request(page, 'settings.update', { floatingWindow: true })
    await floating()
  })

  it('shows who it is without a picture, light and dark', async () => {
    const small = await floating()
    const other = await callee.main()
    const { call } = await snapshot(other)
    await request(other, 'call.setMedia', {
      callId: call?.callId ?? '',
      media: { audio: true, video: false, screen: false },
    })
    await small.getByTestId('floating-video').waitFor({ state: 'detached' })
    // The driver's own preference would stand before the app's.
    await small.emulateMedia({ colorScheme: null })
    const grounds = new Set<string>()
    for (const theme of ['light', 'dark'] as const) {
      await request(page, 'settings.update', { theme })
      await small.waitForTimeout(300)
      await small.screenshot({ path: path.join(PICTURES, `floating-no-picture-${theme}.png`) })
      grounds.add(await small.evaluate(() => getComputedStyle(document.body).backgroundColor))
    }
    expect(grounds.size).toBe(2)
  })

  it('cannot be taken elsewhere by the page that opened it', async () => {
    const small = await floating()
    for (const address of ['https://example.org/', 'app://sightline/index.html', 'data:text/html,x']) {
      await page.evaluate((url) => void window.open(url, 'floating-call'), address)
      await page.waitForTimeout(200)
      expect(await small.evaluate(() => document.querySelector('main') !== null && location.href)).toBe('about:blank')
    }
  })

  it('goes with the call', async () => {
    const { call } = await snapshot(page)
    await request(page, 'call.end', call?.callId ?? '')
    await gone()
    expect(await page.evaluate(() => window.open('about:blank', 'floating-call') === null)).toBe(true)
  })

  it('shows who is pinned or speaks in a group', async () => {
    const media = { audio: true, video: true, screen: false }
    const last = (await snapshot(page)).call
    if (last) await request(page, 'call.dismiss', last.callId)
    await request(page, 'window.show', undefined)
    await request(page, 'group.start', { handles: ['grace'], media })
    await accept(callee)
    await until(
      page,
      'a member',
      ({ group }) => group?.members.some(({ keyed, media }) => keyed && media.video) === true,
    )
    await page.getByTestId('member-grace-video').waitFor()
    await leave()
    const small = await floating()
    await expect.poll(() => frames(small), { timeout: 15_000 }).toBeGreaterThan(20)
    expect(await small.getByRole('heading').textContent()).toContain('Grace')
    await small.getByRole('button', { name: texts['call.mute'] }).click()
    await until(page, 'muted', ({ group }) => group?.local.audio === false)
    await small.mouse.move(5, 190)
    await small.screenshot({ path: path.join(PICTURES, 'floating-group.png') })
    await small.getByRole('button', { name: texts['call.end'] }).click()
    await gone()
  })
})
