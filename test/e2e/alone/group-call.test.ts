/** Group calls between real apps through the real service. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import texts from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import { accept, request, snapshot, startGroup, until } from '../harness/actions.ts'
import type { RunningApp } from '../harness/app.ts'
import { startPeople } from '../harness/people.ts'
import { type RunningService, startService } from '../harness/service.ts'

const NAMES = ['ada', 'ben', 'mia'] as const
type Name = (typeof NAMES)[number]

let service: RunningService
let apps: readonly RunningApp[] = []

const appOf = (name: Name): RunningApp => {
  const app = apps[NAMES.indexOf(name)]
  if (app === undefined) throw new Error('no such app')
  return app
}
const pageOf = (name: Name): Promise<Page> => appOf(name).main()

beforeAll(async () => {
  service = await startService()
  // Few pictures: three apps share two cores.
  apps = await startPeople(service, NAMES, 5)
}, 120_000)

afterAll(async () => {
  await Promise.allSettled(apps.map((app) => app.close()))
  await service.stop()
})

/** All of them see, hear and trust each other, with one member list. */
async function together(...names: readonly Name[]): Promise<void> {
  for (const name of names) {
    const others = names.filter((other) => other !== name)
    await until(await pageOf(name), `${name} is in with ${others.join()}`, ({ group }) => {
      const keyed = group?.members.filter(({ keyed, media }) => keyed && media.video).map(({ handle }) => handle)
      return group?.paused === undefined && keyed?.toSorted().join() === others.toSorted().join()
    })
  }
  // A change may be under way.
  const digests = async () =>
    Promise.all(names.map(async (name) => (await snapshot(await pageOf(name))).group?.proof?.rosterDigest))
  await expect.poll(async () => new Set(await digests()).size, { timeout: 15_000 }).toBe(1)
  for (const name of names) {
    const page = await pageOf(name)
    for (const other of names.filter((one) => one !== name)) {
      await page.getByTestId(`member-${other}-video`).waitFor({ timeout: 30_000 })
    }
  }
}

/** To the call that he is in with Ada. */
async function benAddsMia(): Promise<void> {
  const ben = await pageOf('ben')
  await ben.getByRole('button', { name: texts['group.add'] }).click()
  const field = ben.getByRole('textbox', { name: texts['group.choose'] })
  await field.fill('mia')
  await field.press('Enter')
  await ben.getByRole('dialog').getByRole('button', { name: texts['group.add.call'] }).click()
  await accept(appOf('mia'))
  await together('ada', 'ben', 'mia')
}

async function shareScreen(page: Page): Promise<void> {
  await page.mouse.move(300, 300)
  await page.getByRole('button', { name: texts['share.open'] }).click()
  const dialog = page.getByRole('dialog', { name: texts['share.title'] })
  await dialog.getByRole('radio', { name: texts['share.screen.whole'] }).click()
  await dialog.getByRole('button', { name: texts['share.begin'] }).click()
}

const sharingBar = (page: Page) => page.getByRole('region', { name: texts['share.on'] })

const framesOf = (page: Page, id: string): Promise<number> =>
  page.getByTestId(id).evaluate((video) => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames)

async function expectMoving(page: Page, id: string): Promise<void> {
  await page.getByTestId(id).waitFor({ timeout: 30_000 })
  const before = await framesOf(page, id)
  await expect.poll(() => framesOf(page, id), { timeout: 20_000 }).toBeGreaterThan(before + 3)
}

describe('a group call of real apps', () => {
  it('rings, is answered, and shows everybody to everybody', { timeout: 180_000 }, async () => {
    await startGroup(await pageOf('ada'), ['ben', 'mia'])
    await accept(appOf('ben'))
    await accept(appOf('mia'))
    await together('ada', 'ben', 'mia')
    await expectMoving(await pageOf('ben'), 'member-mia-video')
  })

  it('shows what is measured to who wants to know', async () => {
    const ben = await pageOf('ben')
    await ben.getByRole('main').locator('header').getByRole('button').click()
    await ben.getByText(texts['stats.title'], { exact: true }).click()
    for (const name of ['ada', 'mia']) {
      await ben.getByRole('columnheader', { name: texts['stats.group.from'].replace('{name}', name) }).waitFor()
    }
    const report = async () =>
      JSON.parse((await ben.getByTestId('statistics').textContent()) ?? '') as {
        readonly transport: string
        readonly sent: { readonly sound: { readonly bitrate?: number } }
        readonly members: readonly { readonly pace: { readonly video: { readonly framesPerSecond?: number } } }[]
      }
    await expect.poll(async () => (await report()).sent.sound.bitrate ?? 0, { timeout: 15_000 }).toBeGreaterThan(10_000)
    const paces = async () => (await report()).members.map(({ pace }) => pace.video.framesPerSecond ?? 0)
    await expect.poll(async () => Math.min(...(await paces())), { timeout: 15_000 }).toBeGreaterThan(0)
    expect(await report()).toMatchObject({ transport: 'udp', members: [{}, {}] })
    await ben.keyboard.press('Escape')
  })

  it('carries what is written', async () => {
    const [ada, ben] = [await pageOf('ada'), await pageOf('ben')]
    await ada.getByRole('button', { name: texts['group.chat'], exact: true }).click()
    await ada.getByRole('textbox', { name: texts['group.chat.placeholder'] }).fill('Hello all')
    await ada.keyboard.press('Enter')
    await ada.getByRole('log').getByText('Hello all').waitFor()
    await ada.keyboard.press('Escape')
    await until(ben, 'ben has the line', ({ group }) => group?.chat[0]?.text === 'Hello all')
  })

  it(
    'shows a shared screen first, and goes on with new keys without who leaves and with who comes back',
    { timeout: 180_000 },
    async () => {
      const [ada, ben, mia] = [await pageOf('ada'), await pageOf('ben'), await pageOf('mia')]
      // A run before this one may have ended in the middle.
      const sharing = sharingBar(ada)
      if (await sharing.isVisible()) await sharing.getByRole('button').click()
      await together('ada', 'ben', 'mia')
      await shareScreen(ada)
      for (const page of [ben, mia]) await expectMoving(page, 'shared-screen')
      // Nobody's picture is as large.
      const widths = await Promise.all(
        ['shared-screen', 'member-ada'].map(async (id) => (await ben.getByTestId(id).boundingBox())?.width ?? 0),
      )
      expect(widths[0]).toBeGreaterThan(3 * (widths[1] ?? 0))
      const epochNow = async () => (await snapshot(ada)).group?.proof?.epoch ?? 0
      const epochs = [await epochNow()]
      const { group } = await snapshot(ben)
      await request(ben, 'call.end', group?.callId ?? '')
      await together('ada', 'mia')
      epochs.push(await epochNow())
      await ben.getByRole('button', { name: texts['group.joinAgain'] }).click()
      await together('ada', 'ben', 'mia')
      epochs.push(await epochNow())
      expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b))
      for (const page of [ben, mia]) await expectMoving(page, 'shared-screen')
      await sharing.getByRole('button').click()
      for (const page of [ben, mia]) await page.getByTestId('shared-screen').waitFor({ state: 'detached' })
    },
  )

  it('comes back when its page is loaded again, with keys that no earlier page had', { timeout: 120_000 }, async () => {
    const [ada, mia] = [await pageOf('ada'), await pageOf('mia')]
    const before = (await snapshot(ada)).group?.proof?.epoch ?? 0
    await mia.reload()
    await until(ada, 'there are new keys', ({ group }) => (group?.proof?.epoch ?? 0) > before, 30_000)
    await together('ada', 'ben', 'mia')
  })

  it('goes on when the service and its relay are restarted', { timeout: 120_000 }, async () => {
    await service.restart()
    const [ada, ben] = [await pageOf('ada'), await pageOf('ben')]
    await until(ada, 'it is noticed', ({ group }) => group?.phase.kind === 'reconnecting', 30_000)
    await together('ada', 'ben', 'mia')
    await expectMoving(ben, 'member-mia-video')
  })

  it('ends for everybody who leaves, and leaves a line in the history', { timeout: 60_000 }, async () => {
    for (const name of NAMES) {
      const page = await pageOf(name)
      await page.getByRole('button', { name: texts['call.end'] }).click()
      await until(page, `${name} is out`, ({ group }) => group?.phase.kind === 'ended')
      await until(page, `${name} has a line`, ({ history }) => history[0]?.group?.length === 2)
    }
  })

  it('is entered by its link, through the door that its host opens', { timeout: 180_000 }, async () => {
    const [ada, mia] = [await pageOf('ada'), await pageOf('mia')]
    for (const page of [ada, mia]) {
      const { group } = await snapshot(page)
      if (group !== undefined) await request(page, 'call.dismiss', group.callId)
    }
    await ada.getByRole('button', { name: texts['group.start'] }).click()
    await ada.getByRole('button', { name: texts['group.start.link'] }).click()
    const { group } = await until(ada, 'there is a link', ({ group }) => group?.link !== undefined)
    const link = group?.link?.url ?? ''
    await ada.getByRole('button', { name: texts['group.link.copy'] }).waitFor()

    await mia.getByRole('button', { name: texts['new.title'] }).first().click()
    await mia.getByRole('dialog').getByRole('textbox').fill(link)
    await mia.getByRole('button', { name: texts['link.knock.video'] }).click()
    await until(mia, 'mia waits', ({ group }) => group?.phase.kind === 'knocking')
    await ada.getByRole('button', { name: texts['group.lobby.admit'] }).click()
    await together('ada', 'mia')
    const seen = (await snapshot(ada)).group?.members[0]
    expect(seen).toMatchObject({ guest: true, verification: 'unverified' })
    for (const page of [mia, ada]) await page.getByRole('button', { name: texts['call.end'] }).click()
  })

  it(
    'grows out of a call of two, which goes on meanwhile, with the screen that is shared in it',
    { timeout: 180_000 },
    async () => {
      const [ada, ben] = [await pageOf('ada'), await pageOf('ben')]
      for (const name of NAMES) {
        const page = await pageOf(name)
        const { group } = await until(page, `${name} is out`, ({ group }) => group?.phase.kind !== 'connected')
        if (group !== undefined) await request(page, 'call.dismiss', group.callId)
      }
      await request(ada, 'call.start', { handle: 'ben', media: { audio: true, video: true, screen: false } })
      await accept(appOf('ben'))
      for (const page of [ada, ben]) await until(page, 'connected', ({ call }) => call?.phase.kind === 'connected')
      await shareScreen(ada)
      await expectMoving(ben, 'remote-screen')
      await benAddsMia()
      for (const page of [ada, ben]) await until(page, 'it is one call', ({ call }) => call === undefined)
      for (const name of ['ben', 'mia'] as const) await expectMoving(await pageOf(name), 'shared-screen')
      await sharingBar(ada).getByRole('button').click()
      await ben.getByTestId('shared-screen').waitFor({ state: 'detached' })
    },
  )

  it(
    'becomes a call of two again, without an end, when the third leaves; and grows anew',
    { timeout: 180_000 },
    async () => {
      const [ada, ben, mia] = [await pageOf('ada'), await pageOf('ben'), await pageOf('mia')]
      const { group } = await snapshot(ada)
      await request(mia, 'call.end', group?.callId ?? '')
      for (const page of [ada, ben]) {
        await until(page, 'they are two', (state) => state.group === undefined && state.call !== undefined, 60_000)
        await expectMoving(page, 'remote-video')
      }
      expect((await snapshot(ada)).call).toMatchObject({ connectedAt: group?.connectedAt, behindGroup: false })
      await request(mia, 'call.dismiss', group?.callId ?? '')
      await benAddsMia()
      for (const page of [ada, ben]) await until(page, 'it is one call', ({ call }) => call === undefined)
    },
  )
})
