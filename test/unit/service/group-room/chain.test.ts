/** One order of entries for all who are in the room of a group (docs/protocol/group.md, section 5). */
import { describe, expect, it } from 'vitest'
import { TestChain } from '../../../support/test-chain.ts'
import { change } from '../../../support/test-group.ts'
import { alice, bob, callOfTwo, carol, eve, scene, seed } from './scene.ts'

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
