/** Builds the media page and opens it in Electron, with cameras and microphones that play known material. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { build } from 'vite'
import { launchElectron, type LaunchOptions } from '../harness/launch.ts'
import { repository } from '../harness/repository.ts'

export interface OpenedPage {
  readonly electron: ElectronApplication
  readonly page: Page
  /** What went wrong in the page and its worker since it was loaded. */
  readonly errors: readonly string[]
  /** The page anew, in the same app: nothing is left of what was done in it. */
  reload(): Promise<void>
  close(): Promise<void>
}

/** The folder it was built to. */
export async function buildMediaPage(): Promise<string> {
  const outDir = mkdtempSync(path.join(tmpdir(), 'sightline-media-page-'))
  await build({
    root: path.join(repository, 'test/e2e/media-page'),
    configFile: false,
    logLevel: 'warn',
    build: { target: 'chrome130', outDir, assetsInlineLimit: 0, modulePreload: false },
    worker: { format: 'es' },
  })
  return outDir
}

export async function openMediaPage(
  folder: string,
  switches: readonly string[],
  options: LaunchOptions = {},
): Promise<OpenedPage> {
  const profile = mkdtempSync(path.join(tmpdir(), 'sightline-media-'))
  const electron = await launchElectron(
    [
      path.join(repository, 'test/e2e/media-page/main.cjs'),
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...switches,
      `--profile=${profile}`,
      `--page=${folder}`,
    ],
    options,
  )
  const page = await electron.firstWindow()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  const ready = () => page.waitForFunction(() => window.mediaPage !== undefined)
  await ready()
  return {
    electron,
    page,
    errors,
    async reload() {
      errors.length = 0
      await page.reload()
      await ready()
    },
    async close() {
      await electron.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}
