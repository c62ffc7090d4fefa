/** The directory as devices see it: handles, lists that only go forward (R5), prekeys that are handed out once (R11). */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunningService } from '../../../src-server/app/service.ts'
import { NOW, testDevice, testList, valueOf } from '../../support/test-device.ts'
import { clientOf, closeAll, prekey, registered, startTestService, until } from './harness.ts'

let service: RunningService
beforeAll(async () => {
  service = await startTestService()
})
afterAll(async () => {
  closeAll()
  await service.stop()
})

it('checks handles without an account, and nothing else', async () => {
  const nobody = clientOf(undefined, service.port)
  expect(valueOf(await nobody.checkHandle('free.handle'))).toBe(true)
  expect(await nobody.checkHandle('Not A Handle')).toEqual({ ok: false, reason: 'invalid' })
  expect(await nobody.lookup('free.handle')).toEqual({ ok: false, reason: 'refused' })
  expect(nobody.state).toBe('online')
})

it('registers a device and shows it to others', async () => {
  const [alice, bob] = [testDevice('alice'), testDevice('bob')]
  await registered(alice, 'alice', service.port)
  const client = await registered(bob, 'bob', service.port)
  const entry = valueOf(await client.lookup('alice'))
  expect(entry.accountPub).toEqual(alice.certificate.accountPub)
  expect(entry.deviceList).toEqual(alice.list.bytes)
  expect(entry.certificates).toEqual([alice.certificate.bytes])
  expect(await client.lookup('nobody')).toEqual({ ok: false, reason: 'unknown' })
  expect(valueOf(await client.checkHandle('alice'))).toBe(false)
})
