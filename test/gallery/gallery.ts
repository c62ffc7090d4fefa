/** The built gallery in a browser: what `screenshots.ts` and `behaviour.ts` share. */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { build } from 'vite'
import { serveGallery } from './server.ts'

const here = path.dirname(fileURLToPath(import.meta.url))
export const repository = path.resolve(here, '../..')

export interface Gallery {
  readonly url: string
  readonly browser: Browser
  close(): Promise<void>
}

/** `SIGHTLINE_CHROMIUM` names a browser; without it, where Debian puts it. */
export async function openGallery(): Promise<Gallery> {
  await build({ configFile: path.join(here, 'vite.config.ts'), logLevel: 'warn' })
  const server = await serveGallery(path.join(repository, 'reports/gallery'))
  const browser = await chromium.launch({
    executablePath: process.env['SIGHTLINE_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
  return {
    url: server.url,
    browser,
    async close() {
      await browser.close()
      server.close()
    },
  }
}
