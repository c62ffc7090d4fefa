/** From the first start to the next: keys, keychains that are there, missing, locked or another one, and sudden ends. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import texts from '../../src-renderer/app/language/en.json' with { type: 'json' }
import type { KeychainProblem } from '../../src-shared/ipc/snapshot.ts'
import { privateBus } from '../support/private-keyring.ts'
import { createAccount, request, snapshot, until } from './harness/actions.ts'
import { type AppOptions, type RunningApp, startApp } from './harness/app.ts'
import { type RunningService, startService } from './harness/service.ts'

let service: RunningService
let running: RunningApp | undefined
const profiles: string[] = []

beforeAll(async () => {
  service = await startService()
})
afterEach(async () => {
  await running?.close()
  running = undefined
})
afterAll(async () => {
  await service.stop()
  for (const profile of profiles) rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
})

function newProfile(): string {
  const profile = mkdtempSync(path.join(tmpdir(), 'sightline-startup-'))
  profiles.push(profile)
  return profile
}

async function start(profile: string, more: Partial<AppOptions> = {}): Promise<RunningApp> {
  running = await startApp({ name: 'startup', service: service.address, profile, ...more })
  return running
}

/** An account, and the app closed again. */
async function withAccount(
  handle: string,
  more: Partial<AppOptions> = {},
): Promise<{ profile: string; accountId: string }> {
  const profile = newProfile()
  const app = await start(profile, more)
  const page = await createAccount(app, 'Ada Lovelace', handle)
  const { startup } = await snapshot(page)
  if (startup.kind !== 'ready') throw new Error(startup.kind)
  await app.close()
  running = undefined
  return { profile, accountId: startup.profile.accountId }
}

let adas: ReturnType<typeof withAccount> | undefined

/** Hers is made once: each start of an app takes seconds. The last test damages it. */
function ada(): ReturnType<typeof withAccount> {
  adas ??= withAccount('ada').catch((error: unknown) => {
    adas = undefined
    throw error
  })
  return adas
}

function sealedFiles(profile: string): Record<string, string> {
  const folder = path.join(profile, 'account')
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'hex')]))
}

async function refused(app: RunningApp, reason: KeychainProblem): Promise<void> {
  const page = await app.main()
  await until(
    page,
    `refused as ${reason}`,
    ({ startup }) => startup.kind === 'no-keychain' && startup.reason === reason,
  )
  // The document itself: a locator that was made while the page was still loading may look at a document that is gone.
  await expect
    .poll(() => page.evaluate(() => document.body.innerText), { timeout: 20_000 })
    .toContain(texts[`keychain.title.${reason}`])
}

const keychainName = (profile: string) =>
  (JSON.parse(readFileSync(path.join(profile, 'profile.json'), 'utf8')) as { keychainName: string }).keychainName

describe('an account', () => {
  it('is there again after a restart, and after the process was killed', async () => {
    const { profile, accountId } = await ada()
    for (const end of ['close', 'kill'] as const) {
      const app = await start(profile)
      const page = await app.main()
      const { startup } = await until(page, 'the account', ({ startup }) => startup.kind === 'ready')
      expect(startup.kind === 'ready' && startup.profile).toEqual({ name: 'Ada Lovelace', handle: 'ada', accountId })
      await request(page, 'settings.update', { theme: 'dark' })
      await app[end]()
      running = undefined
    }
    const page = await (await start(profile)).main()
    const { settings } = await until(page, 'the account', ({ startup }) => startup.kind === 'ready')
    expect(settings.theme).toBe('dark')
    // Nothing but sealed files, readable by their owner only.
    for (const name of readdirSync(path.join(profile, 'account'))) {
      const file = path.join(profile, 'account', name)
      expect(readFileSync(file).includes('Lovelace')).toBe(false)
      expect(statSync(file).mode & 0o077, name).toBe(0)
    }
  })

  it('has a handle of its own: the second who wants it is told', async () => {
    await ada()
    const page = await (await start(newProfile())).main()
    await until(page, 'onboarding', ({ startup }) => startup.kind === 'no-account')
    await until(page, 'a service', (state) => state.service.kind === 'online')
    expect(await request(page, 'account.checkHandle', 'ada')).toBe('taken')
    expect(await request(page, 'account.create', { name: 'Eve', handle: 'ada' })).toBe('taken')
    expect(await request(page, 'account.create', { name: 'Eve', handle: 'not a handle' })).toBe('invalid')
    expect(await request(page, 'account.create', { name: 'Eve', handle: 'eve' })).toBe('created')
  })
})

describe.runIf(process.platform === 'linux')('the keychain', () => {
  it('is refused when there is none, and nothing is written', async () => {
    const profile = newProfile()
    await refused(await start(profile, { env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } }), 'missing')
    expect(readdirSync(profile)).not.toContain('account')
  })

  it('has an entry for each profile; another one opens nothing, and nothing is overwritten', async () => {
    const [first, second] = [await withAccount('bea'), await ada()]
    expect(keychainName(first.profile)).not.toBe(keychainName(second.profile))
    const before = sealedFiles(first.profile)
    execFileSync('secret-tool', ['clear', 'application', keychainName(first.profile)])
    await refused(await start(first.profile), 'changed')
    await running?.close()
    expect(sealedFiles(first.profile)).toEqual(before)
    const page = await (await start(second.profile)).main()
    await until(page, 'the other profile', ({ startup }) => startup.kind === 'ready')
  })

  it('is explained when it is locked, without hanging, and opens as soon as it is unlocked', async () => {
    // Others use the one of this desktop.
    const keyring = await privateBus()
    try {
      keyring.start('--unlock')
      const env = keyring.environment
      const { profile } = await withAccount('dora', { env })
      keyring.lock()
      const app = await start(profile, { env })
      await refused(app, 'locked')
      // GNOME's daemon unlocks from outside only when it starts.
      keyring.start('--unlock')
      await until(await app.main(), 'unlocked', ({ startup }) => startup.kind === 'ready')
      await app.close()
      running = undefined
    } finally {
      keyring.close()
    }
  })

  it('finds damaged files and keeps them as they are', async () => {
    const { profile } = await ada()
    truncateSync(path.join(profile, 'account/vault'), 100)
    const before = sealedFiles(profile)
    const app = await start(profile)
    await refused(app, 'damaged')
    await (await app.main()).getByRole('button', { name: texts['action.tryAgain'] }).click()
    await refused(app, 'damaged')
    await app.close()
    running = undefined
    expect(sealedFiles(profile)).toEqual(before)
  })
})
