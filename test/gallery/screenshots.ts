/**
 * Builds the gallery and photographs every state into `reports/screens`; looks for what can be found without eyes on the way:
 * errors on the console, violations of the content policy, things wider than the window, controls without a name.
 * Run with `node scripts/run-typescript.mjs test/gallery/screenshots.ts [parts of names such as people.rtl]`.
 */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { type Gallery, openGallery, repository } from './gallery.ts'
import { type Form, FORMS, type Shot, SHOTS } from './shots.ts'

const target = path.join(repository, 'reports/screens')
/** Of the app's small window. */
const INCOMING = { width: 360, height: 420 }
const AT_ONCE = 2

const wanted = process.argv.slice(2)
await mkdir(target, { recursive: true })
const gallery = await openGallery()

const jobs = SHOTS.flatMap((shot) =>
  shot.forms
    .map((form) => ({ shot, form, label: `${shot.name}.${form}` }))
    .filter(({ label }) => wanted.length === 0 || wanted.some((part) => label.includes(part))),
)
const complaints: string[] = []
async function work(): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const { label } = job
    try {
      for (const complaint of await photograph(gallery, job.shot, job.form, label)) {
        complaints.push(`${label}: ${complaint}`)
      }
    } catch (error) {
      complaints.push(`${label}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`)
    }
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
await gallery.close()
for (const complaint of complaints) console.error(complaint)
console.log(`${String(complaints.length)} complaints`)
process.exit(complaints.length === 0 ? 0 : 1)

async function photograph({ browser, url }: Gallery, shot: Shot, form: Form, label: string): Promise<string[]> {
  const { width, height, dark, scale } = FORMS[form]
  const context = await browser.newContext({
    viewport:
      shot.page === 'incoming'
        ? { width: Math.min(INCOMING.width, width), height: Math.min(INCOMING.height, height) }
        : { width, height },
    deviceScaleFactor: scale,
    colorScheme: dark ? 'dark' : 'light',
    locale: form.startsWith('rtl') ? 'ar-EG' : 'en-GB',
    reducedMotion: 'reduce',
  })
  try {
    return await photographIn(await context.newPage(), url, shot, form, label)
  } finally {
    // A page that is left open goes on drawing, and slows down all others.
    await context.close()
  }
}

async function photographIn(page: Page, url: string, shot: Shot, form: Form, label: string): Promise<string[]> {
  const found: string[] = []
  page.setDefaultTimeout(20_000)
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') found.push(message.text())
  })
  page.on('pageerror', (error) => found.push(error.message))
  const long = form.startsWith('long') ? '&names=long' : ''
  await page.goto(`${url}/${shot.page}.html?state=${shot.state}${long}&${shot.query ?? ''}`)
  await page.locator('main').waitFor()
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(250)
  await shot.act?.(page)
  await page.waitForTimeout(250)
  found.push(...(await inspect(page)))
  await page.screenshot({ path: path.join(target, `${label}.png`) })
  return [...new Set(found)]
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
