/** The relay with real connections: rooms by ticket, packets byte for byte on one UDP port, consent, loss, restart. */
import { rm } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import type { RunningService } from '../../../src-server/app/service.ts'
import { Relay } from '../../../src-server/relay/relay.ts'
import { DAY, HOUR, SECOND } from '../../../src-shared/base/time.ts'
import { encodeRelayFrame, memberAddress } from '../../../src-shared/protocol/relay-frame.ts'
import { issueTicket } from '../../../src-shared/protocol/service/ticket.ts'
import { testDevice, testList, valueOf } from '../../support/test-device.ts'
import { clientOf, closeAll, random, registered, startTestService, temporaryFolder, testNow, until } from './harness.ts'
import { closeMembers, RelayMember, rtpPacket } from './relay-client.ts'

const dataDir = temporaryFolder()
const [alice, bob, eve] = [testDevice('alice'), testDevice('bob'), testDevice('eve')]
const bobsPhone = testDevice('bob', 'phone')
const addressOfAlice = memberAddress(alice.certificate.certHash)
const addressOfBob = memberAddress(bob.certificate.certHash)
let skipped = 0
const options = { dataDir, now: () => testNow() + skipped }
let service: RunningService
let clients: { alice: ServiceClient; bob: ServiceClient; eve: ServiceClient }
let ticket: Uint8Array

beforeAll(async () => {
  service = await startTestService(options)
  clients = {
    alice: await registered(alice, 'alice', service.port),
    bob: await registered(bob, 'bob', service.port),
    eve: await registered(eve, 'eve', service.port),
  }
})
beforeEach(async () => {
  ticket = valueOf(await clients.alice.relayTicket(random(16), bob.certificate.accountPub))
})
afterEach(() => {
  skipped = 0
  closeMembers()
})
afterAll(async () => {
  closeAll()
  await service.stop()
  await rm(dataDir, { recursive: true })
})

async function call() {
  const [caller, callee] = [new RelayMember(), new RelayMember()]
  expect(await caller.enter(clients.alice, ticket)).toBe('opened')
  expect(await callee.enter(clients.bob, ticket)).toBe('opened')
  return { caller, callee }
}

it('forwards packets byte for byte, both ways, on its one port', async () => {
  const { caller, callee } = await call()
  expect(caller.connection.getSelectedCandidatePair()?.remote.port).toBe(service.relayPort)
  expect(callee.connection.getSelectedCandidatePair()?.remote.port).toBe(service.relayPort)
  caller.send({ kind: 'receivers', receivers: [addressOfBob] })
  callee.send({ kind: 'receivers', receivers: [addressOfAlice] })

  const fromCaller = Array.from({ length: 50 }, (_, index) => rtpPacket(index, 0x1111, 200 + 20 * index))
  // RTCP: NACK and a compound of receiver report and SDES (RFC 4585 section 6.2.1, RFC 3550 section 6).
  const fromCallee = [
    Buffer.from('81cd0003000000010000abcd00010003', 'hex'),
    Buffer.from('80c900010000000181ca0002000000010100000000', 'hex').subarray(0, 20),
    rtpPacket(1, 0x2222),
  ]
  await Promise.all([caller.settled(), callee.settled()])
  for (const packet of fromCallee) callee.sendPacket(packet)
  for (const packet of fromCaller) caller.sendPacket(packet)
  const arrived = () => callee.packets.length >= fromCaller.length && caller.packets.length >= fromCallee.length
  await until(arrived, 'all packets have arrived')
  expect(hex(callee.packets)).toEqual(hex(fromCaller))
  expect(hex(caller.packets)).toEqual(hex(fromCallee))
})

const hex = (packets: readonly Buffer[]) => packets.map((packet) => packet.toString('hex')).sort()

it('brings nothing to a called device that has not answered', async () => {
  const { caller, callee } = await call()
  caller.send({ kind: 'receivers', receivers: [addressOfBob] })
  caller.send({ kind: 'message', peer: addressOfBob, message: Buffer.from('in order') })
  await until(() => callee.messagesFrom(addressOfAlice).length === 1, 'the receivers are set')
  const unwanted = Array.from({ length: 20 }, (_, index) => rtpPacket(index, 1))
  for (const packet of unwanted) caller.sendPacket(packet)
  await new Promise((resolve) => setTimeout(resolve, 300))
  callee.send({ kind: 'message', peer: addressOfAlice, message: Buffer.from('accept') })
  await until(() => caller.messagesFrom(addressOfBob).length === 1, 'the callee has agreed')
  const wanted = [rtpPacket(100, 1)]
  for (const packet of wanted) caller.sendPacket(packet)
  await until(() => callee.packets.length > 0, 'the wanted packet is there')
  expect(hex(callee.packets)).toEqual(hex(wanted))
})

it('carries messages between members and says who left', async () => {
  const { caller, callee } = await call()
  callee.send({ kind: 'message', peer: addressOfAlice, message: Buffer.from('accept') })
  await until(() => caller.messagesFrom(addressOfBob).length === 1, 'the message is there')
  const large = Buffer.alloc(60_000, 7)
  caller.send({ kind: 'message', peer: addressOfBob, message: large })
  await until(() => callee.messagesFrom(addressOfAlice).includes(large.toString()), 'the large message is there')
  callee.close()
  const left = () => caller.frames.some((frame) => frame.kind === 'left' && frame.peer === addressOfBob)
  await until(left, 'the caller knows that the callee is gone')
})

it('answers keep-alives and gives up a silent member within seconds', async () => {
  const [caller, callee] = [new RelayMember(), new RelayMember(true)]
  expect(await caller.enter(clients.alice, ticket)).toBe('opened')
  expect(await callee.enter(clients.bob, ticket)).toBe('opened')
  callee.send({ kind: 'message', peer: addressOfAlice, message: Buffer.from('accept') })
  const left = () => caller.frames.some((frame) => frame.kind === 'left')
  await until(left, 'the silent member is given up')
  expect(caller.frames.filter((frame) => frame.kind === 'keep-alive').length).toBeGreaterThan(2)
  expect(caller.ended).toBe(false)
  await until(() => callee.ended, 'its connection is ended')
})

it('does not take for silence what it could not hear while it was held up itself', async () => {
  const { caller, callee } = await call()
  skipped = 8 * SECOND
  await new Promise((resolve) => setTimeout(resolve, 2500))
  await Promise.all([caller.settled(), callee.settled()])
  expect([caller.ended, callee.ended]).toEqual([false, false])
})

it('ends a connection that sends what is no frame', async () => {
  const { caller, callee } = await call()
  callee.sendRaw(Uint8Array.of(9, 9, 9))
  await until(() => callee.ended, 'it is ended')
  caller.sendRaw(encodeRelayFrame({ kind: 'left', peer: addressOfBob }))
  await until(() => caller.ended, 'only the relay says who left')
})

it('lets a device come again, in the place of its earlier connection', async () => {
  const { caller, callee } = await call()
  callee.send({ kind: 'message', peer: addressOfAlice, message: Buffer.from('accept') })
  await until(() => caller.messagesFrom(addressOfBob).length === 1, 'the message is there')
  const again = new RelayMember()
  expect(await again.enter(clients.bob, ticket)).toBe('opened')
  await until(() => callee.ended, 'the earlier connection is ended')
  caller.send({ kind: 'message', peer: addressOfBob, message: Buffer.from('still there?') })
  await until(() => again.messagesFrom(addressOfAlice).length === 1, 'the new connection has the place')
  expect(caller.frames.some((frame) => frame.kind === 'left')).toBe(false)
})

it('refuses tickets that are forged, cut, expired, or of others', async () => {
  const offer = await new RelayMember().makeOffer()
  const forged = issueTicket(
    { call: random(32), group: random(32) },
    {
      kind: 'call',
      callId: random(16),
      callerCertHash: alice.certificate.certHash,
      calleeAccountPub: bob.certificate.accountPub,
      expiresAt: testNow() + HOUR,
    },
  )
  const refused = { ok: false, reason: 'ticket' }
  expect(await clients.alice.relayConnect(forged, offer)).toEqual(refused)
  expect(await clients.alice.relayConnect(ticket.subarray(1), offer)).toEqual(refused)
  expect(await clients.alice.relayConnect(new Uint8Array(), offer)).toEqual(refused)
  expect(await clients.eve.relayConnect(ticket, offer)).toEqual(refused)
  skipped = DAY + 1000
  expect(await clients.alice.relayConnect(ticket, offer)).toEqual(refused)
})

it('lets every device of the called account in', async () => {
  const list = testList(bob.keys, [bob.certificate, bobsPhone.certificate], 2)
  const phone = clientOf(bobsPhone, service.port)
  const entry = { handle: 'bob', certificate: bobsPhone.certificate.bytes, deviceList: list.bytes }
  valueOf(await phone.register(entry))
  expect(await new RelayMember().enter(phone, ticket)).toBe('opened')
})

it('refuses offers of another form', async () => {
  const offer = await new RelayMember().makeOffer()
  const bad = ['', 'v=0\r\n', offer.replace('m=application', 'm=audio'), `${offer}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n`]
  for (const text of bad)
    expect(await clients.alice.relayConnect(ticket, text)).toEqual({ ok: false, reason: 'refused' })
})

it('limits the rooms of a device', async () => {
  const results = []
  for (let index = 0; index < 5; index++) {
    const another = valueOf(await clients.alice.relayTicket(random(16), bob.certificate.accountPub))
    results.push(await new RelayMember().enter(clients.alice, another))
  }
  expect(results).toEqual(['opened', 'opened', 'opened', 'opened', 'refused'])
})

it('ends a connection that floods the relay with frames, and nobody else', async () => {
  const { caller, callee } = await call()
  for (let index = 0; index < 1000; index++) callee.send({ kind: 'receivers', receivers: [addressOfAlice] })
  await until(() => callee.ended, 'the flood is ended')
  await caller.settled()
  expect(caller.ended).toBe(false)
})

it('closes a room in which nothing but keep-alives passes', async () => {
  const relay = Relay.start({
    port: 0,
    bindAddress: '127.0.0.1',
    publicAddresses: () => Promise.resolve([]),
    idleMax: 2500,
    now: Date.now,
    defect: () => undefined,
  })
  const [idle, busy] = [new RelayMember(), new RelayMember()]
  const { certHash, accountPub } = alice.certificate
  const entering = (callId: Uint8Array) => ({
    relayConnect: (_: Uint8Array, offer: string) =>
      relay.connect({
        room: { kind: 'call', callId, callerCertHash: certHash, calleeAccountPub: bob.certificate.accountPub },
        certHash,
        accountPub,
        offer,
        origin: 'here',
        reachedAt: undefined,
      }),
  })
  expect(await idle.enter(entering(random(16)), ticket)).toBe('opened')
  expect(await busy.enter(entering(random(16)), ticket)).toBe('opened')
  const talk = setInterval(() => busy.send({ kind: 'receivers', receivers: [] }), 500)
  await until(() => idle.ended, 'the idle room is closed')
  clearInterval(talk)
  expect(busy.ended).toBe(false)
  await relay.stop()
})

it('gives a ticket to known accounts only', async () => {
  const unknown = await clients.alice.relayTicket(random(16), testDevice('nobody').certificate.accountPub)
  expect(unknown).toEqual({ ok: false, reason: 'refused' })
})

it('takes the same ticket after a restart', async () => {
  const { caller, callee } = await call()
  await service.stop()
  await until(() => caller.ended && callee.ended, 'both have lost the relay')
  service = await startTestService({ ...options, port: service.port, relayPort: service.relayPort })
  const again = await call()
  again.callee.send({ kind: 'message', peer: addressOfAlice, message: Buffer.from('back') })
  await until(() => again.caller.messagesFrom(addressOfBob).includes('back'), 'they hear one another again')
})
