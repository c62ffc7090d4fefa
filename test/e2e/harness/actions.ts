/** What a person does, through the names that a screen reader would say. */
import type { Page } from 'playwright-core'
import type { CallStatistics } from '../../../src-renderer/devices/media-session.ts'
import type { RunningApp } from './app.ts'

export async function createAccount(app: RunningApp, name: string, handle: string): Promise<Page> {
  const page = await app.main()
  await page.getByRole('textbox', { name: 'Your name' }).fill(name)
  await page.getByRole('textbox', { name: 'Handle' }).fill(handle)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('searchbox').waitFor()
  return page
}

export async function callByHandle(page: Page, handle: string, kind: 'video' | 'audio' = 'video'): Promise<void> {
  await page.getByRole('searchbox').fill(handle)
  await page.getByRole('searchbox').press('Enter')
  await page.getByRole('button', { name: kind === 'video' ? 'Video call' : 'Audio call' }).click()
}

export async function accept(app: RunningApp, kind: 'video' | 'audio' = 'video'): Promise<void> {
  const page = await app.incoming()
  await page.getByRole('button', { name: kind === 'video' ? 'Accept with video' : 'Accept with audio' }).click()
}

export async function decline(app: RunningApp): Promise<void> {
  const page = await app.incoming()
  await page.getByRole('button', { name: 'Decline' }).click()
}

export async function endCall(page: Page): Promise<void> {
  await page.mouse.move(300, 300)
  await page.getByRole('button', { name: 'End call' }).click()
}

export async function statistics(page: Page): Promise<CallStatistics> {
  const text = await page.getByTestId('statistics').textContent()
  return JSON.parse(text ?? '') as CallStatistics
}
