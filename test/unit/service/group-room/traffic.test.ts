/** Who hears whom in the room of a group (docs/protocol/group.md, section 5). */
import { describe, expect, it } from 'vitest'
import { withoutDeparture } from '../../../../src-shared/media/departure.ts'
import { addressOf, alice, bob, callOfTwo, carol, eve, packet } from './scene.ts'

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
