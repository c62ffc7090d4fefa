/** The directory as devices see it: handles, lists that only go forward (R5), prekeys that are handed out once (R11). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import type { RunningService } from '../../../src-server/app/service.ts'
import { NOW, testDevice, testList, valueOf } from '../../support/test-device.ts'
import {
  clientOf,
  closeAll,
  envelopeTo,
  prekey,
  random,
  registered,
  startTestService,
  testNow,
  until,
} from './harness.ts'

let service: RunningService
beforeAll(async () => {
  service = await startTestService()
})
afterAll(async () => {
  closeAll()
  await service.stop()
})

describe('without an account', () => {
  it('checks handles, and nothing else', async () => {
    const nobody = clientOf(undefined, service.port)
    expect(valueOf(await nobody.checkHandle('free.handle'))).toBe(true)
    expect(await nobody.checkHandle('Not A Handle')).toEqual({ ok: false, reason: 'invalid' })
    expect(await nobody.lookup('free.handle')).toEqual({ ok: false, reason: 'refused' })
    expect(nobody.state).toBe('online')
  })

  it('proves itself as soon as there is one', async () => {
    const carol = testDevice('carol')
    let known = false
    const client = clientOf(() => (known ? carol : undefined), service.port)
    expect(valueOf(await client.checkHandle('carol'))).toBe(true)
    known = true
    client.identityChanged()
    const registration = {
      handle: 'carol',
      certificate: carol.certificate.bytes,
      deviceList: carol.list.bytes,
    }
    expect((await client.register(registration)).ok).toBe(true)
    expect(valueOf(await client.checkHandle('carol'))).toBe(false)
  })

  it('can do nothing but register with an account that the directory does not know', async () => {
    const stranger = clientOf(testDevice('stranger'), service.port)
    expect(await stranger.lookup('carol')).toEqual({ ok: false, reason: 'refused' })
    expect(await stranger.prekeyStock()).toEqual({ ok: false, reason: 'refused' })
  })
})

describe('registration', () => {
  const alice = testDevice('alice')
  const [phone, tablet] = [testDevice('alice', 'phone'), testDevice('alice', 'tablet')]
  let client: ServiceClient
  beforeAll(async () => {
    client = await registered(alice, 'alice', service.port)
  })
  const register = (handle: string, deviceList: Uint8Array) =>
    client.register({ handle, certificate: alice.certificate.bytes, deviceList })

  it('shows account, list and certificates to others', async () => {
    const entry = valueOf(await client.lookup('alice'))
    expect(entry.accountPub).toEqual(alice.certificate.accountPub)
    expect(entry.deviceList).toEqual(alice.list.bytes)
    expect(entry.certificates).toEqual([alice.certificate.bytes])
    expect(await client.lookup('nobody')).toEqual({ ok: false, reason: 'unknown' })
  })

  it('may be repeated, and may claim a second handle', async () => {
    expect((await register('alice', alice.list.bytes)).ok).toBe(true)
    expect((await register('alice@example.org', alice.list.bytes)).ok).toBe(true)
    expect(valueOf(await client.lookup('alice@example.org')).accountPub).toEqual(alice.certificate.accountPub)
  })

  it('refuses the handle of another account', async () => {
    const mallory = testDevice('mallory')
    const other = clientOf(mallory, service.port)
    const entry = { handle: 'alice', certificate: mallory.certificate.bytes, deviceList: mallory.list.bytes }
    expect(await other.register(entry)).toEqual({ ok: false, reason: 'taken' })
    // Nothing of the refused registration stayed: the account is not in the directory.
    expect(await other.lookup('alice')).toEqual({ ok: false, reason: 'refused' })
  })

  it('refuses more handles than an account may have, and keeps none of what was too much', async () => {
    const results = []
    for (let index = 0; index < 8; index++) results.push(await register(`alice-${String(index)}`, alice.list.bytes))
    expect(results.filter(({ ok }) => ok)).toHaveLength(6)
    expect(results.at(-1)).toEqual({ ok: false, reason: 'refused' })
    expect(valueOf(await client.checkHandle('alice-7'))).toBe(true)
  })

  it('refuses a foreign certificate, a foreign list, and a list without this device', async () => {
    const mallory = testDevice('mallory')
    const foreign = { handle: 'alice', certificate: mallory.certificate.bytes, deviceList: alice.list.bytes }
    expect(await client.register(foreign)).toEqual({ ok: false, reason: 'invalid' })
    expect(await register('alice', mallory.list.bytes)).toEqual({ ok: false, reason: 'invalid' })
    const without = testList(alice.keys, [phone.certificate], 2)
    expect(await register('alice', without.bytes)).toEqual({ ok: false, reason: 'invalid' })
    const damaged = alice.list.bytes.slice()
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
    expect(await register('alice', damaged)).toEqual({ ok: false, reason: 'invalid' })
  })

  it('takes newer lists only (R5)', async () => {
    const both = testList(alice.keys, [alice.certificate, phone.certificate], 3)
    expect((await register('alice', both.bytes)).ok).toBe(true)
    const older = testList(alice.keys, [alice.certificate], 2)
    const fork = testList(alice.keys, [alice.certificate, tablet.certificate], 3)
    expect(await register('alice', older.bytes)).toEqual({ ok: false, reason: 'invalid' })
    expect(await register('alice', fork.bytes)).toEqual({ ok: false, reason: 'invalid' })
    expect(valueOf(await client.lookup('alice')).deviceList).toEqual(both.bytes)
  })

  it('shows the certificate of a listed device once it has come itself', async () => {
    const list = testList(alice.keys, [alice.certificate, phone.certificate], 3)
    const second = clientOf(phone, service.port)
    const entry = { handle: 'alice', certificate: phone.certificate.bytes, deviceList: list.bytes }
    expect((await second.register(entry)).ok).toBe(true)
    const shown = valueOf(await client.lookup('alice')).certificates.map((bytes) => Buffer.from(bytes).toString('hex'))
    const both = [alice, phone].map(({ certificate }) => Buffer.from(certificate.bytes).toString('hex'))
    expect(shown.sort()).toEqual(both.sort())
  })

  it('throws out a device that the newer list no longer has, with all that was for it (R10)', async () => {
    const revoked = clientOf(phone, service.port)
    expect((await revoked.publishPrekeys([prekey(phone, 'medium-term', 1)])).ok).toBe(true)
    const { certHash } = phone.certificate
    expect((await client.fetchPrekey(certHash)).ok).toBe(true)
    expect((await client.push(certHash, envelopeTo(phone, 'lost'), testNow() + 60_000)).ok).toBe(true)

    const newer = testList(alice.keys, [alice.certificate], 4)
    expect((await register('alice', newer.bytes)).ok).toBe(true)
    await until(() => revoked.state !== 'online', 'the revoked device is thrown out')
    expect(await client.fetchPrekey(certHash)).toEqual({ ok: false, reason: 'unknown' })
    const pushed = await client.push(certHash, envelopeTo(phone, 'late'), testNow() + 60_000)
    expect(pushed).toEqual({ ok: false, reason: 'unknown' })
    expect(valueOf(await client.lookup('alice')).certificates).toHaveLength(1)

    const back = clientOf(phone, service.port)
    const old = testList(alice.keys, [alice.certificate, phone.certificate], 3)
    const entry = { handle: 'alice', certificate: phone.certificate.bytes, deviceList: old.bytes }
    expect(await back.register(entry)).toEqual({ ok: false, reason: 'invalid' })
    expect(await back.lookup('alice')).toEqual({ ok: false, reason: 'refused' })
  })
})

describe('prekeys', () => {
  const [bob, dora] = [testDevice('bob'), testDevice('dora')]
  let ofBob: ServiceClient
  let ofDora: ServiceClient
  beforeAll(async () => {
    ofBob = await registered(bob, 'bob', service.port)
    ofDora = await registered(dora, 'dora', service.port)
  })

  it('are handed out once, in order, then the medium-term one', async () => {
    const stock = Array.from({ length: 40 }, (_, index) => prekey(bob, 'one-time', index))
    const medium = prekey(bob, 'medium-term', 1000)
    expect((await ofBob.publishPrekeys([...stock.slice(0, 3), medium])).ok).toBe(true)
    expect(await ofBob.prekeyStock()).toEqual({ ok: true, value: 3 })
    const { certHash } = bob.certificate
    const fetched = []
    for (let index = 0; index < 5; index++) fetched.push(await ofDora.fetchPrekey(certHash))
    expect(fetched.map((result) => result.ok && result.value)).toEqual([...stock.slice(0, 3), medium, medium])

    // What was handed out does not come back by being published again.
    expect((await ofBob.publishPrekeys(stock)).ok).toBe(true)
    expect(await ofBob.prekeyStock()).toEqual({ ok: true, value: 37 })
    expect(await ofDora.fetchPrekey(certHash)).toEqual({ ok: true, value: stock[3] })
  })

  it('go to one asker each when many ask at once', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => ofDora.fetchPrekey(bob.certificate.certHash)))
    const fetched = asked.map((result) => (result.ok ? Buffer.from(result.value).toString('hex') : ''))
    expect(new Set(fetched).size).toBe(20)
  })

  it('are replaced by a newer medium-term one', async () => {
    const newer = prekey(dora, 'medium-term', 2)
    expect((await ofDora.publishPrekeys([prekey(dora, 'medium-term', 1)])).ok).toBe(true)
    expect((await ofDora.publishPrekeys([newer])).ok).toBe(true)
    expect(await ofBob.fetchPrekey(dora.certificate.certHash)).toEqual({ ok: true, value: newer })
  })

  it('are refused if they are of another device, damaged or expired, and then none of the request stays', async () => {
    const good = prekey(dora, 'one-time', 5)
    const damaged = prekey(dora, 'one-time', 6)
    damaged[100] = (damaged[100] ?? 0) ^ 1
    for (const bad of [prekey(bob, 'one-time', 7), damaged, prekey(dora, 'one-time', 8, NOW - 1)]) {
      expect(await ofDora.publishPrekeys([good, bad])).toEqual({ ok: false, reason: 'refused' })
    }
    expect(await ofDora.prekeyStock()).toEqual({ ok: true, value: 0 })
  })

  it('are refused beyond the stock that a device may have', async () => {
    const many = Array.from({ length: 230 }, (_, index) => prekey(dora, 'one-time', 100 + index))
    expect(await ofDora.publishPrekeys(many)).toEqual({ ok: false, reason: 'refused' })
    expect(await ofDora.prekeyStock()).toEqual({ ok: true, value: 192 })
  })

  it('are unknown of a device that nobody knows', async () => {
    expect(await ofBob.fetchPrekey(random(32))).toEqual({ ok: false, reason: 'unknown' })
  })
})
