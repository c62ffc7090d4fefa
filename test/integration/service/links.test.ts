/** What lies under the links of calls (docs/protocol/service.md, section 4): whose it is, how much, how long. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import type { RunningService } from '../../../src-server/app/service.ts'
import { DAY } from '../../../src-shared/base/time.ts'
import { testDevice, testList, valueOf } from '../../support/test-device.ts'
import { clientOf, closeAll, random, registered, startTestService, testNow } from './harness.ts'

const [alice, bob] = [testDevice('alice'), testDevice('bob')]
const alicesPhone = testDevice('alice', 'phone')
let skipped = 0
let service: RunningService
let clients: { alice: ServiceClient; phone: ServiceClient; bob: ServiceClient }

beforeAll(async () => {
  const points = { points: 500, seconds: 60 }
  service = await startTestService({ now: () => testNow() + skipped, rates: { links: points } })
  clients = {
    alice: await registered(alice, 'alice', service.port),
    phone: clientOf(alicesPhone, service.port),
    bob: await registered(bob, 'bob', service.port),
  }
  const list = testList(alice.keys, [alice.certificate, alicesPhone.certificate], 2)
  const { bytes: certificate } = alicesPhone.certificate
  valueOf(await clients.phone.register({ handle: 'alice', certificate, deviceList: list.bytes }))
})
afterAll(async () => {
  closeAll()
  await service.stop()
})

const refused = (reason: string) => ({ ok: false, reason })

it('gives everybody what lies under a link, and nobody but its owner changes or removes it', async () => {
  const [id, first, second] = [random(16), random(300), random(1024)]
  expect(await clients.bob.getLink(id)).toEqual(refused('unknown'))
  valueOf(await clients.alice.putLink(id, first, testNow() + DAY))
  expect(valueOf(await clients.bob.getLink(id))).toEqual(first)
  expect(await clients.bob.putLink(id, second, testNow() + DAY)).toEqual(refused('taken'))
  expect(await clients.bob.removeLink(id)).toEqual(refused('unknown'))
  // The owner is the account.
  valueOf(await clients.phone.putLink(id, second, testNow() + DAY))
  expect(valueOf(await clients.bob.getLink(id))).toEqual(second)
  valueOf(await clients.phone.removeLink(id))
  expect(await clients.bob.getLink(id)).toEqual(refused('unknown'))
  expect(await clients.alice.removeLink(id)).toEqual(refused('unknown'))
})

it('answers registered devices only', async () => {
  const stranger = clientOf(testDevice('stranger'), service.port)
  expect(await stranger.getLink(random(16))).toEqual(refused('refused'))
})

it('forgets what has expired', async () => {
  const id = random(16)
  expect(await clients.alice.putLink(id, random(10), testNow() - 1)).toEqual(refused('invalid'))
  valueOf(await clients.alice.putLink(id, random(10), testNow() + DAY))
  skipped = 2 * DAY
  expect(await clients.bob.getLink(id)).toEqual(refused('unknown'))
  // And then it is anybody's.
  valueOf(await clients.bob.putLink(id, random(10), testNow() + 3 * DAY))
  expect(await clients.alice.putLink(id, random(10), testNow() + 3 * DAY)).toEqual(refused('taken'))
  valueOf(await clients.bob.removeLink(id))
  skipped = 0
})

it('keeps 64 of an account', async () => {
  const ids = Array.from({ length: 65 }, () => random(16))
  const put = (id: Uint8Array) => clients.alice.putLink(id, random(10), testNow() + DAY)
  for (const id of ids.slice(0, 64)) valueOf(await put(id))
  expect(await put(ids[64] ?? random(16))).toEqual(refused('full'))
  expect(await clients.bob.getLink(ids[64] ?? random(16))).toEqual(refused('unknown'))
  // One that is there may be replaced, and one that goes makes room.
  valueOf(await put(ids[0] ?? random(16)))
  valueOf(await clients.alice.removeLink(ids[0] ?? random(16)))
  valueOf(await put(ids[64] ?? random(16)))
})

it('is asked so often only', async () => {
  const results = []
  for (let index = 0; index < 501; index++) results.push(clients.bob.getLink(random(16)))
  const reasons = (await Promise.all(results)).map((result) => (result.ok ? '' : result.reason))
  expect(reasons.at(-1)).toBe('rate-limited')
})

it('is met by a page that leads into the app, and tells the service no secret', async () => {
  const page = await fetch(`http://127.0.0.1:${String(service.port)}/j/Zt3cM0Qy2k9oVh1xW8aJrA`)
  const policy = page.headers.get('content-security-policy') ?? ''
  const body = await page.text()
  expect(page.status).toBe(200)
  expect(policy).toContain("default-src 'none'")
  for (const [, element] of body.matchAll(/<(?:script|style)>(.*?)<\/(?:script|style)>/gs)) {
    expect(policy).toContain(
      createHash('sha256')
        .update(element ?? '')
        .digest('base64'),
    )
  }
  for (const path of ['/j/', '/j/short', '/j/Zt3cM0Qy2k9oVh1xW8aJrA/x', '/j/Zt3cM0Qy2k9oVh1xW8aJr%2e']) {
    expect((await fetch(`http://127.0.0.1:${String(service.port)}${path}`)).status).toBe(404)
  }
})
