/**
 * Builds the gallery and photographs every state into `reports/screens`; looks for what can be found without eyes on the way:
 * errors on the console, violations of the content policy, things wider than the window, controls without a name.
 * Run with `node scripts/run-typescript.mjs test/gallery/screenshots.ts [part of a name]`. `SIGHTLINE_CHROMIUM` names a browser.
 */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { type GalleryServer, serveGallery } from './server.ts'
import { type Form, FORMS, type Shot, SHOTS } from './shots.ts'

const here = path.dirname(fileURLToPath(import.meta.url))
const repository = path.resolve(here, '../..')
const target = path.join(repository, 'reports/screens')
const INCOMING = { width: 380, height: 480 }
const AT_ONCE = 2

const wanted = process.argv[2] ?? ''
await build({ configFile: path.join(here, 'vite.config.ts'), logLevel: 'warn' })
await mkdir(target, { recursive: true })
const server = await serveGallery(path.join(repository, 'reports/gallery'))
const browser = await chromium.launch({
  executablePath: process.env['SIGHTLINE_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--lang=en-US'],
})

const jobs = SHOTS.filter((shot) => shot.name.includes(wanted)).flatMap((shot) =>
  shot.forms.map((form) => ({ shot, form })),
)
const complaints: string[] = []
async function work(): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const label = `${job.shot.name}.${job.form}`
    try {
      for (const complaint of await photograph(browser, server, job.shot, job.form, label)) {
        complaints.push(`${label}: ${complaint}`)
      }
    } catch (error) {
      complaints.push(`${label}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`)
    }
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
await browser.close()
server.close()
for (const complaint of complaints) console.error(complaint)
console.log(`${String(complaints.length)} complaints`)
process.exit(complaints.length === 0 ? 0 : 1)

async function photograph(
  browser: Browser,
  server: GalleryServer,
  shot: Shot,
  form: Form,
  label: string,
): Promise<string[]> {
  const { width, height, dark, scale } = FORMS[form]
  const context = await browser.newContext({
    viewport:
      shot.page === 'incoming'
        ? { width: Math.min(INCOMING.width, width), height: Math.min(INCOMING.height, height) }
        : { width, height },
    deviceScaleFactor: scale,
    colorScheme: dark ? 'dark' : 'light',
    locale: form === 'rtl' ? 'ar-EG' : 'en-GB',
    reducedMotion: 'reduce',
  })
  try {
    return await photographIn(await context.newPage(), server, shot, form, label)
  } finally {
    // A page that is left open goes on drawing, and slows down all others.
    await context.close()
  }
}

async function photographIn(
  page: Page,
  server: GalleryServer,
  shot: Shot,
  form: Form,
  label: string,
): Promise<string[]> {
  const found: string[] = []
  page.setDefaultTimeout(20_000)
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') found.push(message.text())
  })
  page.on('pageerror', (error) => found.push(error.message))
  const long = form.startsWith('long') ? '&names=long' : ''
  await page.goto(`${server.url}/${shot.page}.html?state=${shot.state}${long}&${shot.query ?? ''}`)
  await page.locator('main').waitFor()
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(250)
  await shot.act?.(page)
  await page.waitForTimeout(250)
  found.push(...(await inspect(page)))
  await page.screenshot({ path: path.join(target, `${label}.png`) })
  return found
}

/** Runs in the page. */
function inspect(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    if (document.documentElement.scrollWidth > window.innerWidth) found.push('wider than the window')
    for (const element of document.querySelectorAll<HTMLElement>('main *, [role=dialog] *')) {
      const box = element.getBoundingClientRect()
      const hidden = box.width === 0 || box.height === 0 || element.closest('.visually-hidden, [hidden]') !== null
      if (hidden) continue
      const style = getComputedStyle(element)
      const scrolls = style.overflowX === 'auto' || style.overflowX === 'scroll'
      if (scrolls && element.scrollWidth > element.clientWidth + 1 && element.getAttribute('role') !== 'tablist') {
        found.push(`scrolls sideways: ${element.className}`)
      }
      if (element.matches('button, input, [role=option], [role=switch]')) {
        const labelled = element.getAttribute('aria-labelledby')?.split(' ') ?? []
        const named = labelled.map((id) => document.getElementById(id)?.textContent ?? '').join('')
        const label = element instanceof HTMLInputElement ? (element.labels?.[0]?.textContent ?? '') : ''
        const name = `${element.getAttribute('aria-label') ?? ''}${named}${element.textContent}${label}`.trim()
        if (name === '') found.push(`no name: ${element.outerHTML.slice(0, 120)}`)
      }
      if (element.matches('button, h1, h2') && (box.right > window.innerWidth + 1 || box.left < -1)) {
        if (element.closest('[role=tablist]') === null) found.push(`cut off: ${element.textContent.trim()}`)
      }
    }
    return found
  })
}
