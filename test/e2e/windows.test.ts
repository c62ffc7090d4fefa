/** The two windows: where a call is announced, what survives a page that is loaded again or crashes, and links from outside. */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import texts from '../../src-renderer/app/language/en.json' with { type: 'json' }
import { startPair } from '../demo/measured-call.ts'
import { accept, callByHandle, openProof, request, snapshot, statistics, until } from './harness/actions.ts'
import type { RunningApp } from './harness/app.ts'
import { callOptions } from './harness/call-options.ts'
import { repository } from './harness/repository.ts'
import { type RunningService, startService } from './harness/service.ts'

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

describe('the incoming window', () => {
  it('is small, above all others, asks main for nothing but an answer, and goes with the call', async () => {
    const page = await caller.main()
    await callByHandle(page, 'grace')
    const incoming = await callee.incoming()
    const facts = await callee.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .filter(({ webContents }) => webContents.getURL().endsWith('incoming.html'))
        .map((window) => ({ onTop: window.isAlwaysOnTop(), resizable: window.isResizable(), ...window.getBounds() })),
    )
    expect(facts).toHaveLength(1)
    expect(facts[0]).toMatchObject({ onTop: true, resizable: false })
    expect(facts[0]?.width).toBeLessThan(500)
    await expect(request(incoming, 'settings.update', { theme: 'dark' })).rejects.toThrow('request failed')
    const { call } = await snapshot(page)
    await request(page, 'call.end', call?.callId ?? '')
    await until(await callee.main(), 'the ring ends', (state) => state.incoming === undefined)
    await expect
      .poll(() => callee.electron.windows().some((window) => window.url().endsWith('incoming.html')))
      .toBe(false)
    expect((await snapshot(await callee.main())).history[0]).toMatchObject({ unseen: true, handle: 'ada' })
  })
})

describe('a page in a call', () => {
  it('shows picture and sound again after it was loaded again', async () => {
    const page = await caller.main()
    const last = (await snapshot(page)).call
    if (last) await request(page, 'call.dismiss', last.callId)
    await callByHandle(page, 'grace')
    await accept(callee)
    const other = await callee.main()
    const first = await until(other, 'connected', ({ call }) => call?.phase.kind === 'connected')
    await other.reload()
    // A worker that has forgotten what it received gets new keys, or the relay could play it everything once more.
    await until(
      other,
      'new keys',
      ({ call }) => call?.phase.kind === 'connected' && call.proof?.keysSince !== first.call?.proof?.keysSince,
    )
    await openProof(other)
    const rendered = async () => (await statistics(other)).video.received.rendered
    await expect.poll(rendered, { timeout: 20_000 }).toBeGreaterThan(15)
    // And its own picture goes out again, under new SSRCs (R18).
    const before = (await statistics(other)).video.sent.frames
    await expect
      .poll(async () => (await statistics(other)).video.sent.frames, { timeout: 10_000 })
      .toBeGreaterThan(before)
  })

  it('comes back after it crashed, and the call goes on', async () => {
    const alive = await callee.electron.evaluate(async ({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows()
      if (!window) throw new Error('no window')
      const loaded = new Promise<void>((resolve) => window.webContents.once('did-finish-load', () => resolve()))
      window.webContents.forcefullyCrashRenderer()
      await loaded
      return window.webContents.executeJavaScript(
        `window.sightline.request('snapshot.get').then(({ call }) => call && call.phase.kind)`,
      ) as Promise<string>
    })
    expect(alive).toBe('connected')
    const page = await caller.main()
    expect((await snapshot(page)).call?.phase.kind).toBe('connected')
    const { call } = await snapshot(page)
    await request(page, 'call.end', call?.callId ?? '')
    await until(page, 'ended', (state) => state.call === undefined || state.call.phase.kind === 'ended')
  })
})

describe('a link', () => {
  it('opens the place of its handle, and calls nobody', async () => {
    const page = await caller.main()
    const { call } = await snapshot(page)
    if (call) await request(page, 'call.dismiss', call.callId)
    const child = spawn(
      createRequire(import.meta.url)('electron') as string,
      [
        repository,
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        `--profile=${caller.profile}`,
        'sightline:call/Some.Stranger',
      ],
      { stdio: 'ignore' },
    )
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0)
    // Nobody has looked at this handle before: only the link leads there.
    await page.getByText(texts['person.unknown.title'].replace('{handle}', 'some.stranger')).waitFor()
    expect((await snapshot(page)).call).toBeUndefined()
  })
})
