/** The directory when the service tells the truth, and when it does not (R4 to R7). */
import { beforeEach, describe, expect, it } from 'vitest'
import { concatBytes } from '../../../src-shared/base/bytes.ts'
import { DAY } from '../../../src-shared/base/time.ts'
import { CERTIFICATE_BODY_LENGTH } from '../../../src-shared/identity/certificate.ts'
import type { RawDirectoryEntry } from '../../../src-main/signaling/service.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { MemoryService } from '../../support/memory-service.ts'
import { testDirectory } from '../../support/test-client.ts'
import { NOW, type TestDevice, testDevice, testList, valueOf } from '../../support/test-device.ts'

const bob = testDevice('bob')
const phone = testDevice('bob', 'phone')
const mallory = testDevice('mallory')
const both = testList(bob.keys, [bob.certificate, phone.certificate], 2)
const revoked = testList(bob.keys, [bob.certificate], 3)

function entry(list: TestDevice['list'], ...devices: TestDevice[]): RawDirectoryEntry {
  return {
    accountPub: list.accountPub,
    deviceList: list.bytes,
    certificates: devices.map(({ certificate }) => certificate.bytes),
  }
}

let service: MemoryService
let clock: FakeClock
let alice: ReturnType<typeof testDirectory>
beforeEach(() => {
  service = new MemoryService()
  clock = new FakeClock(NOW)
  alice = testDirectory(service, clock, 'alice')
})

/** What the service says about everyone from now on. */
function says(answer: RawDirectoryEntry | undefined): void {
  service.lies.lookup = () => answer
}

async function find(handle = 'bob'): Promise<string> {
  const found = await alice.directory.find(handle)
  return found.ok ? `ok ${String(found.value.devices.length)} ${found.value.verification}` : found.reason
}

describe('find', () => {
  it('gives a person with the devices that are listed and verified', async () => {
    says(entry(both, bob, phone))
    const person = valueOf(await alice.directory.find(' BOB '))
    expect(person.handle.reveal()).toBe('bob')
    expect(person.accountPub).toEqual(bob.keys.account.public)
    expect(person.devices.map(({ certHash }) => certHash)).toEqual([
      bob.certificate.certHash,
      phone.certificate.certHash,
    ])
    expect(person).toMatchObject({ verification: 'unverified', inContacts: false, blocked: false, name: 'bob' })
  })

  it('knows what the person noted about them', async () => {
    says(entry(both, bob))
    const person = valueOf(await alice.directory.find('bob'))
    alice.stores.contacts.people.set(person.accountId, { name: 'Robert', blocked: true })
    expect(alice.directory.setVerified(person.accountPub, true)).toBe(true)
    const expected = { name: 'Robert', inContacts: true, blocked: true, verification: 'verified' }
    expect(valueOf(await alice.directory.find('bob'))).toMatchObject(expected)
    alice.directory.setVerified(person.accountPub, false)
    expect(await find()).toBe('ok 1 unverified')
    expect(alice.directory.setVerified(mallory.keys.account.public, true)).toBe(false)
    expect(alice.directory.safetyNumber(person.accountPub)).toHaveLength(12)
  })

  it('tells apart why there is nobody', async () => {
    says(undefined)
    expect(await find()).toBe('unknown-handle')
    expect(await find('!')).toBe('unknown-handle')
    expect(await find('alice')).toBe('self')
    says(entry(both))
    expect(await find()).toBe('no-devices')
    clock.advance(400 * DAY)
    says(entry(both, bob))
    expect(await find()).toBe('no-devices')
    service.online = false
    expect(await find()).toBe('offline')
  })

  it('knows its own account under another handle', async () => {
    const own = alice.account
    says({
      accountPub: own.keys.account.public,
      deviceList: own.deviceList.bytes,
      certificates: [own.certificate.bytes],
    })
    expect(await find('alice@example.org')).toBe('self')
  })
})

describe('a service that lies', () => {
  it('swaps a certificate: R4', async () => {
    // Mallory's device under Bob's account: it does not stand in his list, and it is not his account's.
    says(entry(both, mallory))
    expect(await find()).toBe('insecure')
    // Bob's body with other signatures.
    const body = bob.certificate.bytes.subarray(0, CERTIFICATE_BODY_LENGTH)
    const forged = concatBytes(body, mallory.certificate.accountSig, mallory.certificate.deviceSig)
    says({ ...entry(both), certificates: [forged] })
    expect(await find()).toBe('insecure')
    says({ ...entry(both), certificates: [new Uint8Array(1465), new Uint8Array(3)] })
    expect(await find()).toBe('insecure')
    // What is true beside a lie is still used; the lie is not.
    says(entry(both, mallory, bob, bob))
    expect(await find()).toBe('ok 1 unverified')
  })

  it('swaps the device list, or signs one itself: R4', async () => {
    says({ ...entry(both, bob), deviceList: mallory.list.bytes })
    expect(await find()).toBe('insecure')
    says({ ...entry(both, bob), deviceList: new Uint8Array(10) })
    expect(await find()).toBe('insecure')
    says({ ...entry(both, bob), accountPub: mallory.keys.account.public })
    expect(await find()).toBe('insecure')
  })

  it('gives a revoked device that the newest list no longer names: R4', async () => {
    says(entry(revoked, bob, phone))
    const person = valueOf(await alice.directory.find('bob'))
    expect(person.devices.map(({ certHash }) => certHash)).toEqual([bob.certificate.certHash])
  })

  it('goes back to an older list, or shows two: R5, also after a restart', async () => {
    says(entry(revoked, bob))
    expect(await find()).toBe('ok 1 unverified')
    says(entry(both, bob, phone))
    expect(await find()).toBe('insecure')
    says(entry(testList(bob.keys, [phone.certificate], 3), phone))
    expect(await find()).toBe('insecure')
    alice = testDirectory(service, clock, 'alice', alice.stores)
    says(entry(both, bob, phone))
    expect(await find()).toBe('insecure')
    says(entry(testList(bob.keys, [bob.certificate], 4), bob))
    expect(await find()).toBe('ok 1 unverified')
  })

  it('puts another account under a known handle: R7', async () => {
    says(entry(both, bob))
    const person = valueOf(await alice.directory.find('bob'))
    alice.directory.setVerified(person.accountPub, true)
    says(entry(mallory.list, mallory))
    expect(await find()).toBe('key-changed')
    // It stays so until the person has decided, also after a restart and however often it is asked.
    alice = testDirectory(service, clock, 'alice', alice.stores)
    expect(await find()).toBe('key-changed')
    // The true account is still who it was.
    says(entry(both, bob))
    expect(await find()).toBe('ok 1 verified')
    says(entry(mallory.list, mallory))
    const accepted = valueOf(await alice.directory.acceptNewKey('bob'))
    expect(accepted).toMatchObject({ verification: 'unverified', accountPub: mallory.keys.account.public })
    expect(await find()).toBe('ok 1 unverified')
    // And going back is another change.
    says(entry(both, bob))
    expect(await find()).toBe('key-changed')
  })
})

describe('a device that speaks first', () => {
  const claim = (device: TestDevice, list = both) => ({
    certificate: device.certificate,
    listVersion: list.version,
    listHash: list.listHash,
    handle: 'bob',
  })
  const outcome = async (sender: Parameters<typeof alice.directory.verifySender>[0]) => {
    const result = await alice.directory.verifySender(sender)
    return result.ok ? 'ok' : result.reason
  }

  it('is believed when the newest list names it', async () => {
    says(entry(both, bob, phone))
    expect(await outcome(claim(bob))).toBe('ok')
    expect(await outcome(claim(phone))).toBe('ok')
    // By now the account is known; the handle is not needed.
    expect(await outcome({ ...claim(bob), handle: undefined })).toBe('ok')
  })

  it('is not believed with a certificate that does not verify, or that no list names: R4', async () => {
    says(entry(both, bob, phone))
    expect(await outcome(claim(testDevice('bob', 'desk', { notAfter: NOW - 1 })))).toBe('certificate')
    expect(await outcome(claim(testDevice('bob', 'third')))).toBe('not-listed')
    expect(await outcome(claim(mallory))).toBe('unknown-account')
    expect(await outcome({ ...claim(mallory), handle: undefined })).toBe('unknown-account')
  })

  it('shows a withheld revocation: R6', async () => {
    // The service still gives list 2, in which the phone is; Bob's desk speaks of list 3.
    says(entry(both, bob, phone))
    const person = valueOf(await alice.directory.find('bob'))
    expect(await outcome(claim(bob, revoked))).toBe('list')
    // Once the service gives list 3, the desk is believed, and the phone no longer is.
    says(entry(revoked, bob))
    expect(await outcome(claim(bob, revoked))).toBe('ok')
    expect(await outcome(claim(phone, both))).toBe('not-listed')
    const { certificate } = bob
    const verify = (list: typeof both, device = certificate) =>
      alice.directory.verifyDevice(person, device.bytes, list.version, list.listHash)
    expect(await verify(revoked)).toBe(true)
    expect(await verify(both)).toBe(true)
    expect(await verify(both, phone.certificate)).toBe(false)
    expect(await verify(both, mallory.certificate)).toBe(false)
    // A list of the same version that is another one: the account or the service shows two.
    expect(await verify(testList(bob.keys, [bob.certificate, phone.certificate], 3))).toBe(false)
  })

  it('is asked about again when it knows more than this device: R6', async () => {
    says(entry(both, bob, phone))
    const person = valueOf(await alice.directory.find('bob'))
    says(entry(revoked, bob))
    const { certificate } = phone
    // The phone is in the list that is known here, but speaks of a newer one, in which it is not.
    expect(await alice.directory.verifyDevice(person, certificate.bytes, 3, revoked.listHash)).toBe(false)
    expect(alice.stores.pins.byAccount(bob.keys.account.public)?.listVersion).toBe(3)
  })

  it('cannot be checked while the service is away', async () => {
    service.online = false
    expect(await outcome(claim(bob))).toBe('offline')
  })
})

it('pins nothing but what verified', async () => {
  says(entry(both, mallory))
  await find()
  expect(alice.stores.pins.byHandle('bob')).toBeUndefined()
})
