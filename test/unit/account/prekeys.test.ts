/** Upkeep of the prekeys over weeks (R11). */
import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, HOUR } from '../../../src-shared/base/time.ts'
import { parsePrekey, verifyPrekey } from '../../../src-shared/protocol/prekey.ts'
import { OwnAccount } from '../../../src-main/account/identity.ts'
import {
  MEDIUM_TERM_LIFE,
  MEDIUM_TERM_RENEWAL,
  ONE_TIME_HELD_MAX,
  ONE_TIME_STOCK,
  Prekeys,
  REFILL_BELOW,
  SUPERSEDED_KEPT,
} from '../../../src-main/account/prekeys.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { MemoryService, type TestService } from '../../support/memory-service.ts'
import { MemoryPrekeys, MemoryVault } from '../../support/memory-stores.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { NOW, valueOf } from '../../support/test-device.ts'

let service: MemoryService
let client: TestService
let clock: FakeClock
let store: MemoryPrekeys
let account: OwnAccount
let prekeys: Prekeys
const failures: unknown[] = []

beforeEach(() => {
  service = new MemoryService()
  clock = new FakeClock(NOW)
  store = new MemoryPrekeys()
  account = valueOf(
    OwnAccount.create(new MemoryVault(), { name: 'Alice', handle: 'alice' }, seededRandom('alice'), NOW),
  )
  client = service.client(() => account.certificate.certHash)
  failures.length = 0
  prekeys = keeper()
})

function keeper(seed = 'prekeys'): Prekeys {
  const random = seededRandom(seed)
  return new Prekeys({ account, service: client, store, random, clock, failed: (error) => failures.push(error) })
}
const mailbox = () => service.mailboxOf(account.certificate.certHash)
/** So that only the medium-term prekeys are looked at; making a hundred others takes its time. */
const withoutOneTime = () => {
  client.claimedStock = ONE_TIME_STOCK
}

describe('one-time prekeys', () => {
  it('a hundred are in stock, each signed, unique, and with its private half here', async () => {
    expect(await prekeys.tend()).toBe(true)
    const published = mailbox().oneTime.map((bytes) => parsePrekey(bytes))
    expect(published).toHaveLength(ONE_TIME_STOCK)
    expect(new Set(published.map((prekey) => prekey?.id)).size).toBe(ONE_TIME_STOCK)
    for (const prekey of published.slice(0, 3)) {
      if (prekey === undefined) throw new Error('malformed')
      expect(verifyPrekey(prekey, account.certificate, NOW).ok).toBe(true)
      const secrets = prekeys.find('one-time', prekey.id)
      expect(secrets?.p256.public).toEqual(prekey.p256)
      expect(secrets?.kem.public).toEqual(prekey.kem)
      expect(secrets?.bytes).toEqual(prekey.bytes)
    }
    // Nothing to do a second time, and a third after a restart.
    await prekeys.tend()
    await keeper().tend()
    expect(client.publishedPrekeys).toBe(ONE_TIME_STOCK + 1)
  })

  it('are refilled when they run low, and erased after use', async () => {
    client.claimedStock = REFILL_BELOW - 1
    await prekeys.tend()
    expect(mailbox().oneTime).toHaveLength(ONE_TIME_STOCK - REFILL_BELOW + 1)
    client.claimedStock = REFILL_BELOW
    const id = parsePrekey(service.fetchPrekey(account.certificate.certHash) ?? new Uint8Array())?.id ?? -1
    prekeys.used('one-time', id)
    expect(prekeys.find('one-time', id)).toBeUndefined()
    await prekeys.tend()
    expect(mailbox().oneTime).toHaveLength(ONE_TIME_STOCK - REFILL_BELOW)
  })

  it('go again when the answer of the service was lost: none is made twice', async () => {
    client.claimedStock = ONE_TIME_STOCK - 30
    client.answersPublish = false
    expect(await prekeys.tend()).toBe(false)
    expect(await prekeys.tend()).toBe(false)
    client.answersPublish = true
    expect(await prekeys.tend()).toBe(true)
    expect(store.all('medium-term')).toHaveLength(1)
    expect(store.all('one-time')).toHaveLength(30)
    expect(mailbox().oneTime).toHaveLength(30)
  })

  it('are not made without end for somebody who drains the stock', async () => {
    withoutOneTime()
    await prekeys.tend()
    const [one] = store.all('medium-term')
    if (one === undefined) throw new Error('no prekey')
    store.save(Array.from({ length: ONE_TIME_HELD_MAX - 10 }, (_, id) => ({ ...one, kind: 'one-time' as const, id })))
    client.claimedStock = 0
    await prekeys.tend()
    expect(store.all('one-time')).toHaveLength(ONE_TIME_HELD_MAX)
    expect(mailbox().oneTime).toHaveLength(10)
    await prekeys.tend()
    expect(store.all('one-time')).toHaveLength(ONE_TIME_HELD_MAX)
  })
})

describe('the medium-term prekey', () => {
  beforeEach(withoutOneTime)
  const current = () => parsePrekey(mailbox().mediumTerm ?? new Uint8Array())

  it('lives thirty days and is followed by a new one after seven', async () => {
    await prekeys.tend()
    const first = current()
    expect(first?.notAfter).toBe(NOW + MEDIUM_TERM_LIFE)
    clock.advance(MEDIUM_TERM_RENEWAL - 1)
    await prekeys.tend()
    expect(current()?.id).toBe(first?.id)
    clock.advance(1)
    await prekeys.tend()
    expect(current()?.id).not.toBe(first?.id)
    expect(store.all('medium-term')).toHaveLength(2)
  })

  it('keeps its private half 14 days after its successor, and until the queue was empty once', async () => {
    await prekeys.tend()
    const first = current()?.id ?? -1
    clock.advance(MEDIUM_TERM_RENEWAL)
    await prekeys.tend()
    clock.advance(SUPERSEDED_KEPT)
    await prekeys.tend()
    // Long enough, but the queue was not empty since.
    expect(prekeys.find('medium-term', first)).toBeDefined()
    prekeys.queueEmptied()
    await prekeys.tend()
    expect(prekeys.find('medium-term', first)).toBeUndefined()
  })

  it('is not erased early because the queue was empty early', async () => {
    await prekeys.tend()
    const first = current()?.id ?? -1
    prekeys.queueEmptied()
    clock.advance(MEDIUM_TERM_RENEWAL)
    await prekeys.tend()
    prekeys.queueEmptied()
    clock.advance(SUPERSEDED_KEPT - 1)
    await prekeys.tend()
    expect(prekeys.find('medium-term', first)).toBeDefined()
    clock.advance(1)
    await prekeys.tend()
    expect(prekeys.find('medium-term', first)).toBeUndefined()
  })

  it('stays the one in use while its successor cannot be published', async () => {
    await prekeys.tend()
    const first = current()?.id
    clock.advance(MEDIUM_TERM_RENEWAL)
    service.online = false
    expect(await prekeys.tend()).toBe(false)
    expect(store.all('medium-term').every(({ supersededAt }) => supersededAt === undefined)).toBe(true)
    service.online = true
    expect(await prekeys.tend()).toBe(true)
    expect(current()?.id).not.toBe(first)
    expect(store.all('medium-term')).toHaveLength(2)
  })
})

it('forgets the prekeys of an earlier certificate', async () => {
  withoutOneTime()
  const vault = new MemoryVault()
  account = valueOf(OwnAccount.create(vault, { name: 'Alice', handle: 'alice' }, seededRandom('alice'), NOW))
  prekeys = keeper()
  await prekeys.tend()
  const before = store.all('medium-term')[0]?.id ?? -1
  clock.advance(350 * DAY)
  const renewed = valueOf(OwnAccount.open(vault, clock.now()))
  if (renewed === undefined) throw new Error('no account')
  account = renewed
  prekeys = keeper('after the renewal')
  expect(prekeys.find('medium-term', before)).toBeUndefined()
  await prekeys.tend()
  expect(store.all('medium-term').map(({ id }) => id)).not.toContain(before)
})

it('looks after itself: at once, at every connection and every six hours, until it is stopped', async () => {
  withoutOneTime()
  const stop = prekeys.start()
  clock.advance(0)
  await settled()
  expect(client.publishedPrekeys).toBe(1)
  clock.advance(MEDIUM_TERM_RENEWAL - HOUR)
  await settled()
  clock.advance(6 * HOUR)
  await settled()
  expect(client.publishedPrekeys).toBe(2)
  clock.advance(MEDIUM_TERM_RENEWAL - HOUR)
  await settled()
  clock.advance(HOUR)
  client.connected()
  await settled()
  expect(client.publishedPrekeys).toBe(3)
  client.queueEmptied()
  expect(store.all('medium-term').filter(({ queueEmptied }) => queueEmptied).length).toBeGreaterThan(0)
  stop()
  expect(clock.timers).toBe(0)
  expect(failures).toEqual([])
})

/** Lets the keeper's own work come to its end. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

it('tells when the store fails while nobody waits', async () => {
  withoutOneTime()
  store.save = () => {
    throw new Error('disk full')
  }
  prekeys.start()
  clock.advance(0)
  await expect(prekeys.tend()).rejects.toThrow('disk full')
  await new Promise((resolve) => setImmediate(resolve))
  expect(failures).toHaveLength(1)
})
