/** The group machine inside a call, scene by scene. What holds in every interleaving is in the explorer's tests. */
import { describe, expect, it } from 'vitest'
import type { GroupEvent } from '../../../src-shared/group/machine/events.ts'
import { sendingEpoch } from '../../../src-shared/group/machine/key-state.ts'
import {
  groupId,
  VOICE,
  Device,
  member,
  invited,
  grown,
  added,
  removed,
  ann,
  bob,
  me,
  trusted,
  head,
  fire,
  entered,
  given,
  opened,
  memberKey,
  invite,
  room,
  yes,
  asking,
  withAnn,
  withBoth,
  hosting,
} from './scenes/device.ts'

describe('epochs', () => {
  it('after an Add the old key serves until all have the new one (R33)', () => {
    const device = withAnn().feed(entered('bob'), memberKey('ann', 3), grown(4, 4, [ann, me, bob], [added(bob)]))
    expect(device.done).toContain('give 4 to ann for 3')
    expect(sendingEpoch(device.call)).toBe(3)
    expect(device.feed(given(4, 'ann'), trusted('bob')).done).toEqual(['announce checked', 'give 4 to bob for 0'])
    expect(device.feed(given(4, 'bob')).done).toEqual(['send-with 4', 'send-state', 'erase-sender-key 3'])
  })

  it('at the latest after a second', () => {
    const device = withAnn().feed(grown(4, 4, [ann, me, bob], [added(bob)]), fire('switch'))
    expect(device.done).toEqual(['send-with 4', 'erase-sender-key 3'])
  })

  it('after a Remove the new key is used at once (R33)', () => {
    const device = withBoth().feed(grown(5, 5, [ann, me], [removed('bob', 'removed')]))
    expect(device.done).toEqual([
      'announce removed',
      'enter-epoch 5',
      'make-member-key 5',
      'send-head',
      'give 5 to ann for 3',
      'send-with 5',
      'erase-sender-key 4',
    ])
  })

  it('of several entries only the last epoch is entered; a Remove among them counts', () => {
    const carl = member('carl', 6)
    const device = withAnn().feed(grown(6, 6, [ann, me, carl], [added(bob), removed('bob', 'left'), added(carl)]))
    expect(device.done).toContain('enter-epoch 6')
    expect(device.done.filter((effect) => effect === 'announce added')).toHaveLength(2)
    expect(sendingEpoch(device.call)).toBe(6)
  })

  it('an epoch that was never sent with leaves no key behind', () => {
    const carl = member('carl', 5)
    const device = withAnn().feed(
      grown(4, 4, [ann, me, bob], [added(bob)]),
      grown(5, 5, [ann, me, bob, carl], [added(carl)]),
    )
    expect(device.done).toContain('erase-sender-key 4')
    expect(sendingEpoch(device.call)).toBe(3)
  })

  it('older keys of others go two seconds after all new ones are in, after a Remove one (R33)', () => {
    const afterAdd = withAnn().feed(entered('bob'), grown(4, 4, [ann, me, bob], [added(bob)]), opened(4, 'ann'))
    expect(afterAdd.feed(opened(4, 'bob')).timers).toEqual(['retire 2000'])
    expect(afterAdd.feed(fire('retire', '3')).done).toEqual(['drop-epoch 3'])
    const afterRemove = withBoth().feed(grown(5, 5, [ann, me], [removed('bob', 'left')]), opened(5, 'ann'))
    expect(afterRemove.timers).toContain('retire 1000')
  })

  it('and five seconds after the epoch began whatever is missing (R31)', () => {
    const device = withAnn().feed(grown(4, 4, [ann, me, bob], [added(bob)]))
    expect(device.timers).toContain('expire 5000')
    const next = device.feed(grown(5, 5, [ann, me], [removed('bob', 'left')]), fire('expire', '4'))
    expect(next.done).toEqual(['drop-epoch 4', 'erase-receive-key 3'])
  })

  it('wraps for the newest MemberKey of an earlier epoch, never for one of an earlier stay (R31)', () => {
    const again = { ...ann, join: 'ann-2', firstEpoch: 4 }
    const device = withAnn().feed(
      memberKey('ann', 3),
      grown(4, 4, [me, again], [added(again)]),
      trusted('ann', 'ann-2'),
    )
    expect(device.done).toContain('give 4 to ann for 0')
  })

  it('wraps once more when a newer MemberKey turns up', () => {
    const device = withAnn().feed(grown(4, 4, [ann, me, bob], [added(bob)]))
    expect(device.done).toContain('give 4 to ann for 1')
    expect(device.feed(memberKey('ann', 3)).done).toEqual(['give 4 to ann for 3'])
  })

  it('asks for what is missing, and with every answer waits a second (section 3)', () => {
    const device = withAnn().feed(entered('bob'), grown(4, 4, [ann, me, bob], [added(bob)]), opened(4, 'ann'))
    expect(device.feed(fire('request')).done).toEqual(['request 4 from bob for 3'])
    const request: GroupEvent = { kind: 'key-request', groupId, device: 'bob', epoch: 4 }
    expect(device.feed(request).done).toEqual([])
    expect(device.feed(trusted('bob'), given(4, 'bob'), request).done).toEqual(['give 4 to bob for 0'])
    expect(device.feed(request).done).toEqual([])
    expect(device.feed(fire('answer', 'bob'), request).done).toEqual(['give 4 to bob for 0'])
  })

  it('does not ask while others come: in a large call all of them take seconds (section 3)', () => {
    const device = withAnn().feed(entered('bob'), grown(4, 4, [ann, me, bob], [added(bob)]))
    expect(device.feed(opened(4, 'ann')).timers).toEqual(['request 1000'])
    expect(device.feed(opened(4, 'bob')).timers).not.toContain('request 1000')
    const later = withAnn().feed(entered('bob'), grown(4, 4, [ann, me, bob], [added(bob)]), fire('request'))
    expect(later.feed(opened(4, 'ann')).timers).toEqual([])
  })

  it('a key that is asked for before it has left comes once (section 3)', () => {
    const device = withAnn().feed(entered('bob'), grown(4, 4, [ann, me, bob], [added(bob)]), trusted('bob'))
    const request: GroupEvent = { kind: 'key-request', groupId, device: 'bob', epoch: 4 }
    expect(device.feed(request).done).toEqual([])
    expect(device.feed(given(4, 'bob'), request).done).toEqual(['give 4 to bob for 0'])
  })

  it('asks the more seldom the longer keys do not come: who gives them is busy', () => {
    const device = withAnn().feed(entered('bob'), grown(4, 4, [ann, me, bob], [added(bob)]))
    expect(device.timers).toContain('request 1000')
    const next = Array.from({ length: 5 }, () =>
      device.feed(fire('request')).timers.find((timer) => timer.startsWith('request')),
    )
    expect(next).toEqual([2, 4, 8, 10, 10].map((seconds) => `request ${String(seconds * 1000)}`))
  })

  it('a KeyShare for an entry that has not come waits for it (R32)', () => {
    const share: GroupEvent = { kind: 'share-arrived', groupId, epoch: 4, share: 9 }
    const device = withAnn().feed(share)
    expect(device.timers).toEqual(['early 5000'])
    expect(device.feed(grown(4, 4, [ann, me, bob], [added(bob)])).done).toContain('open-share')
    expect(withAnn().feed(share, fire('early')).done).toEqual(['drop-share'])
  })
})

describe('trust (R35)', () => {
  it('gives nothing to whom the directory does not confirm, and asks again where it did not answer', () => {
    const unreachable: GroupEvent = {
      kind: 'member-checked',
      groupId,
      device: 'bob',
      join: 'bob-1',
      result: 'unreachable',
    }
    const device = withAnn().feed(grown(4, 4, [ann, me, bob], [added(bob)]), given(4, 'ann'), unreachable)
    expect(device.done).toEqual(['announce checked', 'send-with 4', 'send-state', 'erase-sender-key 3'])
    expect(device.feed(fire('check-again')).done).toEqual(['check-member'])
    expect(device.feed(trusted('bob')).done).toEqual(['announce checked', 'give 4 to bob for 0'])
  })

  it('stops sending with a key that one has who is not trusted any more', () => {
    const device = withBoth().feed({
      kind: 'member-checked',
      groupId,
      device: 'bob',
      join: 'bob-1',
      result: 'refused',
    })
    expect(device.done).toEqual(['announce checked', 'stop-sending'])
  })
})

describe('Heads (R34)', () => {
  it('another branch: nothing more to that member, and nothing with the key that it has', () => {
    const device = withBoth().feed(head('bob', 'fork', 4))
    expect(device.done).toEqual(['announce trouble fork', 'stop-sending'])
    expect(device.feed(head('bob', 'same', 4)).done).toEqual([])
    const without = device.feed(grown(5, 5, [ann, me], [removed('bob', 'removed')]))
    expect(without.done).toContain('send-with 5')
  })

  it('in the next epoch it gets no key, and the others are heard again', () => {
    const carl = member('carl', 5)
    const device = withBoth().feed(
      head('bob', 'fork', 4),
      memberKey('ann', 4),
      grown(5, 5, [ann, me, bob, carl], [added(carl)]),
    )
    expect(device.done.filter((effect) => effect.startsWith('give'))).toEqual(['give 5 to ann for 4'])
    expect(device.feed(trusted('carl'), given(5, 'ann'), given(5, 'carl')).done).toContain('send-with 5')
  })

  it('entries that are named and do not come in 20 s; when they come, all is well', () => {
    const device = withBoth().feed(head('bob', 'ahead', 5))
    expect(device.timers).toEqual(['behind 20000'])
    expect(device.feed(fire('behind')).done).toEqual(['announce trouble withheld', 'stop-sending'])
    expect(device.feed(grown(5, 4, [ann, me, bob], [])).done).toContain('send-with 4')
  })

  it('nobody confirms for 20 s: nothing is sent until somebody does, or the call is left', () => {
    const device = withBoth().feed(fire('confirm'))
    expect(device.done).toEqual(['announce confirmed', 'stop-sending'])
    expect(device.timers).toEqual(['unheard 40000'])
    expect(device.feed(head('ann', 'same', 4)).done).toEqual(['announce confirmed', 'send-with 4', 'send-state'])
    expect(device.feed(fire('confirm'), fire('unheard'), fire('leave')).ended).toBe('connection-lost')
  })
})

describe('the room', () => {
  const lost: GroupEvent = { kind: 'room-lost', groupId }

  it('comes back: who is there hears this device, which waits for a word', () => {
    const device = withBoth().feed(lost, { ...room, length: 4 })
    expect(device.done).toEqual(['send-member-key', 'send-head', 'stop-sending'])
    expect(device.feed(entered('ann'), head('ann', 'same', 4)).done).toContain('send-with 4')
  })

  it('comes back empty: the chain is brought', () => {
    expect(withBoth().feed(lost, { ...room, length: 0, chain: 'none' }).done).toContain('submit-chain')
  })

  it('comes back with a part: who is there brings the rest', () => {
    const device = withBoth().feed(lost, { ...room, length: 2 }, { kind: 'room-length', groupId, length: 3 })
    expect(device.feed(fire('submit-again')).done).toEqual(['submit-chain'])
    expect(device.feed({ kind: 'room-length', groupId, length: 4 }, fire('submit-again')).done).toEqual([])
  })

  it('does not name this device any more', () => {
    expect(withBoth().feed(lost, { ...room, chain: 'outside' }).ended).toBe('removed')
    expect(new Device().feed(invite(), yes, { ...room, chain: 'outside' }, fire('join')).ended).toBe('not-admitted')
  })

  it('comes back with another chain: the person is told, and the call is left (R30)', () => {
    const device = withBoth().feed(lost, { kind: 'room-forked', groupId })
    expect(device.done).toEqual(['announce room-forked'])
    expect(device.feed({ ...room, length: 4 }, fire('unheard'), fire('leave')).ended).toBe('insecure')
  })

  it('does not come back', () => {
    expect(withBoth().feed(lost, fire('reconnect')).ended).toBe('connection-lost')
  })

  it('without a member for 30 s: it is removed as lost, unless it is back', () => {
    const left: GroupEvent = { kind: 'left', groupId, device: 'ann' }
    const device = withBoth().feed(entered('ann'), left)
    expect(device.feed(fire('lost', 'ann')).done).toEqual(['submit remove ann lost'])
    expect(device.feed(entered('ann'), fire('submit-again')).done).toEqual([])
  })
})

describe('who adds', () => {
  const join = {
    kind: 'join-arrived',
    groupId,
    device: 'bob',
    account: 'b',
    join: 'bob-1',
    byLink: false,
  } as const satisfies GroupEvent

  it('gathers for half a second, longer for each rank', () => {
    expect(hosting(['b']).feed(join).timers).toEqual(['gather 500'])
    expect(withAnn().feed(join).timers).toEqual(['gather 1500'])
    expect(hosting(['b']).feed(join, fire('gather')).done).toEqual(['submit add bob'])
  })

  it('does nothing if somebody else was faster, or nobody invited them', () => {
    expect(withAnn().feed(join, grown(4, 4, [ann, me, bob], [added(bob)]), fire('gather')).done).toEqual([])
    expect(withAnn().feed({ ...join, device: 'eve', account: 'e' }).timers).toEqual([])
  })

  it('tries again behind another entry', () => {
    const device = hosting(['b']).feed(join, fire('gather'))
    const after = device.feed(grown(3, 1, [{ ...me, host: true, firstEpoch: 1 }]))
    expect(after.done).toContain('submit add bob')
  })

  it('by link: the host who let them in, after the invitation stands in the chain (R38)', () => {
    const knock: GroupEvent = { kind: 'knock', groupId, device: 'eve', account: 'e', knock: 3 }
    const guest: GroupEvent = { ...join, device: 'eve', account: 'e', join: 'eve-1', byLink: true }
    const device = hosting(['b']).feed(knock)
    expect(device.done).toEqual(['announce knock'])
    expect(device.feed(guest).timers).toEqual([])
    expect(device.feed({ kind: 'user-admit', groupId, device: 'eve' }).done).toEqual(['submit invite e'])
    const stands = grown(3, 1, [{ ...me, host: true, firstEpoch: 1 }])
    if (stands.kind !== 'roster-changed') throw new Error('no roster')
    const withEve = { ...stands, roster: { ...stands.roster, invited: [...invited, 'e'] } }
    expect(device.feed(withEve).done).toContain('admit-knock')
    expect(device.feed(guest, fire('gather')).done).toEqual(['submit add eve'])
    expect(hosting(['b']).feed(knock, { kind: 'user-refuse', groupId, device: 'eve' }).done).toEqual(['refuse-knock'])
  })
})

describe('a host', () => {
  it('removes, names hosts, asks to mute; others may not', () => {
    const both = [{ ...me, host: true, firstEpoch: 1 }, bob]
    const host = (): Device => hosting(['b']).feed(grown(4, 4, both, [added(bob)]), trusted('bob'), fire('switch'))
    expect(host().feed({ kind: 'user-remove', groupId, device: 'bob' }).done).toEqual(['submit remove bob removed'])
    expect(host().feed({ kind: 'user-host', groupId, device: 'bob', on: true }).done).toEqual(['submit host bob'])
    expect(host().feed({ kind: 'user-mute', groupId, device: 'bob' }).done).toEqual(['send-mute-request'])
    expect(withBoth().feed({ kind: 'user-remove', groupId, device: 'bob' }).done).toEqual([])
    expect(withBoth().feed({ kind: 'people-resolved', groupId, accounts: ['d'] }).done).toEqual([])
  })

  it('is heard where it asks to mute; others are not', () => {
    const request = (device: string): GroupEvent => ({ kind: 'mute-request', groupId, device, about: 'me' })
    expect(withBoth().feed(request('ann')).done).toEqual(['announce mute-request'])
    expect(withBoth().feed(request('bob')).done).toEqual([])
  })

  it('puts this device out', () => {
    const device = withBoth().feed(grown(5, 5, [ann, bob], [removed('me', 'removed')]))
    expect(device.ended).toBe('removed')
    expect(device.done).toEqual(['release', 'record removed'])
  })
})

describe('leaving', () => {
  it('waits for its own Remove, at most a second', () => {
    const device = withBoth().feed({ kind: 'user-end', groupId })
    expect(device.done.slice(0, 2)).toEqual(['submit remove me left', 'stop-sending'])
    expect(device.timers).toEqual(['leave 1000'])
    expect(device.feed(grown(5, 5, [ann, me], [removed('bob', 'left')])).done).toEqual(['submit remove me left'])
    expect(device.feed(grown(6, 6, [ann], [removed('me', 'left')])).ended).toBe('hung-up')
  })

  it('lost, it comes anew by itself', () => {
    const device = withBoth().feed(grown(5, 5, [ann, bob], [removed('me', 'lost')]))
    expect(device.call.kind).toBe('joining')
    expect(device.done).toContain('make-join')
    expect(device.done).toContain('stop-sending')
  })

  it('an ended call is dismissed', () => {
    expect(asking().feed(fire('join'), { kind: 'user-dismiss', groupId }).call.kind).toBe('idle')
  })
})

describe('what members say', () => {
  it('media and hand, while somebody may hear it; said afterwards otherwise', () => {
    const device = withBoth()
    expect(device.feed({ kind: 'user-media', groupId, media: VOICE }).done).toEqual(['send-media'])
    expect(device.feed({ kind: 'user-hand', groupId, up: true }).done).toEqual(['send-hand'])
    expect(device.feed(fire('confirm'), { kind: 'user-hand', groupId, up: false }).done).toEqual([])
    expect(device.feed(head('ann', 'same', 4)).done).toContain('send-state')
  })

  it('is kept for each member', () => {
    const device = withBoth().feed(
      { kind: 'media-state', groupId, device: 'bob', media: VOICE },
      { kind: 'hand', groupId, device: 'bob', up: true },
    )
    const people = device.call.kind === 'inside' ? device.call.people : []
    expect(people.find((person) => person.device === 'bob')).toMatchObject({ media: VOICE, hand: true })
  })
})
