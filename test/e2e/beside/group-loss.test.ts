/** A group call of real apps, one of which is gone from one moment to the next. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Snapshot } from '../../../src-shared/ipc/snapshot.ts'
import { accept, snapshot, startGroup, until } from '../harness/actions.ts'
import type { RunningApp } from '../harness/app.ts'
import { startPeople } from '../harness/people.ts'
import { type RunningService, startService } from '../harness/service.ts'

let service: RunningService
let apps: readonly RunningApp[] = []

beforeAll(async () => {
  service = await startService()
  apps = await startPeople(service, ['ada', 'ben', 'mia'], 2)
})

afterAll(async () => {
  await Promise.allSettled(apps.map((app) => app.close()))
  await service.stop()
})

/** So many others are in, and the keys of each are here. */
const hears =
  (count: number) =>
  ({ group }: Snapshot): boolean =>
    group?.members.length === count && group.members.every(({ keyed, present }) => keyed && present)

it('goes on without an app that was killed, with keys that it does not have', async () => {
  const [ada, ben, mia] = apps
  if (ada === undefined || ben === undefined || mia === undefined) throw new Error('the apps are not there')
  const pages = await Promise.all([ada.main(), ben.main()])
  await startGroup(pages[0], ['ben', 'mia'])
  for (const app of [ben, mia]) await accept(app, 'audio')
  for (const page of pages) await until(page, 'all are in', hears(2), 30_000)
  const before = (await snapshot(pages[0])).group?.proof?.epoch ?? 0

  await mia.kill()
  for (const page of pages) await until(page, 'it is out', ({ group }) => group?.members.length === 1, 90_000)
  const states = await Promise.all(pages.map((page) => until(page, 'there are new keys', hears(1), 30_000)))
  const [first, second] = states.map(({ group }) => group?.proof)
  expect(first?.epoch).toBeGreaterThan(before)
  expect(second?.rosterDigest).toBe(first?.rosterDigest)
  for (const { group } of states) expect(group?.events.some(({ kind }) => kind === 'lost')).toBe(true)
})
