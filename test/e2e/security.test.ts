/** The settings that keep a page from being more than a page, tried from inside a real one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { spawn } from 'node:child_process'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startApp } from './harness/app.ts'
import { repository } from './harness/repository.ts'
import { type RunningService, startService } from './harness/service.ts'

let service: RunningService
let app: RunningApp
let page: Page
const profile = mkdtempSync(path.join(tmpdir(), 'sightline-security-'))

beforeAll(async () => {
  service = await startService()
  app = await startApp({ name: 'security', service: service.address, profile })
  page = await app.main()
})

afterAll(async () => {
  await app.close()
  await service.stop()
  rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
})

/** Runs a script as the page's own code would: `page.evaluate` with a string is not subject to the page's policy. */
async function pageRefuses(attempt: () => unknown): Promise<boolean> {
  return page.evaluate(`(async () => { try { return !(await (${attempt.toString()})()) } catch { return true } })()`)
}

describe('a page', () => {
  it('has a sandbox, a world of its own and no Node', async () => {
    const settings = await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map(({ webContents }) => {
        // In no type file, and the only witness of what Chromium was told.
        const contents: object = webContents
        return 'getLastWebPreferences' in contents && typeof contents.getLastWebPreferences === 'function'
          ? (contents.getLastWebPreferences() as Record<string, unknown>)
          : {}
      }),
    )
    expect(settings.length).toBeGreaterThan(0)
    for (const preferences of settings) {
      expect(preferences).toMatchObject({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
      })
    }
    expect(
      await page.evaluate(() => ['require', 'process', 'module', 'Buffer'].filter((name) => name in globalThis)),
    ).toEqual([])
  })

  it('sees three names of the bridge and two facts, frozen', async () => {
    expect(await page.evaluate(() => Object.keys(Reflect.get(globalThis, 'sightline') as object).sort())).toEqual([
      'on',
      'platform',
      'request',
      'version',
    ])
  })

  it('runs no inline script, no eval, no script from elsewhere', async () => {
    expect(
      await page.evaluate(() => {
        const script = document.createElement('script')
        script.textContent = 'globalThis.inlineRan = true'
        document.head.append(script)
        const image = document.createElement('img')
        image.setAttribute('onerror', 'globalThis.inlineRan = true')
        image.src = 'app://sightline/missing.png'
        document.body.append(image)
        return new Promise((resolve) => setTimeout(() => resolve('inlineRan' in globalThis), 300))
      }),
    ).toBe(false)
    const evalWorked = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const script = document.createElement('script')
          script.src = 'data:text/javascript,globalThis.dataRan=true'
          script.onerror = () => resolve(false)
          script.onload = () => resolve(true)
          document.head.append(script)
        }),
    )
    expect(evalWorked).toBe(false)
    // DevTools evaluates in spite of the policy, a timer with a string does not.
    expect(
      await page.evaluate(() => {
        Reflect.apply(setTimeout, undefined, ['globalThis.timerRan = true', 0])
        return new Promise((resolve) => setTimeout(() => resolve('timerRan' in globalThis), 200))
      }),
    ).toBe(false)
  })

  it('reaches no network, no other scheme and no other file', async () => {
    const attempts = [
      () => fetch('https://example.org/').then(() => true),
      () => fetch('http://127.0.0.1:1/').then(() => true),
      () => fetch('file:///etc/passwd').then(() => true),
      () => fetch('app://other/index.html').then(() => true),
      () => fetch('app://sightline/../../package.json').then(({ ok }) => ok),
      () => fetch('app://sightline/%2e%2e/%2e%2e/package.json').then(({ ok }) => ok),
      () => fetch('app://sightline/..%2f..%2fpackage.json').then(({ ok }) => ok),
      () => fetch('app://sightline/..%5c..%5cpackage.json').then(({ ok }) => ok),
      () =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket('ws://127.0.0.1:1/')
          socket.onopen = resolve
          socket.onerror = reject
        }),
    ]
    for (const attempt of attempts) expect(await pageRefuses(attempt), attempt.toString()).toBe(true)
    expect(await page.evaluate(() => fetch('app://sightline/index.html').then(({ ok }) => ok))).toBe(true)
  })

  it('opens no window, goes nowhere and contains nothing foreign', async () => {
    const before = app.electron.windows().length
    expect(await page.evaluate(() => window.open('https://example.org/') === null)).toBe(true)
    const address = page.url()
    for (const target of ['https://example.org/', 'app://sightline/incoming.html', 'data:text/html,x']) {
      await page.evaluate((url) => {
        const link = document.createElement('a')
        link.href = url
        document.body.append(link)
        link.click()
        link.remove()
      }, target)
      await page.waitForTimeout(200)
      expect(page.url()).toBe(address)
    }
    const frame = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const inner = document.createElement('iframe')
          inner.src = 'app://sightline/index.html'
          inner.onload = () => resolve(inner.contentDocument?.body.childElementCount ?? 0)
          document.body.append(inner)
          setTimeout(() => resolve(0), 1000)
        }),
    )
    expect(frame).toBe(0)
    expect(app.electron.windows()).toHaveLength(before)
  })

  it('gets camera and microphone and no other permission', async () => {
    expect(
      await page.evaluate(() =>
        navigator.mediaDevices.getUserMedia({ audio: true, video: true }).then((stream) => stream.getTracks().length),
      ),
    ).toBe(2)
    expect(
      await page.evaluate(
        () =>
          new Promise((resolve) =>
            navigator.geolocation.getCurrentPosition(
              () => resolve('given'),
              () => resolve('refused'),
            ),
          ),
      ),
    ).toBe('refused')
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied')
  })
})

describe('main', () => {
  it('refuses requests of a page that is not its own, of another frame and of no known window', async () => {
    const answers = await app.electron.evaluate(async ({ BrowserWindow, app: electronApp }) => {
      const [own] = BrowserWindow.getAllWindows()
      if (!own) throw new Error('no window')
      const preload = `${electronApp.getAppPath()}/out/preload/preload.cjs`
      const ask = async (url: string) => {
        const window = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } })
        await window.loadURL(url)
        const answer: unknown = await window.webContents.executeJavaScript(
          `window.sightline.request('snapshot.get').then(() => 'answered', (error) => String(error.message))`,
        )
        window.destroy()
        return String(answer)
      }
      return [await ask('data:text/html,x'), await ask('app://sightline/index.html')]
    })
    for (const answer of answers) {
      expect(answer).not.toBe('answered')
      expect(answer).toMatch(/request failed/)
    }
  })

  it('answers what is malformed with nothing but a refusal', async () => {
    const answer = await page.evaluate(() => {
      const bridge = Reflect.get(globalThis, 'sightline') as {
        request(name: string, argument: unknown): Promise<unknown>
      }
      const attempts: readonly (readonly [string, unknown])[] = [
        ['account.create', { name: 'x', handle: 7 }],
        ['call.end', '../../secret'],
        ['no.such.request', undefined],
        ['settings.update', { theme: 'dark', more: 1 }],
      ]
      return Promise.all(
        attempts.map(([name, argument]) =>
          bridge.request(name, argument).then(
            () => 'answered',
            (error: unknown) => String(error),
          ),
        ),
      )
    })
    expect(answer).toHaveLength(4)
    for (const text of answer) expect(text).toMatch(/request failed|No handler/)
  })

  it('serves one profile once: a second start hands over and ends', async () => {
    const child = spawn(
      createRequire(import.meta.url)('electron') as string,
      [
        repository,
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        `--profile=${profile}`,
        'sightline:call/grace',
      ],
      { stdio: 'ignore' },
    )
    const code = await new Promise((resolve) => child.on('exit', resolve))
    expect(code).toBe(0)
    expect(await page.evaluate(() => document.visibilityState)).toBe('visible')
  })

  it('writes no handle and no address into its log', async () => {
    const { readFileSync, readdirSync } = await import('node:fs')
    const folder = path.join(profile, 'logs')
    for (const name of readdirSync(folder)) {
      const text = readFileSync(path.join(folder, name), 'utf8')
      expect(text).not.toMatch(/grace|127\.0\.0\.1|sightline:call/)
    }
  })
})
