/** Two headless participants: real accounts, mail, service, relay, ICE and DTLS on loopback. Only the renderer is missing. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AccountDirectory } from '../../../src-main/account/directory.ts'
import { DeviceMail } from '../../../src-main/account/mail.ts'
import { Prekeys } from '../../../src-main/account/prekeys.ts'
import { Registration } from '../../../src-main/account/registration.ts'
import { type Calls, createCalls } from '../../../src-main/calls/calls.ts'
import { createDirectLinks } from '../../../src-main/ice/direct-link.ts'
import { createRelayLinks } from '../../../src-main/ice/relay-link.ts'
import { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import type { RunningService } from '../../../src-server/app/service.ts'
import { type Bytes, toHex } from '../../../src-shared/base/bytes.ts'
import { failure } from '../../../src-shared/base/result.ts'
import type { FromMain } from '../../../src-shared/ipc/media-port.ts'
import { joinPackets, splitPackets } from '../../../src-shared/ipc/packet-batch.ts'
import type { CallView, HistoryEntry, IncomingView } from '../../../src-shared/ipc/snapshot.ts'
import { parseAddress } from '../../../src-shared/protocol/service/address.ts'
import { memoryStores } from '../../support/test-client.ts'
import { valueOf } from '../../support/test-device.ts'
import { LOOPBACK, rtpPacket } from '../ice/links.ts'
import { random, startTestService, systemClock as clock, until } from '../service/harness.ts'

let service: RunningService
const ends: (() => void)[] = []

beforeAll(async () => {
  service = await startTestService({ now: () => Date.now() })
})
afterAll(async () => {
  for (const end of ends) end()
  await service.stop()
})

interface Participant {
  readonly calls: Calls
  readonly media: FromMain[]
  readonly history: HistoryEntry[]
  readonly hide: (hideAddress: boolean) => void
  readonly packets: () => Bytes[]
  readonly send: (...packets: readonly Bytes[]) => void
  call: CallView | undefined
  incoming: IncomingView | undefined
}

async function participant(handle: string): Promise<Participant> {
  const stores = memoryStores()
  const holder: { registration: Registration | undefined } = { registration: undefined }
  const client = new ServiceClient({
    address: valueOf(parseAddress(`127.0.0.1:${String(service.port)}`)),
    identity: () => holder.registration?.account?.identity,
    clock,
    random,
  })
  const registration = new Registration({ service: client, vault: stores.vault, random, clock }, undefined)
  holder.registration = registration
  expect(await registration.create({ name: handle, handle })).toBe('created')
  const { account } = registration
  if (account === undefined) throw new Error('no account')
  const prekeys = new Prekeys({
    account,
    service: client,
    store: stores.prekeys,
    random,
    clock,
    failed: (error) => {
      throw error
    },
  })
  await prekeys.tend()
  const { pins, contacts, replays } = stores
  const directory = new AccountDirectory({ account, service: client, pins, contacts, clock })
  const dropped = (reason: string): void => {
    throw new Error(`mail was dropped: ${reason}`)
  }
  const mail = new DeviceMail({ account, service: client, directory, prekeys, replays, random, clock, dropped })
  const listeners = new Set<(batch: Uint8Array) => void>()
  let hideAddress = true
  const media: FromMain[] = []
  const history: HistoryEntry[] = []
  const views: { call: CallView | undefined; incoming: IncomingView | undefined } = {
    call: undefined,
    incoming: undefined,
  }
  const calls = createCalls({
    clock,
    random,
    identity: () => account.identity,
    preferences: () => ({
      suites: ['AES_256_CM_HMAC_SHA1_80', 'AEAD_AES_256_GCM'],
      hideAddress,
      contactsOnly: false,
    }),
    directory,
    mail,
    relayTicket: async (callId, peerAccountPub) => {
      const ticket = await client.relayTicket(callId, peerAccountPub)
      return ticket.ok ? ticket : failure(ticket.reason === 'offline' ? 'offline' : 'refused')
    },
    relays: createRelayLinks({
      clock,
      connect: (ticket, offer) => client.relayConnect(ticket, offer),
      bindAddress: LOOPBACK,
    }),
    directs: createDirectLinks({ clock, bindAddress: LOOPBACK }),
    mediaPorts: {
      send: (_, message) => void media.push(message),
      onPackets: (_, listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      close: () => undefined,
    },
    show: (shown) => Object.assign(views, shown),
    record: (entry) => void history.push(entry),
  })
  const stop = mail.start()
  ends.push(() => {
    stop()
    client.close()
  })
  return {
    calls,
    media,
    history,
    hide: (hide) => {
      hideAddress = hide
    },
    packets: () => media.flatMap((message) => (message.kind === 'packets' ? (splitPackets(message.batch) ?? []) : [])),
    send: (...packets) => {
      for (const listener of listeners) listener(joinPackets(packets))
    },
    get call() {
      return views.call
    },
    get incoming() {
      return views.incoming
    },
  }
}

const phase = ({ call }: Participant): string => call?.phase.kind ?? 'none'

async function connect(alice: Participant, bob: Participant): Promise<void> {
  alice.calls.start('bob', { audio: true, video: true })
  await until(() => bob.incoming !== undefined, 'it rings')
  bob.calls.accept(bob.incoming?.callId ?? '', { audio: true, video: false })
  await until(() => phase(alice) === 'connected' && phase(bob) === 'connected', 'both are connected')
}

const sendingKey = ({ media }: Participant): string => {
  const keys = media.filter((message) => message.kind === 'keys').at(-1)
  return keys === undefined ? 'none' : toHex(keys.send.video.key)
}
const receivingKey = ({ media }: Participant): string => {
  const keys = media.filter((message) => message.kind === 'keys').at(-1)
  return keys === undefined ? 'none yet' : toHex(keys.receive.video.key)
}

it('call over the relay, then over the direct path, which goes on without the service', async () => {
  const [alice, bob] = [await participant('alice'), await participant('bob')]
  await connect(alice, bob)
  await until(() => bob.call?.proof?.safetyWords !== undefined, 'there are words to compare')
  expect(bob.call?.proof?.safetyWords).toEqual(alice.call?.proof?.safetyWords)
  expect(sendingKey(alice)).toBe(receivingKey(bob))
  expect(sendingKey(bob)).toBe(receivingKey(alice))
  alice.send(rtpPacket(1), rtpPacket(2))
  bob.send(rtpPacket(3))
  await until(() => bob.packets().length === 2 && alice.packets().length === 1, 'packets pass the relay')
  expect(bob.packets()).toEqual([rtpPacket(1), rtpPacket(2)])
  expect(alice.call?.proof?.path).toBe('relay')
  alice.calls.end(alice.call?.callId ?? '')
  await until(() => phase(bob) === 'ended', 'the other side ended')
  expect(bob.history).toMatchObject([{ reason: 'hung-up', handle: 'alice' }])

  alice.hide(false)
  bob.hide(false)
  await connect(alice, bob)
  const onDirect = ({ call }: Participant): boolean => call?.proof?.path === 'direct'
  await until(() => onDirect(alice) && onDirect(bob), 'the direct path carries the call')
  const before = bob.packets().length
  await service.stop()
  alice.send(rtpPacket(4))
  await until(() => bob.packets().length === before + 1, 'a packet passes without the service')
  expect([phase(alice), phase(bob)]).toEqual(['connected', 'connected'])
  await alice.calls.close()
  await until(() => phase(bob) === 'ended', 'the end passes without the service')
  expect(bob.call?.phase).toEqual({ kind: 'ended', reason: 'hung-up' })
})
