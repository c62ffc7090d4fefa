/** The group machine until it is inside, scene by scene. What holds in every interleaving is in the explorer's tests. */
import { describe, expect, it } from 'vitest'
import type { GroupEvent } from '../../../src-shared/group/machine/events.ts'
import { occupies } from '../../../src-shared/group/machine/state.ts'
import {
  groupId,
  VOICE,
  upgrade,
  Device,
  grown,
  added,
  removed,
  ann,
  bob,
  me,
  trusted,
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
  hosting,
} from './scenes/device.ts'

describe('an invitation', () => {
  it('rings, and opens nothing', () => {
    const device = new Device().feed(invite())
    expect(device.done).toEqual(['reply ringing'])
    expect(device.timers).toEqual(['ring 60000'])
    expect(occupies(device.call)).toBe(true)
  })

  it('rings for what is left of its minute', () => {
    expect(new Device().feed(invite({ remaining: 5000 })).timers).toEqual(['ring 5000'])
    expect(new Device().feed(invite({ remaining: 0 })).done).toEqual(['record no-answer missed'])
  })

  it('is declined: the inviting device and the own others learn it', () => {
    const device = new Device().feed(invite(), { kind: 'user-decline', groupId })
    expect(device.done).toEqual(['reply declined', 'send-answered', 'release', 'record declined'])
    expect(device.call.kind).toBe('idle')
  })

  it('ends on Cancel, on Answered, and when its time is up', () => {
    const over = (event: GroupEvent): string[] => new Device().feed(invite(), event).done
    expect(over({ kind: 'cancel', groupId, sentAt: 2000 })).toEqual(['release', 'record cancelled missed'])
    expect(over({ kind: 'answered', groupId, sentAt: 2000 })).toEqual(['release', 'record answered-elsewhere'])
    expect(over(fire('ring'))).toEqual(['release', 'record no-answer missed'])
  })

  it('does not ring behind its own Cancel; a later one does', () => {
    const device = new Device().feed({ kind: 'cancel', groupId, sentAt: 2000 }, invite())
    expect(device.done).toEqual(['record cancelled missed'])
    expect(device.feed(invite({ sentAt: 3000 })).call.kind).toBe('ringing')
  })

  it('finds the line busy, in this call or in a 1:1 call; strangers are not told', () => {
    const other = '71'
    expect(withAnn().feed(invite({ groupId: other })).done).toEqual(['reply busy', 'record busy missed'])
    expect(new Device().feed(invite({ admission: 'busy' })).done).toEqual(['reply busy', 'record busy missed'])
    expect(new Device().feed(invite({ admission: 'busy', known: false })).done).toEqual(['record busy missed'])
    expect(withAnn().feed(invite({ sentAt: 5000 })).done).toEqual([])
  })

  it('is noted where it may not ring', () => {
    expect(new Device().feed(invite({ admission: 'key-changed' })).done).toEqual(['record key-changed missed'])
    expect(new Device().feed(invite({ admission: 'miss' })).done).toEqual(['record no-answer missed'])
  })
})

describe('coming in', () => {
  it('says Join when the chain is read, and repeats it', () => {
    const device = new Device().feed(invite(), yes)
    expect(device.done).toEqual(['send-answered', 'open-room'])
    expect(device.feed(room).done).toEqual(['make-join'])
    expect(device.feed({ kind: 'join-made', groupId, join: 'me-1' }).done).toEqual(['send-join'])
    expect(device.feed(fire('repeat-join')).done).toEqual(['send-join'])
  })

  it('gives up', () => {
    expect(asking().feed(fire('join')).ended).toBe('not-admitted')
    const empty: GroupEvent = { kind: 'room-entered', groupId, length: 0, chain: 'none' }
    expect(new Device().feed(invite(), yes, empty, fire('join')).ended).toBe('everyone-left')
    expect(new Device().feed(invite(), yes, fire('join')).ended).toBe('connection-lost')
    expect(new Device().feed(invite(), yes, { ...room, chain: 'wrong' }).ended).toBe('insecure')
    expect(new Device().feed(invite(), yes, { ...room, chain: 'closed' }).ended).toBe('everyone-left')
    expect(asking().feed({ kind: 'room-refused', groupId }).ended).toBe('removed')
    expect(asking().feed({ kind: 'user-end', groupId }).ended).toBe('cancelled')
  })

  it('makes another Join when something became of this device since', () => {
    expect(asking().feed(grown(3, 3, [ann], [removed('me', 'lost')])).done).toEqual(['make-join'])
  })

  it('is not in while the chain has an earlier stay of it', () => {
    expect(asking().feed(grown(3, 3, [ann, { ...me, join: 'me-0' }])).call.kind).toBe('joining')
  })

  it('sends at once with its first key, and gives it to whom the directory confirms (R35)', () => {
    const device = asking().feed(memberKey('ann', 1), grown(3, 3, [ann, me]))
    expect(device.done).toEqual(['check-member', 'enter-epoch 3', 'make-member-key 3', 'send-head', 'send-with 3'])
    expect(device.feed(trusted('ann')).done).toEqual(['announce checked', 'give 3 to ann for 1'])
    expect(device.feed(given(3, 'ann')).done).toEqual(['send-state'])
    expect(device.feed(opened(3, 'ann')).done).toEqual(['erase-receive-key 0'])
  })
})

describe('at a door', () => {
  const knocking = (): Device => new Device().feed({ kind: 'user-knock', groupId: 'link', media: VOICE })

  it('knocks, and goes in without ringing when it is let in', () => {
    expect(knocking().done).toEqual(['send-knock'])
    expect(knocking().feed(invite({ answersKnock: 'link' })).done).toEqual(['open-room'])
  })

  it('is refused, gives up, or is not heard', () => {
    const reply: GroupEvent = { kind: 'reply', groupId: 'link', account: 'a', answer: 'declined' }
    expect(knocking().feed(reply).ended).toBe('declined')
    expect(knocking().feed({ kind: 'user-end', groupId: 'link' }).ended).toBe('cancelled')
    expect(knocking().feed({ ...fire('knock'), groupId: 'link' }).ended).toBe('no-answer')
  })
})

describe('founding', () => {
  it('submits Create with the first Invites, then rings them', () => {
    const device = new Device().feed({ kind: 'user-found', groupId, media: VOICE, upgrade: undefined })
    expect(device.done).toEqual(['prepare'])
    expect(device.feed({ kind: 'prepared', groupId, accounts: ['b', 'c'], join: 'me-1' }).done).toEqual(['open-room'])
    expect(device.feed({ kind: 'room-entered', groupId, length: 0, chain: 'none' }).done).toEqual([
      'submit create, invite b, invite c',
    ])
    const inside = device.feed(grown(3, 1, [{ ...me, host: true, firstEpoch: 1 }]))
    expect(inside.done).toContain('send-invites b,c')
    expect(inside.timers).toContain('alone 60000')
  })

  it('ends where all say no, and takes back what still rings', () => {
    const no = (account: string, answer: 'declined' | 'busy'): GroupEvent => ({
      kind: 'reply',
      groupId,
      account,
      answer,
    })
    expect(hosting(['b', 'c']).feed(no('b', 'busy'), no('c', 'declined'), fire('leave')).ended).toBe('declined')
    expect(hosting(['b', 'c']).feed(no('b', 'declined'), fire('alone')).done).toEqual([
      'submit remove me left',
      'send-cancel c',
      'stop-sending',
      'erase-sender-key 1',
      'drop-epoch 1',
      'erase-receive-key 1',
    ])
  })

  it('fails where it cannot be set up', () => {
    const start: GroupEvent = { kind: 'user-found', groupId, media: VOICE, upgrade: undefined }
    expect(new Device().feed(start, fire('set-up')).ended).toBe('offline')
    expect(new Device().feed(start, { kind: 'set-up-failed', groupId, reason: 'no-devices' }).ended).toBe('no-devices')
  })
})

describe('from a 1:1 call (R36)', () => {
  const founding = (): Device =>
    new Device().feed(
      { kind: 'user-found', groupId, media: VOICE, upgrade },
      { kind: 'prepared', groupId, accounts: ['c'], join: 'me-1' },
      { kind: 'room-entered', groupId, length: 0, chain: 'none' },
    )
  const host = { ...me, host: true, firstEpoch: 1 }
  const created = grown(3, 1, [host])
  const peer = { ...bob, firstEpoch: 4 }

  it('the peer is told by Upgrade, the others by mail', () => {
    expect(founding().done).toEqual(['submit create, invite b, invite c'])
    const device = founding().feed(created)
    expect(device.done).toContain('send-invites c')
    expect(device.done).toContain('send-upgrade')
  })

  it('the 1:1 call ends two seconds after both have keys', () => {
    const device = founding().feed(created, entered('bob'), grown(4, 4, [host, peer], [added(peer)]))
    const both = device.feed(trusted('bob'), opened(4, 'bob'), given(4, 'bob'))
    expect(both.timers).toContain('upgrade-done 2000')
    expect(both.feed(fire('upgrade-done')).done).toEqual(['finish-one-to-one'])
  })

  it('where the peer does not come, the group call is left', () => {
    expect(founding().feed(created, fire('upgrade'), fire('leave')).ended).toBe('failed')
  })

  it('the peer enters without a word; where the 1:1 call ends, this goes on', () => {
    const device = new Device().feed({ kind: 'upgraded', groupId, media: VOICE, from: upgrade })
    expect(device.done).toEqual(['open-room'])
    const released = founding().feed(created, { kind: 'one-to-one-ended', groupId }, fire('upgrade'))
    expect(released.call.kind).toBe('inside')
  })
})
