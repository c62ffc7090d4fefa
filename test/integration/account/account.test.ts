/** Two accounts from their making to sealed mail, over the real client and the real service. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AccountDirectory } from '../../../src-main/account/directory.ts'
import { OwnAccount } from '../../../src-main/account/identity.ts'
import { DeviceMail, type DropReason } from '../../../src-main/account/mail.ts'
import { ONE_TIME_STOCK, Prekeys } from '../../../src-main/account/prekeys.ts'
import { Registration } from '../../../src-main/account/registration.ts'
import type { ReceivedMail } from '../../../src-main/calls/ports.ts'
import { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import type { RunningService } from '../../../src-server/app/service.ts'
import { encodeCancel } from '../../../src-shared/protocol/cancel.ts'
import { encodeInvite } from '../../../src-shared/protocol/invite.ts'
import { parseAddress } from '../../../src-shared/protocol/service/address.ts'
import { type ClientStores, memoryStores } from '../../support/test-client.ts'
import { valueOf } from '../../support/test-device.ts'
import { random, startTestService, systemClock as clock, until } from '../service/harness.ts'

let service: RunningService
const clients: ServiceClient[] = []
beforeAll(async () => {
  service = await startTestService({ now: () => Date.now() })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await service.stop()
})

/** The device that `stores` belong to; a new one if they are empty. */
async function device(handle: string, stores: ClientStores = memoryStores()) {
  const known = valueOf(OwnAccount.open(stores.vault, Date.now()))
  const holder: { registration: Registration | undefined } = { registration: undefined }
  const client = new ServiceClient({
    address: valueOf(parseAddress(`127.0.0.1:${String(service.port)}`)),
    identity: () => holder.registration?.account?.identity,
    clock,
    random,
  })
  clients.push(client)
  const registration = new Registration({ service: client, vault: stores.vault, random, clock }, known)
  holder.registration = registration
  const outcome =
    known === undefined ? await registration.create({ name: handle, handle }) : await registration.publish()
  const { account } = registration
  if (account === undefined) throw new Error(outcome)
  const failed = (error: unknown): void => {
    throw error
  }
  const prekeys = new Prekeys({ account, service: client, store: stores.prekeys, random, clock, failed })
  const { pins, contacts } = stores
  const directory = new AccountDirectory({ account, service: client, pins, contacts, clock })
  const received: ReceivedMail[] = []
  const dropped: DropReason[] = []
  const mail = new DeviceMail({
    account,
    service: client,
    directory,
    prekeys,
    replays: stores.replays,
    random,
    clock,
    dropped: (reason) => dropped.push(reason),
  })
  mail.onReceived((one) => received.push(one))
  return { account, outcome, client, registration, prekeys, directory, mail, received, dropped, stores }
}

const callId = random(16)
const invite = (callerHandle: string) =>
  encodeInvite({
    callId,
    x25519: random(32),
    kemEk: random(1184),
    offer: [1, 2],
    media: { audio: true, video: false, screen: false },
    sasCommit: random(32),
    relayTicket: random(60),
    callerHandle,
    callerName: '',
  })

it('registers, keeps prekeys in stock, finds one another, and brings sealed mail once, also through a restart', async () => {
  const alice = await device('alice')
  const bob = await device('bob@example.org')
  expect([alice.outcome, bob.outcome]).toEqual(['created', 'created'])
  expect(await alice.registration.checkHandle('Bob@Example.org')).toBe('taken')
  expect((await device('alice')).outcome).toBe('taken')

  expect(await bob.prekeys.tend()).toBe(true)
  expect(valueOf(await bob.client.prekeyStock())).toBe(ONE_TIME_STOCK)

  const person = valueOf(await alice.directory.find('bob@example.org'))
  const [target] = person.devices
  if (target === undefined) throw new Error('no device')
  const sent = valueOf(await alice.mail.send(target, 'invite', invite('alice')))
  expect(valueOf(await bob.client.prekeyStock())).toBe(ONE_TIME_STOCK - 1)
  const stop = bob.mail.start()
  await until(() => bob.received.length > 0, 'the invitation is there')
  expect(bob.received[0]).toMatchObject({ type: 'invite', envDigest: sent.envDigest, messageId: sent.messageId })
  expect(bob.stores.prekeys.all('one-time')).toHaveLength(ONE_TIME_STOCK - 1)

  // What a call does with an Invite: it asks who this is, and so the account is pinned.
  expect(valueOf(await bob.directory.find('alice')).devices[0]?.certHash).toEqual(bob.received[0]?.senderCertHash)

  // Bob's app ends; what comes meanwhile waits for it. What was dealt with does not come again.
  stop()
  bob.client.close()
  valueOf(await alice.mail.send(target, 'cancel', encodeCancel({ callId, reason: 'timeout' })))
  const again = await device('bob@example.org', bob.stores)
  expect(again.outcome).toBe('published')
  expect(again.account.identity).toEqual(bob.account.identity)
  again.mail.start()
  await until(() => again.received.length > 0, 'the cancel is there')
  expect(again.received.map(({ type }) => type)).toEqual(['cancel'])
  expect(again.dropped).toEqual([])
})
