/** Two are left, and a 1:1 call takes the group's place (R40), scene by scene on one device. */
import { describe, expect, it } from 'vitest'
import type { GroupEvent } from '../../../src-shared/group/machine/events.ts'
import type { Member } from '../../../src-shared/group/machine/roster.ts'
import type { Device } from './scenes/device.ts'
import {
  added,
  ann,
  asking,
  bob,
  entered,
  fire,
  given,
  grown,
  groupId,
  me,
  member,
  opened,
  removed,
  trusted,
  VOICE,
  withAnn,
  withBoth,
} from './scenes/device.ts'

const calledBack: GroupEvent = { kind: 'called-back', groupId }
const connected: GroupEvent = { kind: 'one-to-one-connected', groupId }
const ended: GroupEvent = { kind: 'one-to-one-ended', groupId }
const inChat: GroupEvent = { kind: 'group-only', groupId, on: true }
const sharing = { ...VOICE, screen: true }

/** Bob has gone; `members` are left, in the roster's order. */
const bobGone = (reason: 'left' | 'lost', members: readonly Member[], ...before: readonly GroupEvent[]): Device =>
  withBoth().feed(
    ...before,
    grown(5, 5, members, [removed('bob', reason)]),
    { kind: 'left', groupId, device: 'bob' },
    given(5, 'ann'),
    opened(5, 'ann'),
  )
/** This device has been in for longer than Ann. */
const first = (...before: readonly GroupEvent[]): Device => bobGone('left', [me, ann], ...before)
/** Ann has. */
const second = (...before: readonly GroupEvent[]): Device => bobGone('left', [ann, me], ...before)
const returning = ({ call }: Device) => (call.kind === 'inside' ? call.returning : undefined)

describe('who calls', () => {
  it('is the first of the two, five seconds after both have the new keys', () => {
    const device = first()
    expect(device.timers).toContain('return 5000')
    device.feed(fire('return'))
    expect(device.done).toEqual(['call-back'])
    expect(device.timers).toEqual(['return-limit 30000'])
    expect(returning(device)).toEqual({ caller: true, stage: 'calling' })
  })

  it('waits a minute for who was lost', () => {
    expect(bobGone('lost', [me, ann]).timers).toContain('return 60000')
  })

  it('is never the second, who answers instead', () => {
    expect(second().timers).not.toContain('return 5000')
    expect(second().feed(fire('return')).done).toEqual([])
    expect(returning(second().feed(calledBack))).toEqual({ caller: false, stage: 'calling' })
    expect(returning(first().feed(calledBack))).toBeUndefined()
  })
})

describe('it is no time for it', () => {
  const other = { ...ann, account: 'm' }
  it.each([
    ['while a third is in', withBoth()],
    ['where nobody has gone', withAnn()],
    ['before the keys are there', withBoth().feed(grown(5, 5, [ann, me], [removed('bob', 'left')]))],
    ['with another device of the own account', bobGone('left', [other, me])],
    ['when something only a group has is there', second(inChat)],
    ['while this device shares its screen', second({ kind: 'user-media', groupId, media: sharing })],
    ['while Ann shares hers', second({ kind: 'media-state', groupId, device: 'ann', media: sharing })],
    ['out of the room', second().feed({ kind: 'room-lost', groupId })],
    ['without Ann in the room', second().feed({ kind: 'left', groupId, device: 'ann' })],
    [
      'with somebody whom the directory does not confirm',
      second().feed({ ...trusted('ann'), result: 'refused' } as GroupEvent),
    ],
    [
      'while somebody who is invited is on the way',
      second().feed({ kind: 'join-arrived', groupId, device: 'carl', account: 'c', join: 'carl-1', byLink: false }),
    ],
    ['before this device is in', asking()],
  ])('%s', (_, device) => {
    expect(returning(device.feed(calledBack))).toBeUndefined()
    expect(device.done).toEqual([])
  })
})

describe('the 1:1 call', () => {
  it('takes the place two seconds after it stands; who was called waits for the other to go', () => {
    const caller = first().feed(fire('return'), connected)
    expect(caller.timers).toEqual(['return-done 2000'])
    caller.feed(fire('return-done'))
    expect(caller.done.slice(0, 4)).toEqual([
      'finish-return',
      'submit remove me left',
      'stop-sending',
      'erase-sender-key 5',
    ])
    expect(caller.call.kind).toBe('leaving')
    const called = second().feed(calledBack, connected)
    expect(called.timers).toEqual(['return-done 4000'])
    // No epoch is begun for nobody.
    called.feed(grown(6, 6, [me], [removed('ann', 'left')]))
    expect(called.done.slice(0, 2)).toEqual(['finish-return', 'submit remove me left'])
  })

  it('is given up when somebody comes, and not tried again before somebody goes', () => {
    const carl = member('carl', 6)
    for (const stage of [[], [connected]]) {
      const device = first().feed(
        fire('return'),
        ...stage,
        entered('carl'),
        grown(6, 6, [me, ann, carl], [added(carl)]),
      )
      expect(device.done).toContain('end-return')
      expect(returning(device)).toBeUndefined()
    }
  })

  it.each([
    ['ends by itself', ended],
    ['takes too long', fire('return-limit')],
    ['would lose what is written in the chat', inChat],
    ['would lose a screen', { kind: 'user-media', groupId, media: sharing }],
    ['would shut out who is being invited', { kind: 'people-resolved', groupId, accounts: ['c'] }],
  ] as const)('is over when it %s, and the group call goes on', (_, event) => {
    const hosting = { ...me, host: true }
    const device = bobGone('left', [hosting, ann]).feed(fire('return'), event)
    expect(device.done).toContain('end-return')
    expect(device.call.kind).toBe('inside')
    // Once in an epoch.
    expect(device.timers.filter((timer) => timer.startsWith('return'))).toEqual([])
    expect(device.feed(fire('return'), calledBack).done).toEqual([])
  })

  it('is answered once in an epoch, whoever repeats the Invite', () => {
    const device = second().feed(calledBack, ended)
    expect(returning(device.feed(calledBack))).toBeUndefined()
  })

  it('goes with the group when the person hangs up', () => {
    const device = first().feed(fire('return'), connected, { kind: 'user-end', groupId })
    expect(device.done).toContain('end-return')
    expect(device.done).not.toContain('finish-return')
  })

  it('takes no place before it stands, even when the other one is gone', () => {
    const device = second().feed(calledBack, grown(6, 6, [me], [removed('ann', 'left')]))
    expect(device.done).toContain('end-return')
    expect(device.call.kind).toBe('inside')
    expect(second().feed(calledBack, fire('return-done')).done).toEqual([])
  })

  it('comes anew when a third came and went again', () => {
    const device = first().feed(fire('return'), ended)
    device.feed(entered('bob'), grown(6, 6, [me, ann, bob], [added(bob)]), trusted('bob'))
    device.feed(grown(7, 7, [me, ann], [removed('bob', 'left')]), given(7, 'ann'), opened(7, 'ann'))
    expect(device.timers).toContain('return 5000')
  })
})
