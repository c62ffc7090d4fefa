/** Group calls over a real service and real connections: the chain, the room, and who must stay out. */
import { rm } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRelayLinks } from '../../../src-main/ice/relay-link.ts'
import type { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import type { RunningService } from '../../../src-server/app/service.ts'
import { HOUR } from '../../../src-shared/base/time.ts'
import { DEPARTURE_PERIOD, departureOf, withoutDeparture } from '../../../src-shared/media/departure.ts'
import { parseRtcp } from '../../../src-shared/media/rtcp.ts'
import { EVERYBODY, memberAddress } from '../../../src-shared/protocol/relay-frame.ts'
import { issueTicket } from '../../../src-shared/protocol/service/ticket.ts'
import { TestChain } from '../../support/test-chain.ts'
import { type TestDevice, testDevice, valueOf } from '../../support/test-device.ts'
import { change } from '../../support/test-group.ts'
import { GroupEnd, LOOPBACK, pause } from '../ice/links.ts'
import {
  closeAll,
  random,
  registered,
  startTestService,
  systemClock,
  temporaryFolder,
  testNow,
  until,
} from './harness.ts'
import { closeMembers, RelayMember, rtpPacket } from './relay-client.ts'

const dataDir = temporaryFolder()
const [alice, bob, carol, eve] = [testDevice('alice'), testDevice('bob'), testDevice('carol'), testDevice('eve')]
const logged: string[] = []
const options = {
  dataDir,
  logLevel: 'info' as const,
  logDestination: { write: (line: string) => void logged.push(line) },
}
const clients = new Map<TestDevice, ServiceClient>()
const ends: GroupEnd[] = []
let service: RunningService
let chain: TestChain

beforeAll(async () => {
  service = await startTestService(options)
  for (const [device, handle] of [
    [alice, 'alice'],
    [bob, 'bob'],
    [carol, 'carol'],
    [eve, 'eve'],
  ] as const) {
    clients.set(device, await registered(device, handle, service.port))
  }
})
beforeEach(() => {
  chain = new TestChain(alice, random(16))
})
afterEach(async () => {
  for (const end of ends.splice(0)) end.link.close()
  closeMembers()
  // What a link sends while it closes still needs the relay.
  await pause(600)
})
afterAll(async () => {
  closeAll()
  await service.stop()
  await rm(dataDir, { recursive: true })
})

function clientOf(device: TestDevice): ServiceClient {
  const client = clients.get(device)
  if (client === undefined) throw new Error('not registered')
  return client
}

const addressOf = ({ certificate }: TestDevice) => memberAddress(certificate.certHash)

function founderTicket(): Promise<Uint8Array> {
  return ticketBy(alice, alice, chain.seed)
}

async function ticketBy(by: TestDevice, of: TestDevice, authority: Uint8Array): Promise<Uint8Array> {
  return valueOf(await clientOf(by).groupTicket(chain.groupId, of.certificate.accountPub, authority))
}

/** Not connected yet. */
function enter(device: TestDevice, ticket: Uint8Array): GroupEnd {
  const connect = (given: Uint8Array, offer: string) => clientOf(device).relayConnect(given, offer)
  const end = new GroupEnd(createRelayLinks({ clock: systemClock, connect, bindAddress: LOOPBACK }), ticket)
  ends.push(end)
  return end
}

async function entered(device: TestDevice, ticket: Uint8Array): Promise<GroupEnd> {
  const end = enter(device, ticket)
  await until(() => end.opens === 1, 'the link is open')
  return end
}

const hasChain = (end: GroupEnd) => until(() => sameBytes(end.chain, chain.entries), 'the chain is there')

function sameBytes(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, index) => Buffer.compare(bytes, b[index] ?? new Uint8Array()) === 0)
}

/** Alice, Bob and Carol are members. */
async function callOfThree() {
  const ticket = await founderTicket()
  const a = await entered(alice, ticket)
  a.link.submit(chain.entries)
  await hasChain(a)
  a.link.submit([chain.invite(alice, bob), chain.invite(alice, carol)])
  const b = await entered(bob, await ticketBy(alice, bob, ticket))
  const c = await entered(carol, await ticketBy(alice, carol, ticket))
  await Promise.all([hasChain(b), hasChain(c)])
  a.link.submit([chain.add(alice, bob), chain.add(alice, carol)])
  await Promise.all([a, b, c].map(hasChain))
  return { a, b, c, ticket }
}

/** All that was sent before has been dealt with: messages of one sender keep their order. */
let marks = 0
async function settled(from: GroupEnd, ...to: readonly GroupEnd[]): Promise<void> {
  const mark = `mark ${String(marks++)}`
  from.link.broadcast(Buffer.from(mark))
  await until(() => to.every((end) => end.messages.some(({ text }) => text === mark)), 'the mark is there')
}

describe('a call of three', () => {
  it('has one chain, one order of entries, messages to one and to all, and packets among members', async () => {
    const { a, b, c, ticket } = await callOfThree()
    expect(a.here).toEqual(new Set([bob, carol].map(addressOf)))
    expect(c.here).toEqual(new Set([alice, bob].map(addressOf)))

    a.link.broadcast(Buffer.from('to all'))
    a.link.send(addressOf(bob), Buffer.from('to Bob'))
    await settled(a, b, c)
    const from = addressOf(alice)
    expect(b.messages.slice(0, 2)).toEqual([
      { from, text: 'to all' },
      { from, text: 'to Bob' },
    ])
    expect(c.messages.slice(0, 1)).toEqual([{ from, text: 'to all' }])

    // A newcomer is in the room and no member: no packet goes to it, and none from it.
    a.link.submit([chain.invite(alice, eve)])
    await hasChain(a)
    const e = await entered(eve, await ticketBy(alice, eve, ticket))
    await hasChain(e)
    const packets = Array.from({ length: 20 }, (_, index) => rtpPacket(index, chain.ssrcOf(alice), 300))
    for (const packet of packets) a.link.sendPacket(packet)
    e.link.sendPacket(rtpPacket(1, chain.ssrcOf(alice), 300))
    // RTCP, RFC 3550 section 6.4.2.
    const report = Buffer.from('80c9000100000000', 'hex')
    report.writeUInt32BE(chain.ssrcOf(bob), 4)
    b.link.sendPacket(report)
    await until(() => b.packets.length === 20 && c.packets.length === 21 && a.packets.length === 1, 'packets are there')
    expect(sameBytes(b.packets.map(withoutDeparture), packets)).toBe(true)
    // Each says when it left: one after the other, within moments.
    const departures = b.packets.map((packet) => departureOf(packet) ?? NaN)
    for (const [index, departure] of departures.slice(1).entries()) {
      expect((departure - (departures[index] ?? NaN) + DEPARTURE_PERIOD) % DEPARTURE_PERIOD).toBeLessThan(5000)
    }
    expect(e.packets).toEqual([])
    // The relay tells who sent them when they came in.
    await until(() => a.reports.length > 0, 'the relay reports')
    const [arrivals] = parseRtcp(a.reports[0] ?? new Uint8Array()) ?? []
    expect(arrivals).toMatchObject({ kind: 'congestion-feedback', streams: [{ ssrc: chain.ssrcOf(alice) }] })
    expect(b.reports.length + c.reports.length + e.reports.length).toBe(0)
  })

  it('sends a picture to who looks at it, and again what was lost, and asks the sender for what it does not have', async () => {
    const { a, b, c } = await callOfThree()
    await until(() => a.wants.length > 0, 'the relay has said what is wanted')
    expect(a.wants.at(-1)).toEqual({ layers: [], keyframes: [] })
    b.link.want([{ member: addressOf(alice), layer: 0 }], 0)
    await until(() => a.wants.at(-1)?.layers.length === 1, 'the picture is wanted')
    const ssrc = chain.ssrcOf(alice, 1, 'video')
    const packets = [1, 2, 3].map((index) => rtpPacket(index, ssrc, 300))
    for (const packet of packets) a.link.sendPacket(packet)
    await until(() => b.packets.length === 3, 'the packets are there')
    // Who has a packet already does not take it a second time; Carol stands for somebody who lost it.
    c.link.requestPackets(ssrc, [2, 7])
    await until(() => c.packets.length === 1 && a.requests.length === 1, 'the answers are there')
    expect(sameBytes(c.packets.map(withoutDeparture), packets.slice(1, 2))).toBe(true)
    expect(a.requests).toEqual([{ ssrc, sequenceNumbers: [7] }])
    b.link.requestKeyframe(addressOf(alice))
    await until(() => a.wants.at(-1)?.keyframes.includes(0) === true, 'a keyframe is asked for')
    // However often somebody asks, nobody is put out for it, and the sender hears of few.
    for (let index = 0; index < 1200; index++) b.link.requestPackets(ssrc, [1000 + index])
    await settled(a, b, c)
    expect(a.requests.length).toBeLessThan(900)
    expect(b.losses).toBe(0)
  })

  it('drops packets in the name of others, and the log counts them', async () => {
    const { a, b, c } = await callOfThree()
    for (let index = 0; index < 10; index++) a.link.sendPacket(rtpPacket(index, chain.ssrcOf(bob), 300))
    a.link.sendPacket(rtpPacket(0, chain.ssrcOf(alice), 300))
    await until(() => b.packets.length > 0 && c.packets.length > 0, 'the own packet is there')
    await settled(a, b, c)
    expect([b.packets.length, c.packets.length]).toEqual([1, 1])
    a.link.close()
    const line = () => logged.find((text) => text.includes('in the name of others'))
    await until(() => line() !== undefined, 'it stands in the log')
    expect(JSON.parse(line() ?? '')).toMatchObject({ packets: 10 })
  })

  it('takes one of two entries that are submitted at the same time, and the other behind it', async () => {
    const { a, b, c } = await callOfThree()
    const other = chain.copy()
    const leaving = other.sign(bob, change.remove(bob, 'left'))
    b.link.submit([leaving])
    a.link.submit([chain.sign(alice, change.invite(eve))])
    await until(() => a.refusals.length + b.refusals.length === 1, 'one of them is refused')
    const [refusal] = [...a.refusals, ...b.refusals]
    expect(refusal).toEqual({ length: 6, reason: 'not-next' })
    await until(() => a.chain.length === 6 && b.chain.length === 6, 'the other one counts')
    chain.take(a.chain[5] ?? new Uint8Array())
    if (a.refusals.length > 0) a.link.submit([chain.invite(alice, eve)])
    else b.link.submit([chain.remove(bob, bob, 'left')])
    await Promise.all([a, b, c].map(hasChain))
  })

  it('refuses what does not count, all of a Submit', async () => {
    const { a, b, c } = await callOfThree()
    const good = chain.sign(alice, change.invite(eve))
    b.link.submit([chain.sign(bob, change.invite(eve))])
    b.link.submit([good, random(200)])
    await until(() => b.refusals.length === 2, 'both are refused')
    expect(b.refusals.map(({ reason }) => reason)).toEqual(['does-not-count', 'does-not-count'])
    a.link.submit([chain.invite(alice, eve)])
    await Promise.all([a, b, c].map(hasChain))
    expect(a.refusals).toEqual([])
  })

  it('cuts off who is removed, and disconnects it', async () => {
    const { a, b, c } = await callOfThree()
    a.link.submit([chain.remove(alice, carol, 'removed')])
    await Promise.all([a, b, c].map(hasChain))
    a.link.broadcast(Buffer.from('among us'))
    a.link.sendPacket(rtpPacket(1, chain.ssrcOf(alice), 300))
    c.link.broadcast(Buffer.from('let me back in'))
    await settled(a, b)
    await until(() => b.packets.length === 1, 'the packet is there')
    expect(b.here).toEqual(new Set([addressOf(alice)]))
    expect(c.messages.some(({ text }) => text === 'among us')).toBe(false)
    expect(c.packets).toEqual([])
    await until(() => c.losses === 1, 'it is disconnected')
    // It comes again by itself, and stays outside.
    await until(() => c.opens === 2 && c.elsewhere.length + c.chain.length > 0, 'it is outside')
    expect(b.messages.some(({ text }) => text === 'let me back in')).toBe(false)
    expect(b.here).toEqual(new Set([addressOf(alice)]))
  })

  it('outlives a restart of the relay', async () => {
    const { a, b, c } = await callOfThree()
    await service.stop()
    await until(() => [a, b, c].every(({ losses }) => losses === 1), 'the relay is lost')
    for (const end of [a, b, c]) end.chain.length = 0
    service = await startTestService({ ...options, port: service.port, relayPort: service.relayPort })
    await until(() => [a, b, c].every(({ opens }) => opens === 2), 'all are back')
    expect([a, b, c].every((end) => end.chain.length === 0)).toBe(true)
    // Bob is not who founded it.
    b.link.submit(chain.entries)
    await Promise.all([a, b, c].map(hasChain))
    b.link.sendPacket(rtpPacket(1, chain.ssrcOf(bob), 300))
    await until(() => a.packets.length === 1 && c.packets.length === 1, 'packets go through again')
  })
})

describe('the door', () => {
  const refused = { ok: false, reason: 'ticket' }

  it('gives tickets to the founder and to who has one', async () => {
    const ask = (by: TestDevice, authority: Uint8Array, groupId = chain.groupId) =>
      clientOf(by).groupTicket(groupId, bob.certificate.accountPub, authority)
    const ofAlice = await founderTicket()
    const ofBob = await ticketBy(alice, bob, ofAlice)
    await ticketBy(bob, bob, ofBob)
    const ofCall = valueOf(await clientOf(alice).relayTicket(random(16), bob.certificate.accountPub))
    expect(await ask(alice, random(16))).toEqual(refused)
    expect(await ask(bob, chain.seed)).toEqual(refused)
    expect(await ask(alice, chain.seed, random(16))).toEqual(refused)
    expect(await ask(alice, ofAlice, random(16))).toEqual(refused)
    // Of another account, of another kind, of nobody.
    expect(await ask(eve, ofBob)).toEqual(refused)
    expect(await ask(bob, ofAlice)).toEqual(refused)
    expect(await ask(alice, ofCall)).toEqual(refused)
    expect(await ask(alice, new Uint8Array())).toEqual(refused)
    const unknown = await clientOf(alice).groupTicket(chain.groupId, random(32), chain.seed)
    expect(unknown).toEqual({ ok: false, reason: 'unknown' })
  })

  it('opens to nobody with a ticket that is forged, altered, or of others', async () => {
    const offer = await new RelayMember().makeOffer()
    const ofAlice = await founderTicket()
    const forged = issueTicket(
      { call: random(32), group: random(32) },
      {
        kind: 'group',
        groupId: chain.groupId,
        founderCertHash: alice.certificate.certHash,
        accountPub: eve.certificate.accountPub,
        expiresAt: testNow() + HOUR,
      },
    )
    const renamed = ofAlice.slice()
    renamed.set(eve.certificate.accountPub, 1 + 16 + 32)
    const asCall = ofAlice.slice()
    asCall[0] = 1
    for (const ticket of [forged, renamed, asCall, ofAlice]) {
      expect(await clientOf(eve).relayConnect(ticket, offer)).toEqual(refused)
    }
  })

  it('leaves outside whom the chain does not name, and hears nothing of it', async () => {
    const { a, b, ticket } = await callOfThree()
    const e = await entered(eve, await ticketBy(alice, eve, ticket))
    await until(() => e.elsewhere.length === 1, 'it is told that it is outside')
    expect(e.elsewhere).toEqual([5])
    e.link.broadcast(Buffer.from('hello'))
    e.link.sendPacket(rtpPacket(1, chain.ssrcOf(alice), 300))
    e.link.submit([chain.sign(eve, change.invite(eve))])
    a.link.broadcast(Buffer.from('secret'))
    a.link.sendPacket(rtpPacket(1, chain.ssrcOf(alice), 300))
    await until(() => e.refusals.length === 1, 'its entry is refused')
    await settled(a, b)
    await until(() => b.packets.length === 1, 'the packet is there')
    expect([e.messages, e.packets, e.chain, [...e.here]]).toEqual([[], [], [], []])
    expect(a.messages).toEqual([])
    expect(a.here).toEqual(new Set([bob, carol].map(addressOf)))
  })

  it('keeps the rooms of two groups apart', async () => {
    const { ticket } = await callOfThree()
    const first = chain
    chain = new TestChain(alice, random(16))
    const other = await entered(alice, await founderTicket())
    other.link.submit(first.entries)
    await until(() => other.refusals.length === 1, 'the chain of another group is refused')
    other.link.submit(chain.entries)
    await hasChain(other)
    expect(await clientOf(alice).groupTicket(chain.groupId, bob.certificate.accountPub, ticket)).toEqual(refused)
  })
})

describe('floods', () => {
  it('of frames, of large messages to all and of entries end their connection and nobody else’s', async () => {
    const { a, b, c } = await callOfThree()
    const floods: ((end: GroupEnd) => void)[] = [
      (end) => repeat(1000, () => end.link.send(addressOf(alice), Buffer.from('x'))),
      (end) => repeat(40, () => end.link.send(EVERYBODY, new Uint8Array(60_000))),
      (end) => repeat(40, () => end.link.submit(Array.from({ length: 64 }, () => new Uint8Array(10)))),
    ]
    for (const [index, flood] of floods.entries()) {
      flood(c)
      await until(() => c.losses === index + 1, 'the flood is ended')
      await until(() => c.opens === index + 2, 'it comes again')
    }
    await settled(a, b)
    expect([a.losses, b.losses]).toEqual([0, 0])
  })
})

function repeat(times: number, action: () => void): void {
  for (let time = 0; time < times; time++) action()
}
