/** What is photographed: a state, what a person did in it, and in which forms of the window. */
import type { Page } from 'playwright-core'
import type { StateName } from './states.ts'

export const FORMS = {
  light: { width: 1000, height: 700, dark: false, scale: 1 },
  dark: { width: 1000, height: 700, dark: true, scale: 1 },
  narrow: { width: 480, height: 720, dark: false, scale: 1 },
  /** The least that the window allows. */
  least: { width: 380, height: 560, dark: true, scale: 1 },
  /** 1000 × 700 at 200 %. */
  zoomed: { width: 500, height: 350, dark: false, scale: 2 },
  rtl: { width: 1000, height: 700, dark: false, scale: 1 },
  'rtl-narrow': { width: 480, height: 720, dark: false, scale: 1 },
  long: { width: 1000, height: 700, dark: true, scale: 1 },
  'long-narrow': { width: 480, height: 720, dark: false, scale: 1 },
} as const

export type Form = keyof typeof FORMS

export interface Shot {
  readonly name: string
  readonly page: 'index' | 'incoming'
  readonly state: StateName
  readonly query?: string
  readonly act?: (page: Page) => Promise<unknown>
  readonly forms: readonly Form[]
}

const ALL: readonly Form[] = ['light', 'dark', 'narrow', 'least', 'zoomed', 'rtl', 'long', 'long-narrow']
const MOST: readonly Form[] = ['light', 'dark', 'narrow', 'zoomed', 'rtl']
const BOTH: readonly Form[] = ['light', 'dark']
/** A call looks the same in both themes. */
const CALL: readonly Form[] = ['dark', 'narrow', 'zoomed', 'rtl']

const person = (name: RegExp) => (page: Page) => page.getByRole('option', { name }).click()
const first = (page: Page) => page.getByRole('option').nth(1).click()
const type = (text: string) => (page: Page) => page.getByRole('searchbox').fill(text)
const button = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).click()
const after =
  (...steps: readonly ((page: Page) => Promise<unknown>)[]) =>
  async (page: Page) => {
    for (const step of steps) await step(page)
  }
// The mirrored language turns the words of buttons around: those are found by place.
const openMenu = (page: Page) => page.locator('article [aria-haspopup=menu]').click()
const tab =
  (times: number, keys = 'Tab') =>
  async (page: Page) => {
    for (let presses = 0; presses < times; presses++) await page.keyboard.press(keys)
  }
const menuItem = (index: number) => async (page: Page) => {
  await first(page)
  await openMenu(page)
  await page.getByRole('menuitem').nth(index).click()
}
const openProof = (page: Page) => page.locator('header button').first().click()
/** A button of the bar, from the start: microphone and camera have a menu each. */
const bar = (index: number) => (page: Page) => page.locator('[role=toolbar] > *').nth(index).getByRole('button').click()
const openStatistics = async (page: Page) => {
  await openProof(page)
  await page.getByText('Statistics').click()
  await page.getByRole('table').waitFor()
  await page.getByRole('button', { name: 'Copy as JSON' }).scrollIntoViewIfNeeded()
}
const openPicker = async (page: Page) => {
  await page.locator('[role=toolbar] > button').first().click()
  await page.getByRole('dialog').waitFor()
}
const settings = (index: number) =>
  after(
    (page) => page.keyboard.press('Control+Comma'),
    (page) => page.getByRole('tab').nth(index).click(),
  )

const main = (name: string, state: StateName, forms: readonly Form[], act?: Shot['act'], query?: string): Shot => ({
  name,
  page: 'index',
  state,
  forms,
  ...(act ? { act } : {}),
  ...(query === undefined ? {} : { query }),
})

const incoming = (state: StateName, forms: readonly Form[], name: string = state, act?: Shot['act']): Shot => ({
  name,
  page: 'incoming',
  state,
  forms,
  ...(act ? { act } : {}),
})

const handleField = (text: string) => async (page: Page) => {
  await page.locator('input').nth(0).fill('Noor')
  await page.locator('input').nth(1).fill(text)
  await page.waitForTimeout(500)
}

export const SHOTS: readonly Shot[] = [
  main('opening', 'opening', ['light', 'dark', 'narrow']),
  main('keychain-missing', 'keychain-missing', MOST),
  main('keychain-locked', 'keychain-locked', BOTH),
  main('keychain-changed', 'keychain-changed', BOTH),
  main('keychain-damaged', 'keychain-damaged', ['light']),
  main('welcome', 'welcome', [...MOST, 'least']),
  main('welcome-free', 'welcome', BOTH, handleField('noor.new')),
  main('welcome-taken', 'welcome', MOST, handleField('mara')),
  main('welcome-invalid', 'welcome', ['light', 'narrow'], handleField('a b')),
  main('welcome-offline', 'welcome', ['light'], handleField('offline')),
  main('welcome-nothing', 'welcome', ['light'], button('Create account')),
  main('welcome-keys', 'welcome-elsewhere', ['light', 'narrow'], (page) => page.locator('summary').click()),
  main('welcome-service', 'welcome', MOST, (page) => page.locator('footer button').click()),
  main('welcome-service-other', 'welcome-elsewhere', ['light', 'dark', 'zoomed'], async (page) => {
    await page.locator('footer button').click()
    await page.getByRole('textbox').last().fill('')
    await page.keyboard.press('Enter')
  }),
  main('welcome-tabbed', 'welcome', BOTH, tab(4)),
  main('empty', 'empty', MOST),
  main('people', 'people', ALL),
  main('people-verified', 'people', ALL, first),
  main('people-unverified', 'people', BOTH, person(/Ada/)),
  main('people-key-changed', 'people', MOST, (page) => page.getByRole('option').nth(2).click()),
  main('people-blocked', 'people', ['light'], person(/Telemarketing/)),
  main('people-not-in-contacts', 'people', ['light'], person(/pat/)),
  main('people-menu', 'people', ['light', 'dark', 'rtl'], after(first, openMenu)),
  main('people-rename', 'people', [...MOST, 'long'], menuItem(0)),
  main('people-block', 'people', ['light', 'narrow', 'long-narrow'], menuItem(1)),
  main('people-remove', 'people', [...MOST, 'long'], menuItem(2)),
  main('people-add', 'people', ['light', 'dark'], after(person(/pat/), button('Add to contacts'))),
  main('people-tabbed', 'people', BOTH, after(first, tab(3))),
  main(
    'people-number',
    'people',
    ALL,
    after(first, (page) => page.locator('section.card button').click()),
  ),
  main('people-search', 'people', MOST, type('a')),
  main('people-search-nobody', 'people', ['light'], type('??')),
  main('people-keyboard', 'people', BOTH, async (page) => {
    await page.getByRole('searchbox').focus()
    for (let presses = 0; presses < 3; presses++) await page.keyboard.press('ArrowDown')
  }),
  main(
    'stranger-looking',
    'looking',
    ['light'],
    after(type('pat.new'), (page) => page.keyboard.press('Enter')),
  ),
  main(
    'stranger-found',
    'people',
    ['light', 'narrow'],
    after(type('pat.new'), (page) => page.keyboard.press('Enter')),
  ),
  main(
    'stranger-unknown',
    'people',
    MOST,
    after(type('xavier.q'), (page) => page.keyboard.press('Enter')),
  ),
  main(
    'stranger-offline',
    'people',
    ['light'],
    after(type('offline'), (page) => page.keyboard.press('Enter')),
  ),
  main('offline', 'offline', ['light', 'dark', 'narrow']),
  main('connecting', 'connecting', ['light']),
  main('new-call', 'people', MOST, (page) => page.keyboard.press('Control+n')),
  main('new-call-unknown', 'people', ['light', 'narrow'], async (page) => {
    await page.keyboard.press('Control+n')
    await page.getByRole('textbox', { name: 'Handle' }).fill('xavier.q')
    await page.keyboard.press('Enter')
  }),
  main('settings-profile', 'people', ALL, settings(0)),
  main('settings-av', 'people', MOST, settings(1)),
  main('settings-av-format', 'people', MOST, async (page) => {
    await settings(1)(page)
    await page.getByRole('radio').last().scrollIntoViewIfNeeded()
    await page.getByRole('radio').nth(2).click()
    await page.waitForTimeout(300)
  }),
  main('settings-av-live', 'people', BOTH, async (page) => {
    await settings(1)(page)
    await page.getByRole('button', { name: 'Show preview' }).click()
    await page.getByRole('button', { name: 'Test microphone' }).click()
  }),
  main('settings-av-keys', 'keys-taken', BOTH, async (page) => {
    await settings(1)(page)
    await page.getByRole('button', { name: 'Remove' }).scrollIntoViewIfNeeded()
  }),
  main('settings-av-select', 'people', ['light', 'rtl'], async (page) => {
    await settings(1)(page)
    await page.locator('.device button').nth(2).click()
  }),
  main('settings-privacy', 'people', MOST, async (page) => {
    await settings(2)(page)
    await page.getByRole('switch').first().click()
    await page.waitForTimeout(300)
  }),
  main('settings-clear', 'people', ['light', 'narrow'], after(settings(2), button('Clear history'))),
  main('settings-security', 'people', MOST, settings(3)),
  main('settings-appearance', 'people', ['light', 'dark', 'rtl'], settings(4)),
  main('settings-service', 'people', ['light', 'narrow', 'rtl'], settings(5)),
  main('settings-about', 'people', [...BOTH, 'rtl', 'narrow'], settings(6)),
  main('call-calling', 'call-calling', CALL),
  main('call-ringing', 'call-ringing', ['dark', 'long', 'long-narrow', 'zoomed', 'rtl']),
  main('call-ringing-audio', 'call-ringing-audio', CALL),
  main('call-connecting', 'call-connecting', ['dark']),
  main('call-connected', 'call-connected', [...CALL, 'least', 'light', 'long', 'long-narrow', 'rtl-narrow']),
  main('call-stranger', 'call-stranger', ['dark', 'narrow']),
  main('call-tabbed', 'call-connected', ['dark'], tab(3)),
  main('call-end-tabbed', 'call-connected', ['dark'], tab(1, 'Shift+Tab')),
  main('call-portrait', 'call-connected', ['dark'], undefined, 'remote=portrait'),
  main('call-resting', 'call-muted', ['dark', 'narrow'], async (page) => {
    await page.mouse.move(300, 300)
    await page.waitForTimeout(3600)
  }),
  main('call-corner', 'call-connected', ['dark', 'narrow', 'zoomed'], async (page) => {
    await page.getByTestId('own-video').locator('..').focus()
    await page.keyboard.press('ArrowDown')
    await page.waitForTimeout(300)
  }),
  main('call-camera-off', 'call-camera-off', CALL),
  main('call-audio', 'call-audio', ['dark', 'narrow', 'long', 'rtl']),
  main('call-muted', 'call-muted', CALL),
  main('call-screen', 'call-screen', [...CALL, 'least', 'light']),
  main('call-screen-alone', 'call-screen-alone', ['dark', 'narrow']),
  main('call-share', 'call-connected', [...CALL, 'light'], openPicker),
  main('call-sharing', 'call-connected', CALL, async (page) => {
    await openPicker(page)
    await page.getByRole('dialog').getByRole('radio').nth(2).click()
    await page.getByRole('dialog').getByRole('button').last().click()
  }),
  main('call-sharing-sound', 'call-connected', ['dark', 'light', 'narrow'], async (page) => {
    await openPicker(page)
    await page.getByRole('dialog').getByRole('switch').click()
    await page.getByRole('dialog').getByRole('radio').nth(2).click()
    await page.getByRole('dialog').getByRole('button').last().click()
  }),
  main('call-reconnecting', 'call-reconnecting', CALL),
  main('call-no-camera', 'call-connected', ['dark', 'narrow'], undefined, 'trouble=camera'),
  main('call-weak', 'call-connected', ['dark', 'narrow'], (page) => page.waitForTimeout(8500), 'trouble=connection'),
  main('call-devices', 'call-connected', CALL, (page) => page.locator('[role=toolbar] button').nth(1).click()),
  main('call-proof', 'call-connected', ['dark', 'least', 'narrow', 'zoomed', 'rtl', 'long-narrow'], openProof),
  main('call-proof-verified', 'call-verified', ['dark'], openProof),
  main('call-verified', 'call-verified', ['dark', 'narrow']),
  main('call-key-changed', 'call-key-changed', ['dark']),
  main('call-proof-waiting', 'call-no-words', ['dark'], openProof),
  main('call-proof-changed', 'call-key-changed', ['dark'], openProof),
  main('call-proof-differ', 'call-connected', ['dark'], after(openProof, button('They differ'))),
  main('call-statistics', 'call-connected', ['dark', 'narrow'], openStatistics),
  main('ended-hung-up', 'ended-hung-up', CALL),
  main('ended-no-answer', 'ended-no-answer', ['dark', 'long']),
  main('ended-busy', 'ended-busy', ['dark']),
  main('ended-declined', 'ended-declined', ['dark']),
  main('ended-insecure', 'ended-insecure', ['dark', 'narrow']),
  main('ended-lost', 'ended-lost', ['dark']),
  main('ended-unknown', 'ended-unknown', ['dark']),
  incoming('incoming-video', ALL),
  incoming('incoming-audio', BOTH),
  incoming('incoming-stranger', BOTH),
  incoming('incoming-claim', ['light', 'narrow']),
  incoming('incoming-key-changed', ['light']),
  incoming('incoming-video', BOTH, 'incoming-preview', button('Show my camera')),
  main('joinable', 'joinable', MOST),
  main('group-start', 'people', MOST, async (page) => {
    await page.locator('header button').first().click()
    await page.getByRole('checkbox').first().check()
    await page.getByRole('checkbox').nth(1).check()
  }),
  main('group-calling', 'group-calling', CALL),
  main('group-two', 'group-two', CALL),
  main('group-four', 'group-four', CALL),
  main('group-speaker', 'group-seven', CALL, (page) => page.getByTestId('member-mara').click()),
  main('group-seven', 'group-seven', CALL),
  main('group-screen', 'group-screen', [...CALL, 'least']),
  main('group-people', 'group-seven', [...CALL, 'light'], bar(5)),
  main('group-chat', 'group-chat', [...CALL, 'light'], bar(6)),
  main('group-proof', 'group-four', ['dark', 'narrow', 'light'], async (page) => {
    await openProof(page)
    await page.getByRole('button', { name: 'Compare words' }).click()
  }),
  main('group-statistics', 'group-four', ['dark', 'least'], async (page) => {
    await openProof(page)
    await page.getByText('Statistics').click()
    // Figures a second need two readings.
    await page.getByText('/s').first().waitFor()
    await page.getByText('Statistics').evaluate((title) => {
      title.scrollIntoView()
    })
  }),
  main('group-statistics-end', 'group-four', ['dark', 'narrow', 'rtl-narrow'], openStatistics),
  main('group-weak', 'group-four', ['dark', 'narrow'], (page) => page.waitForTimeout(8500), 'trouble=connection'),
  main('group-seventeen', 'group-seventeen', CALL),
  main('group-full', 'group-full', CALL),
  main('group-lobby', 'group-lobby', CALL, bar(5)),
  main('group-link', 'group-four', ['dark', 'light'], bar(5)),
  main('group-knocking', 'group-knocking', CALL),
  main('link-paste', 'people', ['dark', 'light'], async (page) => {
    await page.keyboard.press('Control+n')
    await page
      .getByRole('dialog')
      .getByRole('textbox')
      .fill('https://calls.example.org/j/Zt3cM0Qy2k9oVh1xW8aJrA#u7Qm2S8n0kPz')
  }),
  main('group-unconfirmed', 'group-unconfirmed', ['dark', 'narrow']),
  main('group-mute', 'group-mute', ['dark', 'narrow', 'light']),
  main('group-reconnecting', 'group-reconnecting', ['dark']),
  main('group-removed', 'group-removed', ['dark', 'narrow']),
  main('group-left', 'group-left', ['dark']),
  incoming('incoming-group', BOTH),
]
