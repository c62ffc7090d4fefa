/** The room of a group: who may enter, one order of entries for all, who hears whom (docs/protocol/group.md, section 5). */
import { describe, expect, it } from 'vitest'
import { GroupRoom } from '../../../src-server/relay/group-room.ts'
import type { RoomMember } from '../../../src-server/relay/room.ts'
import { MINUTE, SECOND } from '../../../src-shared/base/time.ts'
import { withoutDeparture } from '../../../src-shared/media/departure.ts'
import { EVERYBODY, memberAddress, parseRelayFrame, type RelayFrame } from '../../../src-shared/protocol/relay-frame.ts'
import { TestChain } from '../../support/test-chain.ts'
import { type TestDevice, testDevice } from '../../support/test-device.ts'
import { change, testCrowd } from '../../support/test-group.ts'

const [alice, bob, carol, eve] = [testDevice('alice'), testDevice('bob'), testDevice('carol'), testDevice('eve')]
const seed = new Uint8Array(16).fill(7)
const addressOf = ({ certificate }: TestDevice) => memberAddress(certificate.certHash)

class Connection implements RoomMember {
  readonly certHash: Uint8Array
  readonly accountPub: Uint8Array
  readonly address: string
  readonly frames: RelayFrame[] = []
  readonly packets: Buffer[] = []
  /** Frames that it takes before it is congested. */
  takes = Infinity

  constructor(device: TestDevice) {
    this.certHash = device.certificate.certHash
    this.accountPub = device.certificate.accountPub
    this.address = addressOf(device)
  }

  sendFrame(bytes: Uint8Array): void {
    const frame = parseRelayFrame(bytes)
    if (frame === undefined) throw new Error('no frame')
    // `forwarding` has tests of its own.
    if (frame.kind !== 'wanted') this.frames.push(frame)
    this.takes -= 1
  }

  sendPacket(packet: Buffer): void {
    this.packets.push(packet)
  }

  congested(): boolean {
    return this.takes <= 0
  }

  /** What it was told since the last time, in short. */
  news(): string[] {
    return this.frames.splice(0).map((frame) => {
      switch (frame.kind) {
        case 'entries':
          return `entries ${String(frame.first)}+${String(frame.entries.length)} of ${String(frame.length)}`
        case 'refused':
          return `refused at ${String(frame.length)}: ${frame.reason}`
        case 'message':
          return `${nameOf(frame.peer)} says ${Buffer.from(frame.message).toString()}`
        case 'entered':
        case 'left':
          return `${frame.kind} ${nameOf(frame.peer)}`
        case 'arrivals':
          return frame.kind
        default:
          throw new Error(`the room sent ${frame.kind}`)
      }
    })
  }
}

const names = new Map(Object.entries({ alice, bob, carol, eve }).map(([name, device]) => [addressOf(device), name]))
const nameOf = (address: string) => names.get(address) ?? address

function scene(chain = new TestChain(alice, seed)) {
  const clock = { now: 1000 }
  const defects: unknown[] = []
  const memory = { free: 10_000_000 }
  const { groupId, founder } = chain
  const room = new GroupRoom({
    groupId,
    founderCertHash: founder.certificate.certHash,
    now: () => clock.now,
    memory,
    defect: (error) => defects.push(error),
  })
  const enter = (device: TestDevice) => {
    const connection = new Connection(device)
    room.enter(connection)
    return connection
  }
  const submit = async (from: Connection, ...entries: readonly Uint8Array[]) => {
    expect(room.frame(from, { kind: 'submit', entries })).toBe(true)
    await room.idle()
    expect(defects).toEqual([])
  }
  const say = (from: Connection, text: string, peer = EVERYBODY) =>
    room.frame(from, { kind: 'message', peer, message: Buffer.from(text) })
  return { room, chain, clock, memory, enter, submit, say }
}

/** Alice and Bob are members and inside; the news of that are read. */
async function callOfTwo() {
  const { chain, ...rest } = scene()
  const a = rest.enter(alice)
  await rest.submit(a, ...chain.entries)
  const b = rest.enter(bob)
  await rest.submit(a, chain.invite(alice, bob), chain.add(alice, bob))
  a.news()
  b.news()
  return { ...rest, chain, a, b }
}

function packet(ssrc: number, at = 8, second = 96): Buffer {
  const bytes = Buffer.alloc(40)
  bytes.set([0x80, second])
  bytes.writeUInt32BE(ssrc, at)
  return bytes
}

describe('the chain', () => {
  it('is begun by its founder and goes to everybody who is named in it', async () => {
    const { chain, enter, submit } = scene()
    const a = enter(alice)
    expect(a.news()).toEqual(['entries 0+0 of 0'])
    await submit(a, ...chain.entries)
    // It was outside a moment ago, and now reads from the beginning.
    expect(a.news()).toEqual(['entries 0+1 of 1'])
    const b = enter(bob)
    expect(b.news()).toEqual(['entries 1+0 of 1'])
    await submit(a, chain.invite(alice, bob))
    expect(a.news()).toEqual(['entries 1+1 of 2', 'entered bob'])
    expect(b.news()).toEqual(['entries 0+2 of 2', 'entered alice'])
    await submit(a, chain.add(alice, bob))
    expect(a.news()).toEqual(['entries 2+1 of 3'])
    expect(b.news()).toEqual(['entries 2+1 of 3'])
  })

  it('is founded by nobody else', async () => {
    const { enter, submit } = scene()
    const e = enter(eve)
    await submit(e, ...new TestChain(eve, seed).entries)
    expect(e.news()).toEqual(['entries 0+0 of 0', 'refused at 0: does-not-count'])
  })

  it('takes the first of two entries with one number; the other comes again behind it', async () => {
    const { chain, a, b, room } = await callOfTwo()
    const [first, second] = [chain.copy(), chain.copy()]
    const invitation = first.invite(alice, carol)
    const leaving = second.sign(bob, change.remove(bob, 'left'))
    room.frame(a, { kind: 'submit', entries: [invitation] })
    room.frame(b, { kind: 'submit', entries: [leaving] })
    await room.idle()
    expect(a.news()).toEqual(['entries 3+1 of 4'])
    expect(b.news()).toEqual(['entries 3+1 of 4', 'refused at 4: not-next'])
    room.frame(b, { kind: 'submit', entries: [first.sign(bob, change.remove(bob, 'left'))] })
    await room.idle()
    expect(a.news()).toEqual(['entries 4+1 of 5'])
  })

  it('takes all entries of a Submit or none', async () => {
    const { chain, a, b, submit } = await callOfTwo()
    const fork = chain.copy()
    const good = fork.invite(alice, carol)
    await submit(a, good, fork.sign(bob, change.host(alice, false)))
    expect(a.news()).toEqual(['refused at 3: does-not-count'])
    await submit(a, good)
    expect([a.news(), b.news()]).toEqual([['entries 3+1 of 4'], ['entries 3+1 of 4']])
  })

  it('refuses what does not count, what is known and what leaves a gap', async () => {
    const { chain, a, b, submit } = await callOfTwo()
    await submit(b, chain.sign(bob, change.invite(carol)))
    await submit(a, new Uint8Array(100))
    await submit(a, chain.entries[1] ?? new Uint8Array())
    const ahead = chain.copy()
    ahead.invite(alice, carol)
    await submit(a, ahead.sign(alice, change.invite(eve)))
    await submit(a, chain.sign(eve, change.invite(eve)))
    const broken = chain.sign(alice, change.invite(carol))
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1
    await submit(a, broken)
    expect(b.news()).toEqual(['refused at 3: does-not-count'])
    expect(a.news()).toEqual([
      'refused at 3: does-not-count',
      'refused at 3: not-next',
      'refused at 3: not-next',
      'refused at 3: does-not-count',
      'refused at 3: does-not-count',
    ])
  })

  it('is restored in pieces by whoever has it, also by one whom the beginning does not name', async () => {
    const { chain, enter, submit, room } = scene()
    chain.invite(alice, bob)
    chain.add(alice, bob)
    chain.add(alice, carol)
    const [a, c] = [enter(alice), enter(carol)]
    await submit(c, ...chain.entries.slice(0, 2))
    expect(a.news()).toEqual(['entries 0+0 of 0', 'entries 0+2 of 2'])
    // Carol sees nothing of what she is not named in, and is told nothing.
    expect(c.news()).toEqual(['entries 0+0 of 0'])
    await submit(c, ...chain.entries.slice(2))
    expect(c.news()).toEqual(['entries 0+4 of 4', 'entered alice'])
    expect(a.news()).toEqual(['entries 2+2 of 4', 'entered carol'])
    room.leave(a)
    room.leave(c)
    expect(room.size).toBe(0)
    expect(enter(alice).news()).toEqual(['entries 0+0 of 0'])
  })

  it('takes no more memory than there is', async () => {
    const { chain, a, b, memory, submit, room } = await callOfTwo()
    memory.free = 10
    await submit(a, chain.sign(alice, change.invite(carol)))
    expect(a.news()).toEqual(['refused at 3: too-long'])
    room.leave(a)
    expect(memory.free).toBe(10)
    room.leave(b)
    expect(memory.free).toBe(10 + chain.entries.reduce((sum, { length }) => sum + length, 0))
  })
})

describe('who may be here', () => {
  it('is outside when the chain does not name it, and soon has to go', async () => {
    const { chain, a, clock, enter, submit, room, say } = await callOfTwo()
    const e = enter(eve)
    expect(e.news()).toEqual(['entries 3+0 of 3'])
    say(a, 'hello')
    say(e, 'let me in')
    await submit(e, chain.sign(eve, change.invite(eve)))
    expect(e.news()).toEqual(['refused at 3: does-not-count'])
    expect(a.news()).toEqual([])
    clock.now += 10 * SECOND
    expect(room.outstays(e)).toBe(false)
    clock.now += 1
    expect(room.outstays(e)).toBe(true)
    expect(room.outstays(a)).toBe(false)
  })

  it('hears of nothing any more once it is removed', async () => {
    const { chain, a, b, clock, room, say, submit } = await callOfTwo()
    await submit(a, chain.remove(alice, bob, 'removed'))
    expect(b.news()).toEqual(['entries 3+1 of 4'])
    expect(a.news()).toEqual(['entries 3+1 of 4', 'left bob'])
    say(a, 'gone?')
    say(b, 'not quite')
    room.packet(a, packet(chain.ssrcOf(alice)))
    // Its way to the relay is told to who sends, whoever is left to hear it.
    expect([a.news(), b.news(), b.packets]).toEqual([['arrivals'], [], []])
    clock.now += 10 * SECOND + 1
    expect(room.outstays(b)).toBe(true)
  })

  it('stays as a newcomer who left or was lost, but not for long', async () => {
    const { chain, a, b, clock, room, say, submit } = await callOfTwo()
    await submit(b, chain.remove(bob, bob, 'left'))
    say(b, 'join')
    expect(a.news()).toEqual(['entries 3+1 of 4', 'bob says join'])
    clock.now += 2 * MINUTE
    expect(room.outstays(b)).toBe(false)
    clock.now += 1
    expect(room.outstays(b)).toBe(true)
  })

  it('is not removed as lost while it is here', async () => {
    const { chain, a, b, clock, room, submit } = await callOfTwo()
    clock.now += 10 * SECOND
    const lost = chain.sign(alice, change.remove(bob, 'lost'))
    await submit(a, lost)
    expect(a.news()).toEqual(['refused at 3: present'])
    room.leave(b)
    await submit(a, lost)
    expect(a.news()).toEqual(['left bob', 'entries 3+1 of 4'])
  })

  it('may have been lost in a chain that is restored, and has come back since', async () => {
    const { chain, enter, submit } = scene()
    chain.add(alice, bob)
    chain.remove(alice, bob, 'lost')
    chain.add(alice, bob)
    const [a] = [enter(alice), enter(bob)]
    await submit(a, ...chain.entries.slice(0, 2))
    await submit(a, ...chain.entries.slice(2, 3))
    await submit(a, ...chain.entries.slice(3))
    expect(a.news().at(-1)).toBe('entries 3+1 of 4')
  })

  it('is nobody when the last member has left', async () => {
    const { chain, a, b, room, submit } = await callOfTwo()
    await submit(b, chain.remove(bob, bob, 'left'))
    await submit(a, chain.remove(alice, alice, 'left'))
    expect(a.news()).toEqual(['entries 3+1 of 4', 'entries 4+1 of 5'])
    expect(room.frame(b, { kind: 'message', peer: EVERYBODY, message: Buffer.from('anyone?') })).toBe(true)
    expect(a.news()).toEqual([])
  })

  it('is limited, and members find their place', async () => {
    const { room } = await callOfTwo()
    const comes = (name: string, accountPub: Uint8Array) => {
      const certHash = Buffer.from(name.padEnd(32))
      const visitor = Object.assign(new Connection(eve), { certHash, accountPub, address: memberAddress(certHash) })
      const admitted = room.admits(visitor)
      if (admitted) room.enter(visitor)
      return admitted
    }
    const bobs = ['phone', 'tablet', 'tv', 'car', 'watch']
    expect(bobs.map((name) => comes(name, bob.certificate.accountPub))).toEqual([true, true, true, true, false])
    const strangers = Array.from({ length: 45 }, (_, index) => `${String(index)} stranger`)
    expect(strangers.filter((name) => comes(name, Buffer.from(name)))).toHaveLength(40)
    expect(room.admits(new Connection(bob))).toBe(true)
    // Another device with the same first 8 bytes.
    expect(room.admits(Object.assign(new Connection(bob), { certHash: new Uint8Array(32) }))).toBe(false)
  })
})

describe('messages', () => {
  it('go to one or to all others, in the sender’s order, and to nobody who is not here', async () => {
    const { a, b, enter, say, chain, submit } = await callOfTwo()
    await submit(a, chain.add(alice, carol))
    const c = enter(carol)
    for (const connection of [a, b, c]) connection.news()
    say(a, 'one')
    say(a, 'two', addressOf(bob))
    say(a, 'three')
    say(a, 'to myself', addressOf(alice))
    say(a, 'to nobody', addressOf(eve))
    expect(b.news()).toEqual(['alice says one', 'alice says two', 'alice says three'])
    expect(c.news()).toEqual(['alice says one', 'alice says three'])
    expect(a.news()).toEqual([])
  })

  it('of other kinds end the connection', async () => {
    const { room, a, b } = await callOfTwo()
    expect(room.frame(a, { kind: 'receivers', receivers: [b.address] })).toBe(false)
    expect(room.frame(a, { kind: 'left', peer: b.address })).toBe(false)
    expect(room.frame(a, { kind: 'entries', first: 0, length: 0, entries: [] })).toBe(false)
  })
})

describe('a device that comes again', () => {
  it('takes the place of its earlier connection, reads the chain, and is announced anew', async () => {
    const { room, a, b, say } = await callOfTwo()
    const again = new Connection(bob)
    expect(room.enter(again)).toBe(b)
    room.leave(b)
    say(b, 'old')
    say(a, 'new')
    expect(b.news()).toEqual([])
    expect(again.news()).toEqual(['entries 0+3 of 3', 'entered alice', 'alice says new'])
    expect(a.news()).toEqual(['entered bob'])
    room.leave(again)
    expect(a.news()).toEqual(['left bob'])
  })

  it('hears nothing new before it has read what was, and misses none of it', async () => {
    const { room, a, chain, say, submit } = await callOfTwo()
    const crowd = testCrowd(20)
    for (const device of crowd) chain.add(alice, device)
    await submit(a, ...chain.entries.slice(3, 15))
    await submit(a, ...chain.entries.slice(15))
    a.news()
    const again = new Connection(bob)
    again.takes = 1
    room.enter(again)
    say(a, 'unheard')
    await submit(a, chain.invite(alice, carol))
    expect(again.news()).toEqual(['entries 0+21 of 23'])
    expect(a.news()).toEqual(['entries 23+1 of 24'])
    again.takes = Infinity
    room.drained(again)
    expect(again.news()).toEqual(['entries 21+3 of 24', 'entered alice'])
    expect(a.news()).toEqual(['entered bob'])
    say(a, 'heard')
    expect(again.news()).toEqual(['alice says heard'])
  })
})

describe('packets', () => {
  it('go from members to members, only under the sender’s own SSRCs', async () => {
    const { room, chain, a, b, enter, submit } = await callOfTwo()
    const c = enter(carol)
    await submit(a, chain.invite(alice, carol))
    const own = packet(chain.ssrcOf(alice, 5))
    expect(room.packet(a, own)).toBe(1)
    expect(room.packet(a, packet(chain.ssrcOf(bob)))).toBe('foreign')
    expect(room.packet(a, packet(0))).toBe('foreign')
    expect(room.packet(a, Buffer.alloc(9))).toBe('foreign')
    // A newcomer sends to nobody and gets nothing.
    expect(room.packet(c, packet(chain.ssrcOf(alice)))).toBe(0)
    expect([a.packets, b.packets.map(withoutDeparture), c.packets]).toEqual([[], [own], []])
  })

  it('of RTCP have the SSRC in another place', async () => {
    const { room, chain, a, b } = await callOfTwo()
    const report = packet(chain.ssrcOf(alice), 4, 201)
    expect(room.packet(a, report)).toBe(1)
    expect(room.packet(a, packet(chain.ssrcOf(bob), 4, 201))).toBe('foreign')
    expect(room.packet(a, packet(chain.ssrcOf(alice), 8, 201))).toBe('foreign')
    expect(b.packets).toEqual([report])
  })

  it('are the newcomer’s own once it is added, and change with each Join', async () => {
    const { room, chain, a, b, submit } = await callOfTwo()
    const old = chain.ssrcOf(bob)
    await submit(b, chain.remove(bob, bob, 'left'))
    room.packet(b, packet(old))
    await submit(a, chain.add(alice, bob))
    expect(room.packet(b, packet(old))).toBe('foreign')
    expect(room.packet(b, packet(chain.ssrcOf(bob)))).toBe(1)
    expect(a.packets).toHaveLength(1)
  })
})
