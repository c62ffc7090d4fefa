/**
 * Walks through the gallery with the keyboard and the pointer and checks what happens, without a main process.
 * Run with `node scripts/run-typescript.mjs test/gallery/behaviour.ts`. It ends with 1 at the first thing that is not as it should be.
 */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { openGallery } from './gallery.ts'

const gallery = await openGallery()

async function visit(
  state: string,
  walk: (page: Page) => Promise<void>,
  file = 'index',
  size = { width: 1000, height: 700 },
) {
  const context = await gallery.browser.newContext({ viewport: size, locale: 'en-GB' })
  const page = await context.newPage()
  page.setDefaultTimeout(8000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(`${gallery.url}/${file}.html?state=${state}`)
  await page.locator('main').waitFor()
  await walk(page)
  assert.deepEqual(errors, [], state)
  await context.close()
  console.log(`ok   ${state}`)
}

const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent.trim() ?? ''
  })

await visit('people', async (page) => {
  await page.keyboard.press('Control+f')
  assert.equal(await focused(page), 'Search, or type a handle')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.getByRole('heading', { name: 'Mara Lindqvist', exact: true }).waitFor()
  await page.keyboard.press('Enter')
  assert.equal(await focused(page), 'Video call')
  await page.keyboard.press('Enter')
  await page.getByRole('main').getByText('Calling…').waitFor()
})

await visit('people', async (page) => {
  // A handle that nobody here has: looked up, and ready to be called.
  await page.getByRole('searchbox').fill('pat.new')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'pat.new', exact: true }).waitFor()
  await page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Video call')
  await page.getByRole('button', { name: 'Add to contacts' }).click()
  assert.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'pat.new')
  await page.getByRole('textbox', { name: 'Name' }).fill('Patricia')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Patricia', exact: true }).waitFor()
})

await visit('people', async (page) => {
  await page.keyboard.press('Control+n')
  await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement)
  await page.keyboard.type('xavier.q')
  await page.keyboard.press('Enter')
  await page.getByText('Nobody is called xavier.q').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('Control+Comma')
  await page.getByRole('tab', { name: 'Profile' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.getByRole('heading', { name: 'Audio and video', exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('searchbox').waitFor()
})

await visit('people', async (page) => {
  await page.getByRole('option', { name: /Mara/ }).click()
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement)
  await page.keyboard.type('Mara L.')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Mara L.', exact: true }).waitFor()
  assert.equal(await focused(page), 'More')
  await page.getByRole('button', { name: 'Show safety number' }).click()
  await page.getByRole('button', { name: 'Remove verification' }).click()
  await page.getByText('Not verified', { exact: true }).waitFor()
})

await visit('people', async (page) => {
  await page.getByRole('option', { name: /Jonas/ }).click()
  assert.equal(await page.getByRole('button', { name: 'Video call' }).count(), 0)
  await page.getByRole('button', { name: 'Use the new key' }).click()
  await page.getByRole('button', { name: 'Video call' }).waitFor()
})

await visit('welcome', async (page) => {
  await page.keyboard.type('Noor')
  await page.keyboard.press('Tab')
  await page.keyboard.type('mara')
  await page.getByText('Someone else has this handle').waitFor()
  await page.getByRole('textbox', { name: 'Handle' }).fill('noor.new')
  await page.getByText('noor.new is free.').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('searchbox').waitFor()
})

await visit('call-connected', async (page) => {
  await page.keyboard.press('Control+d')
  await page.getByText('Your microphone is off').waitFor()
  await page.getByRole('button', { name: 'Unmute' }).click()
  await page.getByText('Your microphone is off').waitFor({ state: 'detached' })
  await page.keyboard.press('Control+e')
  await page.getByTestId('own-video').waitFor({ state: 'detached' })
  await page.keyboard.press('Control+e')
  await page.getByTestId('own-video').waitFor()

  // Without a movement the controls leave, and a key brings them back.
  await page.locator('main.resting').waitFor()
  await page.keyboard.press('Shift')
  await page.locator('main:not(.resting)').waitFor()

  // The own picture follows the pointer and comes to rest in the corner where it was let go.
  const picture = page.getByTestId('own-video').locator('..')
  const from = await picture.boundingBox()
  assert.ok(from)
  await page.mouse.move(from.x + 50, from.y + 50)
  await page.mouse.down()
  await page.mouse.move(200, 500, { steps: 5 })
  await page.waitForTimeout(100)
  await page.mouse.up()
  await page.waitForTimeout(500)
  const to = await picture.boundingBox()
  assert.ok(to && to.x < 40 && to.y > 400, JSON.stringify(to))

  await page.getByRole('button', { name: 'Security of this call' }).click()
  await page.getByRole('button', { name: 'They match' }).click()
  await page.getByRole('heading', { name: 'Verified', exact: true }).waitFor()
  await page.getByText('Statistics').click()
  const statistics: unknown = JSON.parse((await page.getByTestId('statistics').textContent()) ?? '')
  assert.equal((statistics as { suite: string }).suite, 'AES_256_CM_HMAC_SHA1_80')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  await page.keyboard.press('Control+Shift+H')
  await page.getByText('The call has ended.').waitFor()
  assert.equal(await page.getByTestId('own-video').count(), 0)
  // Who ended it is taken back without another click.
  await page.getByRole('searchbox').waitFor()
})

await visit('ended-no-answer', async (page) => {
  await page.waitForTimeout(2000)
  await page.getByRole('button', { name: 'Call again' }).click()
  await page.getByRole('main').getByText('Calling…').waitFor()
  await page.getByRole('button', { name: 'Cancel call' }).click()
  await page.getByText('The call was cancelled.').waitFor()
})

await visit(
  'incoming-video',
  async (page) => {
    // Deaf for a moment to those who were typing elsewhere when the window took the focus.
    const isHeard = (comesFirst: boolean) =>
      page.evaluate((refocus) => {
        if (refocus) window.dispatchEvent(new Event('focus'))
        const press = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })
        return (document.activeElement ?? document.body).dispatchEvent(press)
      }, comesFirst)
    assert.equal(await isHeard(true), false)
    await page.waitForTimeout(800)
    assert.equal(await isHeard(false), true)
    await page.getByRole('button', { name: 'Show my camera' }).click()
    await page.getByTestId('incoming-preview').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Decline' }).waitFor({ state: 'detached' })
  },
  'incoming',
  { width: 360, height: 420 },
)

await visit(
  'people',
  async (page) => {
    await page.getByRole('option', { name: /Mara/ }).click()
    await page.getByRole('heading', { name: 'Mara Lindqvist', exact: true }).waitFor()
    assert.equal(await page.getByRole('searchbox').isVisible(), false)
    await page.getByRole('button', { name: 'Back' }).click()
    await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement)
  },
  'index',
  { width: 480, height: 700 },
)

await gallery.close()
process.exit(0)
