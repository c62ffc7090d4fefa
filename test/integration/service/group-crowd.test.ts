/** The largest calls: 33 members in one room of a relay, everybody heard by everybody; and a chain of megabytes. */
import { afterAll, expect, it } from 'vitest'
import { Relay } from '../../../src-server/relay/relay.ts'
import { createRelayLinks } from '../../../src-main/ice/relay-link.ts'
import { TestChain } from '../../support/test-chain.ts'
import type { TestDevice } from '../../support/test-device.ts'
import { testCrowd } from '../../support/test-group.ts'
import { GroupEnd, LOOPBACK, pause, until } from '../ice/links.ts'
import { random, systemClock } from './harness.ts'
import { rtpPacket } from './relay-client.ts'

const MEMBERS = 33
const ROUNDS = 20
/** Milliseconds for a test: thousands of signatures and packets on a machine that is busy with other things. */
const LIMIT = 150_000
const SIZE = 1100
/** Not a measure of the relay: how much a machine that is busy with other things may lose. */
const ARRIVING = 0.9

const defects: unknown[] = []
const relay = Relay.start({
  port: 0,
  bindAddress: LOOPBACK,
  publicAddresses: () => Promise.resolve([]),
  now: Date.now,
  defect: (error) => defects.push(error),
})
const ends: GroupEnd[] = []

afterAll(async () => {
  for (const end of ends) end.link.close()
  await pause(600)
  await relay.stop()
  expect(defects).toEqual([])
})

function enter({ certificate }: TestDevice, { groupId, founder }: TestChain): GroupEnd {
  const room = { kind: 'group', groupId, founderCertHash: founder.certificate.certHash } as const
  const { certHash, accountPub } = certificate
  const connect = (_: Uint8Array, offer: string) =>
    relay.connect({ room, certHash, accountPub, offer, origin: LOOPBACK, reachedAt: LOOPBACK })
  const end = new GroupEnd(createRelayLinks({ clock: systemClock, connect, bindAddress: LOOPBACK }), new Uint8Array())
  ends.push(end)
  return end
}

it(
  'connects 33 members, exchanges the messages of an epoch, and forwards what each sends to the 32 others',
  async () => {
    const crowd = testCrowd(MEMBERS)
    const [founder] = crowd
    if (founder === undefined) throw new Error('nobody')
    const chain = new TestChain(founder, random(16))
    for (const device of crowd.slice(1)) chain.add(founder, device)

    // All at once, as after a restart of the relay; the founder restores the chain.
    const members = crowd.map((device) => enter(device, chain))
    const [first] = members
    if (first === undefined) throw new Error('nobody')
    await until(() => first.opens > 0, 'the founder is connected', 60_000)
    for (let at = 0; at < chain.entries.length; at += 16) first.link.submit(chain.entries.slice(at, at + 16))
    await until(() => members.every((end) => end.chain.length === MEMBERS), 'all have the chain', 60_000)
    await until(() => members.every(({ here }) => here.size === MEMBERS - 1), 'all know who is there', 30_000)

    // An epoch: a KeyShare for each other member, a MemberKey and a Head for all (group.md, section 2).
    for (const end of members) {
      for (const other of end.here) end.link.send(other, new Uint8Array(1415))
      end.link.broadcast(new Uint8Array(1365))
      end.link.broadcast(new Uint8Array(160))
    }
    await until(() => members.every(({ messages }) => messages.length === 3 * (MEMBERS - 1)), 'all have all', 30_000)

    const ssrcs = crowd.map((device) => chain.ssrcOf(device))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, end] of members.entries()) end.link.sendPacket(rtpPacket(round, ssrcs[index] ?? 0, SIZE))
      await pause(100)
    }
    const wanted = ROUNDS * (MEMBERS - 1)
    await until(() => members.every(({ packets }) => packets.length >= ARRIVING * wanted), 'packets are there', 30_000)
    for (const [index, { packets }] of members.entries()) {
      const senders = new Set(packets.map((packet) => Buffer.from(packet).readUInt32BE(8)))
      expect(senders).toEqual(new Set(ssrcs.filter((_, other) => other !== index)))
      expect(packets.length).toBeLessThanOrEqual(wanted)
    }
    expect(members.every(({ losses }) => losses === 0)).toBe(true)
  },
  LIMIT,
)

it(
  'sends a chain that is larger than what it may have under way to one device',
  async () => {
    const [founder, guest, late] = testCrowd(3)
    if (founder === undefined || guest === undefined || late === undefined) throw new Error('nobody')
    const chain = new TestChain(founder, random(16))
    chain.invite(founder, late)
    // Each Add of a member replaces it.
    for (let time = 0; time < 500; time++) chain.add(founder, guest)
    expect(chain.entries.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(1_400_000)
    const first = enter(founder, chain)
    await until(() => first.opens === 1, 'the founder is connected')
    for (let at = 0; at < chain.entries.length; at += 20) {
      const piece = chain.entries.slice(at, at + 20)
      await until(() => first.link.submit(piece), 'the piece is on its way')
      await until(() => first.chain.length === at + piece.length, 'the piece is there')
    }
    const second = enter(late, chain)
    await until(() => second.here.size === 1, 'the whole chain was read', 30_000)
    expect(second.chain.length).toBe(chain.entries.length)
    expect([first.losses, second.losses]).toEqual([0, 0])
  },
  LIMIT,
)
