/** Push: envelopes wait in order until they are dealt with, across connections and restarts of the service. */
import { rm } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import type { RunningService } from '../../../src-server/app/service.ts'
import { DAY } from '../../../src-shared/base/time.ts'
import { testDevice, valueOf } from '../../support/test-device.ts'
import {
  clientOf,
  closeAll,
  contentOf,
  envelopeTo,
  registered,
  startTestService,
  temporaryFolder,
  testNow,
  until,
} from './harness.ts'

const dataDir = temporaryFolder()
const [alice, bob] = [testDevice('alice'), testDevice('bob')]
let skipped = 0
const now = () => testNow() + skipped
let service: RunningService
let sender: ServiceClient

beforeAll(async () => {
  service = await startTestService({ dataDir, now })
  await registered(bob, 'bob', service.port).then((client) => client.close())
  sender = await registered(alice, 'alice', service.port)
})
afterEach(() => (skipped = 0))
afterAll(async () => {
  closeAll()
  await service.stop()
  await rm(dataDir, { recursive: true })
})

const push = (content: string, expiresAt = now() + DAY, size = 300) =>
  sender.push(bob.certificate.certHash, envelopeTo(bob, content, size), expiresAt)

/** Bob's device, until `stop`. */
function receiver(deal: (content: string) => Promise<void> = () => Promise.resolve()) {
  const received: string[] = []
  const client = clientOf(bob, service.port)
  let emptied = false
  client.onEnvelope(async (envelope) => {
    received.push(contentOf(envelope))
    await deal(contentOf(envelope))
  })
  client.onQueueEmpty(() => (emptied = true))
  return { received, client, emptied: () => emptied }
}

it('delivers in order what came while the device was away, then says that the queue is empty', async () => {
  const contents = Array.from({ length: 40 }, (_, index) => `message ${String(index)}`)
  for (const content of contents) valueOf(await push(content))
  const bobs = receiver()
  await until(bobs.emptied, 'the queue is empty')
  expect(bobs.received).toEqual(contents)
  valueOf(await push('while online'))
  await until(() => bobs.received.length === 41, 'the last one is there')
  expect(bobs.received.at(-1)).toBe('while online')
  bobs.client.close()
})

it('brings again what was not acknowledged, also after a restart of the service, and what was acknowledged never', async () => {
  await emptyQueue()
  for (const content of ['first', 'second', 'third']) valueOf(await push(content))
  const never = new Promise<void>(() => undefined)
  const stuck = receiver((content) => (content === 'second' ? never : Promise.resolve()))
  await until(() => stuck.received.length === 2, 'the second one is being dealt with')
  expect(stuck.emptied()).toBe(false)
  // Behind the acknowledgement of the first on the same connection: with its answer, that is dealt with.
  valueOf(await stuck.client.prekeyStock())
  stuck.client.close()
  closeAll()
  await service.stop()

  service = await startTestService({ dataDir, now })
  sender = clientOf(alice, service.port)
  const again = receiver()
  await until(again.emptied, 'the queue is empty')
  expect(again.received).toEqual(['second', 'third'])
  again.client.close()
  const last = receiver()
  await until(last.emptied, 'the queue is still empty')
  expect(last.received).toEqual([])
})

it('goes on after an envelope that the device cannot deal with', async () => {
  await emptyQueue()
  const bobs = receiver((content) => (content === 'poison' ? Promise.reject(new Error('no')) : Promise.resolve()))
  // Each is acknowledged before the next is handed on: with the last one here, the two before it are dealt with.
  for (const content of ['poison', 'good', 'last']) valueOf(await push(content))
  await until(() => bobs.received.includes('last'), 'those behind it have come')
  bobs.client.close()
  const later = receiver()
  await until(later.emptied, 'nothing is left')
  expect(later.received).not.toContain('poison')
  expect(later.received).not.toContain('good')
})

it('keeps what came before anyone listened', async () => {
  await emptyQueue()
  valueOf(await push('early'))
  const client = clientOf(bob, service.port)
  await until(() => client.state === 'online', 'the device is online')
  await new Promise((resolve) => setTimeout(resolve, 100))
  const received: string[] = []
  client.onEnvelope((envelope) => {
    received.push(contentOf(envelope))
    return Promise.resolve()
  })
  await until(() => received.length === 1, 'it is delivered')
})

it('gives a device one connection: the newer one', async () => {
  const older = clientOf(bob, service.port)
  await until(() => older.state === 'online', 'the older one is online')
  const newer = clientOf(bob, service.port)
  await until(() => newer.state === 'online' && older.state === 'offline', 'the older one has ended')
  const received: string[] = []
  newer.onEnvelope((envelope) => {
    received.push(contentOf(envelope))
    return Promise.resolve()
  })
  valueOf(await push('to the newer one'))
  await until(() => received.includes('to the newer one'), 'it is delivered')
})

it('erases what has expired', async () => {
  await emptyQueue()
  valueOf(await push('short-lived', now() + 1000))
  valueOf(await push('long-lived', now() + 365 * DAY))
  skipped = 2000
  const bobs = receiver()
  await until(bobs.emptied, 'the queue is empty')
  expect(bobs.received).toEqual(['long-lived'])
})

it('cuts every life to 30 days', async () => {
  await emptyQueue()
  valueOf(await push('too long', now() + 365 * DAY))
  skipped = 31 * DAY
  const bobs = receiver()
  await until(bobs.emptied, 'the queue is empty')
  expect(bobs.received).toEqual([])
})

it('refuses what is expired, for another device than it says, for nobody, and too large', async () => {
  expect(await push('late', now())).toEqual({ ok: false, reason: 'refused' })
  const misdirected = await sender.push(bob.certificate.certHash, envelopeTo(alice, 'x'), now() + DAY)
  expect(misdirected).toEqual({ ok: false, reason: 'refused' })
  const nobody = testDevice('nobody')
  const lost = await sender.push(nobody.certificate.certHash, envelopeTo(nobody, 'x'), now() + DAY)
  expect(lost).toEqual({ ok: false, reason: 'unknown' })
  expect(await push('big', now() + DAY, 65_536)).toEqual({ ok: false, reason: 'refused' })
  expect((await push('largest', now() + DAY, 65_535)).ok).toBe(true)
})

async function emptyQueue(): Promise<void> {
  const bobs = receiver()
  await until(bobs.emptied, 'the queue is empty')
  bobs.client.close()
}
