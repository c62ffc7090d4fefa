/** Who may enter and stay in the room of a group (docs/protocol/group.md, section 5). */
import { describe, expect, it } from 'vitest'
import { MINUTE, SECOND } from '../../../../src-shared/base/time.ts'
import { EVERYBODY, memberAddress } from '../../../../src-shared/protocol/relay-frame.ts'
import { change, testCrowd } from '../../../support/test-group.ts'
import { alice, bob, callOfTwo, carol, Connection, eve, packet, scene } from './scene.ts'

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
