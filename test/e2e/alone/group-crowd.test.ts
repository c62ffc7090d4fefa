/** A crowded call: two real apps, the others participants without windows, through the real service. */
import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { record } from '../../participant/record.ts'
import { SLOW_RECORDING } from '../../participant/recording.ts'
import { accept, snapshot, startGroup, until } from '../harness/actions.ts'
import type { RunningApp } from '../harness/app.ts'
import { Participants } from '../harness/participants.ts'
import { startPeople } from '../harness/people.ts'
import { repository } from '../harness/repository.ts'
import { type RunningService, startService } from '../harness/service.ts'

const NAMES = ['ada', 'ben'] as const
/** As many as a call may have, where there are cores for it: each new member has everybody seal a key for everybody. */
const ALL = Number(process.env['CROWD'] ?? (availableParallelism() > 2 ? 33 : 17))
const HEADLESS = ALL - NAMES.length
const SETTLE_MS = 120_000
/** Hundreds of streams pass through the cores that all of them share with the relay. */
const FPS = 2

let service: RunningService
let crowd: Participants
let apps: readonly RunningApp[] = []

beforeAll(async () => {
  service = await startService()
  // The recording takes seconds in which nothing else happens.
  ;[apps] = await Promise.all([startPeople(service, NAMES, FPS), record(SLOW_RECORDING, FPS)])
  crowd = await Participants.start(service.address, 'guest', HEADLESS, { guided: true, media: SLOW_RECORDING })
}, 180_000)

afterAll(async () => {
  await (crowd as Participants | undefined)?.leave()
  await Promise.allSettled(apps.map((app) => app.close()))
  await service.stop()
})

async function pages(): Promise<readonly [Page, Page]> {
  const [ada, ben] = apps
  if (ada === undefined || ben === undefined) throw new Error('the apps are not there')
  return [await ada.main(), await ben.main()]
}

async function hears(page: Page, count: number): Promise<string> {
  const { group } = await until(
    page,
    `it has the keys of ${String(count)}`,
    ({ group }) => group?.members.length === count && group.members.every(({ keyed }) => keyed),
    SETTLE_MS,
  )
  return group?.proof?.rosterDigest ?? ''
}

it('is one call, in which everybody opens what everybody sends', { timeout: 300_000 }, async () => {
  const [ada, ben] = await pages()
  await startGroup(ada, ['ben', ...crowd.handles])
  const [, second] = apps
  if (second !== undefined) await accept(second)
  // Whoever comes gives all others new keys: a device has a moment for that, and here a few cores do it for all.
  let digests: string[] = []
  await crowd.join(async (count) => (digests = [await hears(ada, count + 1), await hears(ben, count + 1)]))

  await expect
    .poll(async () => (await crowd.reports()).filter(({ rosterDigest }) => rosterDigest === digests[0]).length, {
      timeout: SETTLE_MS,
      interval: 2000,
    })
    .toBe(HEADLESS)
  expect(digests[1]).toBe(digests[0])

  // Everybody gets whole pictures of everybody, and nobody's packets are refused for long.
  crowd.show()
  const framesOf = async (): Promise<number> => {
    const reports = await crowd.reports()
    return Math.min(
      ...reports.map(({ media }) => {
        const members = Object.values(media?.members ?? {})
        return members.length < ALL - 1 ? 0 : Math.min(...members.map(({ frames }) => frames))
      }),
    )
  }
  const before = await framesOf()
  await expect.poll(framesOf, { timeout: SETTLE_MS, interval: 2000 }).toBeGreaterThan(before + 10)
  // Some five are heard at a time.
  const [report] = await crowd.reports()
  const heard = Object.values(report?.media?.members ?? {}).filter(({ soundPackets }) => soundPackets > 100)
  expect(heard.length).toBeGreaterThanOrEqual(4)

  const folder = path.join(repository, 'reports/screens')
  mkdirSync(folder, { recursive: true })
  await ada.screenshot({ path: path.join(folder, 'crowd.png') })
  const { group } = await snapshot(ada)
  expect(group?.paused).toBeUndefined()
})
