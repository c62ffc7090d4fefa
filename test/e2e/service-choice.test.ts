/** The service inside the app, and moving to another one. */
import { createServer } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_PORT } from '../../src-shared/protocol/service/address.ts'
import { createAccount, request, snapshot, until } from './harness/actions.ts'
import { type RunningApp, startApp } from './harness/app.ts'
import { type RunningService, startService } from './harness/service.ts'

const apps: RunningApp[] = []
let other: RunningService | undefined
/** The first start of a database makes it. */
const FIRST_START_MS = 60_000

async function start(name: string, service?: string): Promise<RunningApp> {
  const app = await startApp({ name, ...(service === undefined ? {} : { service }) })
  apps.push(app)
  return app
}

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})
afterAll(async () => {
  await other?.stop()
})

function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}

describe('the service inside the app', () => {
  it('runs, is found by another app on this machine, and comes back when it dies', async ({ skip }) => {
    // Whoever works at this machine may run the service on its usual port.
    skip(!(await portIsFree(DEFAULT_PORT)), 'the usual port is taken')
    const app = await start('embedded')
    const page = await app.main()
    const online = await until(page, 'online', ({ service }) => service.kind === 'online', FIRST_START_MS)
    expect(online.service.embedded).toBe(true)
    expect(online.service.address).not.toBe('')
    await createAccount(app, 'Ada', 'ada')

    const second = await start('neighbour')
    const neighbour = await until(
      await second.main(),
      'online',
      ({ service }) => service.kind === 'online',
      FIRST_START_MS,
    )
    expect(neighbour.service.embedded).toBe(false)
    expect(await request(await second.main(), 'account.checkHandle', 'ada')).toBe('taken')

    const pid = await app.electron.evaluate(
      ({ app: electronApp }) => electronApp.getAppMetrics().find(({ name }) => name === 'Sightline service')?.pid,
    )
    if (pid === undefined) throw new Error('no service process')
    process.kill(pid, 'SIGKILL')
    await until(page, 'noticed', ({ service }) => service.kind !== 'online')
    const back = await until(page, 'online again', ({ service }) => service.kind === 'online', FIRST_START_MS)
    expect(back.service).toEqual(online.service)
    // What was registered is there still: an answered lookup comes from the same data.
    await until(await second.main(), 'online again', ({ service }) => service.kind === 'online', FIRST_START_MS)
    expect(await request(await second.main(), 'account.checkHandle', 'ada')).toBe('taken')
  })
})

describe('another service', () => {
  it('is used at once, refused if it is no address, and remembered', async () => {
    other = await startService()
    const app = await start('mover', '127.0.0.1:1')
    const page = await app.main()
    await until(page, 'offline', ({ service }) => service.kind !== 'online' && service.address === '127.0.0.1:1')
    expect(await request(page, 'account.create', { name: 'Ada', handle: 'ada' })).toBe('offline')
    expect(await request(page, 'service.use', 'not an address')).toBe('invalid')
    expect((await snapshot(page)).service.address).toBe('127.0.0.1:1')
    expect(await request(page, 'service.use', other.address)).toBe('changed')
    const moved = await until(page, 'online', ({ service }) => service.kind === 'online')
    expect(moved.service).toMatchObject({ address: other.address, embedded: false })
    expect(await request(page, 'account.create', { name: 'Ada', handle: 'ada' })).toBe('created')
    expect((await snapshot(page)).startup).toMatchObject({ kind: 'ready', profile: { handle: 'ada' } })
    await app.electron.close()

    const again = await startApp({ name: 'mover', profile: app.profile })
    apps.splice(0, 1, again)
    const state = await until(await again.main(), 'online', ({ service }) => service.kind === 'online')
    expect(state.service.address).toBe(other.address)
    expect(state.startup.kind).toBe('ready')
  })
})
