/** The account from its making to its renewal, the vault's content, and claiming a handle. */
import { beforeEach, describe, expect, it } from 'vitest'
import { DAY } from '../../../src-shared/base/time.ts'
import { parseCertificate, verifyCertificate } from '../../../src-shared/identity/certificate.ts'
import { compareWithPin, parseDeviceList, verifyDeviceList } from '../../../src-shared/identity/device-list.ts'
import { OwnAccount } from '../../../src-main/account/identity.ts'
import { Registration } from '../../../src-main/account/registration.ts'
import { encodeVaultContent, parseVaultContent } from '../../../src-main/account/vault-content.ts'
import { expectClosed } from '../../support/foreign-bytes.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { MemoryService } from '../../support/memory-service.ts'
import { MemoryVault } from '../../support/memory-stores.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { NOW, valueOf } from '../../support/test-device.ts'

const profile = { name: 'Alice', handle: 'alice' }
let vault: MemoryVault
let clock: FakeClock
let service: MemoryService
beforeEach(() => {
  vault = new MemoryVault()
  clock = new FakeClock(NOW)
  service = new MemoryService()
})

const create = () => valueOf(OwnAccount.create(vault, profile, seededRandom('alice'), clock.now()))
function reopen(): OwnAccount {
  const account = valueOf(OwnAccount.open(vault, clock.now()))
  if (account === undefined) throw new Error('no account')
  return account
}

describe('account', () => {
  it('comes back from the vault as it was made', () => {
    const made = create()
    const { identity } = reopen()
    expect(identity).toEqual(made.identity)
    const certificate = parseCertificate(identity.certificate)
    const verified = certificate && verifyCertificate(certificate, { accountPub: identity.accountPub, now: NOW })
    expect(verified?.ok).toBe(true)
    expect(identity.listVersion).toBe(1)
    expect(made.certificate.suites).toBe(3)
  })

  it('is not made when the vault does not take it', () => {
    vault.full = true
    expect(OwnAccount.create(vault, profile, seededRandom('alice'), NOW)).toEqual({ ok: false, reason: 'not-stored' })
    expect(valueOf(OwnAccount.open(vault, NOW))).toBeUndefined()
  })

  it('is not opened from a damaged vault, and the vault stays as it is', () => {
    create()
    const whole = vault.content ?? new Uint8Array()
    for (const at of [0, 1, 40, 300, 1700, whole.length - 1]) {
      const damaged = whole.slice()
      damaged[at] = (damaged[at] ?? 0) ^ 0x80
      vault.content = damaged
      expect(OwnAccount.open(vault, NOW)).toEqual({ ok: false, reason: 'damaged' })
      expect(vault.content).toBe(damaged)
    }
    vault.content = whole.subarray(0, 100)
    expect(OwnAccount.open(vault, NOW)).toEqual({ ok: false, reason: 'damaged' })
  })

  it('renews its certificate in time, with the same keys and a newer list', () => {
    const made = create()
    clock.advance(300 * DAY)
    expect(reopen().identity).toEqual(made.identity)
    clock.advance(10 * DAY)
    const renewed = reopen()
    expect(renewed.certificate.serial).toBe(2)
    expect(renewed.certificate.devicePub).toEqual(made.certificate.devicePub)
    expect(renewed.certificate.notAfter).toBe(clock.now() + 365 * DAY)
    const { listVersion, listHash } = made.identity
    const list = parseDeviceList(renewed.deviceList.bytes)
    expect(list && verifyDeviceList(list, made.identity.accountPub)).toBeDefined()
    expect(compareWithPin({ listVersion, listHash }, renewed.deviceList)).toBe('newer')
    expect(reopen().identity).toEqual(renewed.identity)
  })

  it('renews also after it has run out', () => {
    create()
    clock.advance(1000 * DAY)
    const { certificate } = reopen()
    expect(verifyCertificate(certificate, { accountPub: certificate.accountPub, now: clock.now() }).ok).toBe(true)
  })

  it('keeps the old certificate when the new one cannot be stored', () => {
    create()
    const before = vault.content
    clock.advance(310 * DAY)
    vault.full = true
    expect(OwnAccount.open(vault, clock.now())).toEqual({ ok: false, reason: 'not-stored' })
    expect(vault.content).toEqual(before)
  })

  it('has no printable handle', () => {
    const { identity } = create()
    expect(JSON.stringify({ handle: identity.handle })).not.toContain('alice')
    expect(identity.handle.reveal()).toBe('alice')
  })
})

it('the vault’s content is read from exactly what was written', () => {
  create()
  const content = vault.content ?? new Uint8Array()
  expectClosed(parseVaultContent, encodeVaultContent, [content], 3000)
  const newer = content.slice()
  newer[0] = 2
  expect(parseVaultContent(newer)).toBeUndefined()
})

describe('registration', () => {
  function registration(): Registration {
    const account = valueOf(OwnAccount.open(vault, clock.now()))
    const own: { current: Registration | undefined } = { current: undefined }
    const client = service.client(() => own.current?.account?.certificate.certHash ?? new Uint8Array(32))
    own.current = new Registration({ service: client, vault, random: seededRandom('registration'), clock }, account)
    return own.current
  }

  it('claims a handle, in its one spelling, and remembers that', async () => {
    const mine = registration()
    expect(await mine.create({ name: '  Alice ', handle: ' ALICE ' })).toBe('created')
    expect(mine.account?.registered).toBe(true)
    expect(mine.account?.name).toBe('Alice')
    expect(service.handles.has('alice')).toBe(true)
    expect(reopen().registered).toBe(true)
    expect(await mine.create({ name: 'Bob', handle: 'bob' })).toBe('invalid')
  })

  it('tells whether a handle can be had', async () => {
    const mine = registration()
    expect(await mine.checkHandle('alice')).toBe('free')
    expect(await mine.checkHandle('no spaces')).toBe('invalid')
    await registration().create(profile)
    expect(await mine.checkHandle(' Alice')).toBe('taken')
    service.online = false
    expect(await mine.checkHandle('alice')).toBe('offline')
  })

  it('keeps its keys for another choice when the handle is taken, and through a restart', async () => {
    const other = valueOf(OwnAccount.create(new MemoryVault(), profile, seededRandom('other'), NOW))
    service.register({
      handle: 'alice',
      certificate: other.certificate.bytes,
      deviceList: other.deviceList.bytes,
    })
    const mine = registration()
    expect(await mine.create(profile)).toBe('taken')
    const key = mine.account?.keys.account.public
    const later = registration()
    expect(later.account?.registered).toBe(false)
    expect(await later.create({ name: 'Alice', handle: 'alice2' })).toBe('created')
    expect(later.account?.keys.account.public).toEqual(key)
    expect(reopen().handle.reveal()).toBe('alice2')
  })

  it('can be tried again after the service was away, or the answer was lost', async () => {
    service.online = false
    const mine = registration()
    expect(await mine.create(profile)).toBe('offline')
    expect(mine.account?.registered).toBe(false)
    service.online = true
    expect(await mine.create(profile)).toBe('created')
    expect(await mine.publish()).toBe('published')
  })

  it('refuses what cannot be, before anything is stored', async () => {
    const mine = registration()
    expect(await mine.create({ name: 'Alice', handle: 'a!' })).toBe('invalid')
    expect(await mine.create({ name: 'x'.repeat(300), handle: 'alice' })).toBe('invalid')
    expect(vault.content).toBeUndefined()
    expect(await mine.publish()).toBe('no-account')
    vault.full = true
    expect(await mine.create(profile)).toBe('not-stored')
    expect(service.handles.size).toBe(0)
  })

  it('says when the service has it but the vault could not note that', async () => {
    service.online = false
    const mine = registration()
    await mine.create(profile)
    service.online = true
    vault.full = true
    expect(await mine.publish()).toBe('not-stored')
    vault.full = false
    expect(await mine.publish()).toBe('published')
  })

  it('renames without asking the service', async () => {
    const mine = registration()
    await mine.create(profile)
    service.online = false
    expect(mine.account?.rename('Alicia').ok).toBe(true)
    expect(reopen().name).toBe('Alicia')
  })
})
