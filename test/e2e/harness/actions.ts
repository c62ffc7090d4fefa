/** What a person does, through the names that a screen reader would say. */
import type { Page } from 'playwright-core'
import texts from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import type { CallStatistics } from '../../../src-renderer/devices/media-session.ts'
import type { Bridge, RequestName, Requests } from '../../../src-shared/ipc/contract.ts'
import type { Snapshot } from '../../../src-shared/ipc/snapshot.ts'
import type { RunningApp } from './app.ts'

export async function createAccount(app: RunningApp, name: string, handle: string): Promise<Page> {
  const page = await app.main()
  await page.getByRole('textbox', { name: texts['welcome.name'] }).fill(name)
  await page.getByRole('textbox', { name: texts['welcome.handle'] }).fill(handle)
  await page.getByText(texts['welcome.handle.free'].replace('{handle}', handle)).waitFor()
  await page.getByRole('button', { name: texts['welcome.create'] }).click()
  await page.getByRole('searchbox').waitFor()
  return page
}

export async function callByHandle(page: Page, handle: string, kind: 'video' | 'audio' = 'video'): Promise<void> {
  await page.getByRole('searchbox').fill(handle)
  await page.getByRole('searchbox').press('Enter')
  await page.getByRole('button', { name: texts[kind === 'video' ? 'person.videoCall' : 'person.audioCall'] }).click()
}

/** A video call to several at once. */
export async function startGroup(page: Page, handles: readonly string[]): Promise<void> {
  await page.getByRole('button', { name: texts['group.start'] }).click()
  const field = page.getByRole('textbox', { name: texts['group.choose'] })
  for (const handle of handles) {
    await field.fill(handle)
    await field.press('Enter')
  }
  await page.getByRole('dialog').getByRole('button', { name: texts['person.videoCall'] }).click()
}

export async function accept(app: RunningApp, kind: 'video' | 'audio' = 'video'): Promise<void> {
  await press(app, kind === 'video' ? 'incoming.acceptVideo' : 'incoming.acceptAudio')
}

export async function decline(app: RunningApp): Promise<void> {
  await press(app, 'incoming.decline')
}

/** In the window of an incoming call, which closes at the press: sometimes before the driver has heard of it. */
async function press(app: RunningApp, button: keyof typeof texts): Promise<void> {
  const page = await app.incoming()
  try {
    await page.getByRole('button', { name: texts[button] }).click()
  } catch (error) {
    if (!page.isClosed()) throw error
  }
}

/** Hangs up, or cancels while it rings. Any movement brings the controls back. */
export async function endCall(page: Page): Promise<void> {
  await page.mouse.move(300, 300)
  await page.mouse.move(320, 320)
  await page
    .getByRole('button', { name: texts['call.end'] })
    .or(page.getByRole('button', { name: texts['call.cancel'] }))
    .click()
}

/** Opens the panel behind the lock with its statistics. */
export async function openProof(page: Page): Promise<void> {
  await page.mouse.move(300, 300)
  await page.mouse.move(320, 320)
  await page.getByRole('button', { name: texts['proof.open'] }).click()
  await page.getByText(texts['stats.title']).click()
  await page.getByTestId('statistics').waitFor({ state: 'attached' })
}

/** Closes the panel behind the lock, wherever the focus is in it. */
export async function closeProof(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.getByTestId('statistics').waitFor({ state: 'detached' })
}

export async function statistics(page: Page): Promise<CallStatistics> {
  const text = await page.getByTestId('statistics').textContent()
  return JSON.parse(text ?? '') as CallStatistics
}

/** Waits until what was measured fits; the panel must be open. */
export async function untilStatistics(
  page: Page,
  what: string,
  fits: (measured: CallStatistics) => boolean,
  limitMs = 20_000,
): Promise<CallStatistics> {
  const end = Date.now() + limitMs
  for (;;) {
    const now = await statistics(page)
    if (fits(now)) return now
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}; ${JSON.stringify(now)}`)
    await page.waitForTimeout(100)
  }
}

/** Waits until so much of the other side was shown and played since the call began; the panel must be open. */
export async function untilMedia(
  page: Page,
  frames: number,
  soundMs: number,
  limitMs = 20_000,
): Promise<CallStatistics> {
  return untilStatistics(
    page,
    'picture and sound',
    ({ video, audio }) => video.received.rendered >= frames && audio.playedMs >= soundMs,
    limitMs,
  )
}

declare const window: { readonly sightline: Bridge }

/** What the page itself asks main. */
export async function request<Name extends RequestName>(
  page: Page,
  name: Name,
  argument: Requests[Name]['argument'],
): Promise<Requests[Name]['answer']> {
  return page.evaluate(({ name, argument }) => window.sightline.request(name, argument), { name, argument })
}

export async function snapshot(page: Page): Promise<Snapshot> {
  return request(page, 'snapshot.get', undefined)
}

function brief({ call, group, incoming }: Snapshot): object {
  const members = group?.members.map(({ handle, keyed, present }) => ({ handle, keyed, present }))
  return { call, group: group && { phase: group.phase, paused: group.paused, proof: group.proof, members }, incoming }
}

/** Waits until what main shows fits; the last snapshot stands in the error. */
export async function until(
  page: Page,
  what: string,
  fits: (state: Snapshot) => boolean,
  limitMs = 15_000,
): Promise<Snapshot> {
  const end = Date.now() + limitMs
  for (;;) {
    const state = await snapshot(page)
    if (fits(state)) return state
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}; ${JSON.stringify(brief(state))}`)
    // Each look costs the app some milliseconds, of cores that it may need for what is waited for.
    await page.waitForTimeout(100)
  }
}
