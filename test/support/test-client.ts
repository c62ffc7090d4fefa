/** One device with everything that `src-main/account` makes of it, on a service in memory. */
import { AccountDirectory } from '../../src-main/account/directory.ts'
import { OwnAccount } from '../../src-main/account/identity.ts'
import { DeviceMail, type DropReason } from '../../src-main/account/mail.ts'
import type { StoredPrekey } from '../../src-main/account/ports.ts'
import { type PrekeyPorts, Prekeys } from '../../src-main/account/prekeys.ts'
import type { ReceivedMail } from '../../src-main/calls/ports.ts'
import { DAY } from '../../src-shared/base/time.ts'
import { kemKeyPair, p256KeyPair } from '../../src-shared/crypto/agreement.ts'
import { issuePrekey } from '../../src-shared/protocol/prekey.ts'
import type { FakeClock } from './fake-clock.ts'
import type { MemoryService, TestService } from './memory-service.ts'
import { MemoryContacts, MemoryPins, MemoryPrekeys, MemoryReplays, MemoryVault } from './memory-stores.ts'
import { seededRandom } from './seeded-random.ts'
import { valueOf } from './test-device.ts'

export interface ClientStores {
  readonly vault: MemoryVault
  readonly pins: MemoryPins
  readonly replays: MemoryReplays
  readonly prekeys: MemoryPrekeys
  readonly contacts: MemoryContacts
}

export function memoryStores(): ClientStores {
  return {
    vault: new MemoryVault(),
    pins: new MemoryPins(),
    replays: new MemoryReplays(),
    prekeys: new MemoryPrekeys(),
    contacts: new MemoryContacts(),
  }
}

/** Registered, with a medium-term and a few one-time prekeys in the directory, and never more: making a hundred takes its time. `stores` of an earlier client: the same device after a restart. */
export async function testClient(
  service: MemoryService,
  clock: FakeClock,
  handle: string,
  stores: ClientStores = memoryStores(),
  oneTimePrekeys = 2,
) {
  const random = seededRandom(`${handle} ${String(clock.now())}`)
  const existing = valueOf(OwnAccount.open(stores.vault, clock.now()))
  const account = existing ?? valueOf(OwnAccount.create(stores.vault, { name: handle, handle }, random, clock.now()))
  const own = service.client(() => account.certificate.certHash)
  valueOf(await own.register({ handle, certificate: account.certificate.bytes, deviceList: account.deviceList.bytes }))
  const failed = (error: unknown): void => {
    throw error
  }
  const prekeys = new Prekeys({ account, service: own, store: stores.prekeys, random, clock, failed })
  await publishPrekeys({ account, store: stores.prekeys, service: own, random, clock }, oneTimePrekeys)
  const directory = new AccountDirectory({
    account,
    service: own,
    pins: stores.pins,
    contacts: stores.contacts,
    clock,
  })
  const received: ReceivedMail[] = []
  const dropped: DropReason[] = []
  const mail = new DeviceMail({
    account,
    service: own,
    directory,
    prekeys,
    replays: stores.replays,
    random,
    clock,
    dropped: (reason) => dropped.push(reason),
  })
  mail.onReceived((one) => received.push(one))
  const stop = mail.start()
  const device = { certificate: account.certificate.bytes, certHash: account.certificate.certHash }
  return { account, service: own, prekeys, directory, mail, received, dropped, stores, device, stop }
}

async function publishPrekeys(
  {
    account,
    store,
    service,
    random,
    clock,
  }: Omit<PrekeyPorts, 'failed' | 'service'> & { readonly service: TestService },
  oneTime: number,
): Promise<void> {
  service.claimedStock = 1000
  const kinds: StoredPrekey['kind'][] = ['medium-term', ...Array.from({ length: oneTime }, () => 'one-time' as const)]
  const made = kinds.map((kind, id): StoredPrekey => {
    const p256 = p256KeyPair(random(48))
    const kemSeed = random(64)
    const fields = { kind, id, p256: p256.public, kem: kemKeyPair(kemSeed).public, notAfter: clock.now() + 30 * DAY }
    const { certHash } = account.certificate
    const { bytes } = issuePrekey({ ...fields, certHash }, account.keys.device.secret)
    const state = { publishedAt: clock.now(), supersededAt: undefined, queueEmptied: false }
    return { kind, id, prekey: bytes, p256Secret: p256.secret, kemSeed, ...state }
  })
  const news = made.filter(({ kind, id }) => store.find(kind, id) === undefined)
  store.save(news)
  valueOf(await service.publishPrekeys(news.map(({ prekey }) => prekey)))
}

/** A device that looks up others, without prekeys and mail. */
export function testDirectory(
  service: MemoryService,
  clock: FakeClock,
  handle: string,
  stores: ClientStores = memoryStores(),
) {
  const existing = valueOf(OwnAccount.open(stores.vault, clock.now()))
  const profile = { name: handle, handle }
  const account = existing ?? valueOf(OwnAccount.create(stores.vault, profile, seededRandom(handle), clock.now()))
  const own = service.client(() => account.certificate.certHash)
  const { pins, contacts } = stores
  return { account, stores, directory: new AccountDirectory({ account, service: own, pins, contacts, clock }) }
}

export type TestClient = Awaited<ReturnType<typeof testClient>>
