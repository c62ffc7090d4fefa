/** The call machine before a call stands, scene by scene. What holds in every interleaving is in the explorer's tests. */
import { describe, expect, it } from 'vitest'
import type { CallEvent, Invitation } from '../../../src-shared/call/machine/events.ts'
import { sendingPath, takesPackets } from '../../../src-shared/call/machine/state.ts'
import { FINISHED_KEPT } from '../../../src-shared/call/machine/timers.ts'
import {
  BOTH,
  VOICE,
  MINE,
  invitation,
  Device,
  invite,
  calling,
  verified,
  arrived,
  refused,
  callId,
  answering,
  confirm,
  caller,
  callee,
  fromCallee,
  fire,
} from './scripted-device.ts'

describe('calling', () => {
  it('looks up, prepares, invites', () => {
    const device = new Device().feed({ kind: 'user-call', callId: MINE, media: BOTH })
    expect(device.done).toEqual(['start set-up', 'resolve'])
    expect(device.feed({ kind: 'resolved', callId: MINE, account: 'bob' }).done).toEqual(['prepare'])
    expect(device.feed({ kind: 'prepared', callId: MINE }).done).toEqual([
      'stop set-up',
      'start no-answer',
      'open-relay',
      'send-invites',
    ])
  })

  it('ends with the reason of a lookup that failed', () => {
    const device = new Device().feed(
      { kind: 'user-call', callId: MINE, media: BOTH },
      { kind: 'set-up-failed', callId: MINE, reason: 'key-changed' },
    )
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'key-changed' })
    expect(device.done).toEqual(['cancel-all-timers', 'release', 'record key-changed'])
  })

  it('shows that it rings, and ends on no answer after having taken the invitations back', () => {
    const device = new Device().feed(...calling(), {
      kind: 'reply',
      callId: MINE,
      from: 'bob-laptop',
      answer: 'ringing',
    })
    expect(device.call).toMatchObject({ kind: 'outgoing', stage: 'ringing' })
    expect(device.feed(fire('no-answer')).done).toContain('cancel invited timeout')
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'no-answer' })
  })

  it.each(['declined', 'busy'] as const)('ends when a device answers %s, on the others too', (answer) => {
    const device = new Device().feed(...calling(), { kind: 'reply', callId: MINE, from: 'bob-laptop', answer })
    expect(device.call).toMatchObject({ kind: 'ended', reason: answer })
    expect(device.done).toContain('cancel invited withdrawn')
  })

  it('cancels', () => {
    const device = new Device().feed(...calling(), { kind: 'user-end', callId: MINE })
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'cancelled' })
    expect(device.done).toContain('cancel invited withdrawn')
  })

  it('sends Confirm first, then media, and silences the other devices (R20)', () => {
    const device = new Device().feed(...calling(), arrived)
    expect(device.done).toEqual(['verify-accept'])
    expect(sendingPath(device.call)).toBeUndefined()
    device.feed(verified)
    expect(device.done.indexOf('control confirm')).toBeLessThan(device.done.indexOf('give-keys'))
    expect(device.done).toContain('cancel others answered-elsewhere')
    expect(sendingPath(device.call)).toBe('relay')
  })

  it('takes one Accept; a second one changes nothing (R20)', () => {
    const device = caller()
    const before = device.state
    device.feed({ ...verified, device: 'bob-phone' })
    expect(device.state).toBe(before)
    expect(device.effects).toEqual([])
  })

  it('an Accept that does not verify changes nothing that is seen (R20)', () => {
    const device = new Device().feed(...calling(), arrived, refused)
    expect(device.call).toMatchObject({ kind: 'outgoing', stage: 'inviting' })
    expect(device.effects).toEqual([])
    expect(device.feed(arrived, verified).call.kind).toBe('connected')
  })

  it('tries eight Accepts, then ends as insecure (R20)', () => {
    const device = new Device().feed(...calling())
    for (let n = 0; n < 7; n++) device.feed(arrived, refused)
    expect(device.call.kind).toBe('outgoing')
    device.feed(arrived)
    expect(device.feed(arrived).effects).toEqual([])
    device.feed(refused)
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'insecure' })
    expect(device.done).toContain('cancel invited withdrawn')
  })

  it('says insecure, not "no answer", when all that came was refused', () => {
    const device = new Device().feed(...calling(), arrived, refused, fire('no-answer'))
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'insecure' })
  })

  it('hears of a called device that could not go on', () => {
    const device = new Device().feed(...calling(), {
      kind: 'cancel',
      callId: MINE,
      from: 'bob-laptop',
      reason: 'timeout',
    })
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'failed' })
  })

  it('sends Confirm again when the callee repeats its Accept', () => {
    expect(caller().feed(arrived).done).toEqual(['resend-control'])
  })

  it('ignores news of a call that is over', () => {
    const device = new Device().feed(...calling(), { kind: 'user-end', callId: MINE })
    const before = device.state
    device.feed(arrived, verified, { kind: 'relay-opened', callId: MINE }, fire('no-answer'))
    expect(device.state).toBe(before)
    expect(device.feed({ kind: 'user-dismiss', callId: MINE }).call.kind).toBe('idle')
  })
})

describe('being called', () => {
  it('rings, opens the relay, and tells people in the contacts only (R19)', () => {
    expect(new Device().feed(invite()).done).toEqual(['start ring', 'open-relay', 'reply ringing'])
    expect(new Device().feed(invite({ known: false })).done).toEqual(['start ring', 'open-relay'])
  })

  it('rings until the invitation expires, at most 45 s', () => {
    const delay = (remaining: number): number | undefined =>
      new Device()
        .feed(invite({ remaining }))
        .effects.flatMap((effect) =>
          effect.kind === 'start-timer' && effect.timer === 'ring' ? [effect.delay] : [],
        )[0]
    expect(delay(60_000)).toBe(45_000)
    expect(delay(7_000)).toBe(7_000)
  })

  it('notes an invitation that came too late, without a ring', () => {
    const device = new Device().feed(invite({ remaining: 0 }))
    expect(device.call.kind).toBe('idle')
    expect(device.done).toEqual(['record no-answer missed'])
  })

  it('notes, and does not ring for, a stranger who may not and a key that changed (R7)', () => {
    expect(new Device().feed(invite({ admission: 'miss' })).done).toEqual(['record no-answer missed'])
    expect(new Device().feed(invite({ admission: 'key-changed' })).done).toEqual(['record key-changed missed'])
  })

  it('is busy in a group call, and says so to people it knows only', () => {
    expect(new Device().feed(invite({ admission: 'busy' })).done).toEqual(['reply busy', 'record busy missed'])
    const stranger = new Device().feed(invite({ admission: 'busy', known: false }))
    expect(stranger.done).toEqual(['record busy missed'])
    expect(stranger.call.kind).toBe('idle')
  })

  it('stops ringing without a trace on the screen, and notes the missed call', () => {
    const device = new Device().feed(invite(), fire('ring', callId))
    expect(device.call.kind).toBe('idle')
    expect(device.done).toEqual(['cancel-all-timers', 'release', 'record no-answer missed'])
  })

  it.each([
    ['withdrawn', 'cancelled missed'],
    ['timeout', 'no-answer missed'],
    ['answered-elsewhere', 'answered-elsewhere'],
    ['glare', 'answered-elsewhere'],
  ] as const)('stops on Cancel (%s) of the calling device (R24)', (reason, record) => {
    const device = new Device().feed(invite(), { kind: 'cancel', callId, from: 'bob-laptop', reason })
    expect(device.call.kind).toBe('idle')
    expect(device.done).toContain(`record ${record}`)
  })

  it('does not stop on the Cancel of anyone else (R24)', () => {
    const device = new Device().feed(invite(), { kind: 'cancel', callId, from: 'mallory', reason: 'withdrawn' })
    expect(device.call.kind).toBe('incoming')
  })

  it('stops on Answered of the own account (R24)', () => {
    const device = new Device().feed(invite(), { kind: 'answered', callId })
    expect(device.done).toContain('record answered-elsewhere')
  })

  it('after its own yes leaves the choice to the caller (R20)', () => {
    const device = new Device().feed(...answering(), { kind: 'answered', callId })
    expect(device.call).toMatchObject({ kind: 'incoming', stage: 'sent' })
    device.feed({ kind: 'cancel', callId, from: 'bob-laptop', reason: 'answered-elsewhere' })
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'answered-elsewhere' })
  })

  it('does not ring when Cancel or Answered came first, and notes what happened', () => {
    const late = new Device().feed({ kind: 'cancel', callId, from: 'bob-laptop', reason: 'withdrawn' }, invite())
    expect(late.call.kind).toBe('idle')
    expect(late.done).toEqual(['record cancelled missed'])
    expect(late.feed(invite()).effects).toEqual([])
    expect(new Device().feed({ kind: 'answered', callId }, invite()).done).toEqual(['record answered-elsewhere'])
  })

  it('rings all the same when somebody else cancelled that call id', () => {
    const device = new Device().feed({ kind: 'cancel', callId, from: 'mallory', reason: 'withdrawn' }, invite())
    expect(device.call.kind).toBe('incoming')
  })

  it('remembers a bounded number of calls that are over', () => {
    const device = new Device()
    for (let n = 0; n < 3 * FINISHED_KEPT; n++) device.feed({ kind: 'answered', callId: String(n) })
    expect(device.state.finished).toHaveLength(FINISHED_KEPT)
  })

  it('declines: tells the caller and the own devices', () => {
    const device = new Device().feed(invite(), { kind: 'user-decline', callId })
    expect(device.call.kind).toBe('idle')
    expect(device.done).toEqual(['cancel-all-timers', 'reply declined', 'send-answered', 'release', 'record declined'])
  })

  it('answers when the relay is there, and lets media flow from then on, not sooner (3.6)', () => {
    const device = new Device().feed(
      invite(),
      { kind: 'user-accept', callId, media: VOICE },
      { kind: 'accept-made', callId },
    )
    expect(device.call).toMatchObject({ stage: 'made' })
    expect(sendingPath(device.call)).toBeUndefined()
    expect(takesPackets(device.call, 'relay')).toBe(false)
    device.feed({ kind: 'relay-opened', callId })
    expect(device.done).toEqual([
      'stop relay-wait',
      'start confirm',
      'start repeat-accept',
      'send-accept',
      'set-receiver',
      'give-keys',
      'send-answered',
    ])
    expect(sendingPath(device.call)).toBe('relay')
    expect(takesPackets(device.call, 'direct')).toBe(false)
  })

  it('repeats the Accept until Confirm, also when the relay comes back', () => {
    const device = new Device().feed(...answering())
    expect(device.feed(fire('repeat-accept', callId)).done).toEqual(['start repeat-accept', 'send-accept'])
    device.feed({ kind: 'relay-lost', callId })
    expect(device.feed({ kind: 'relay-opened', callId }).done).toEqual(['send-accept', 'set-receiver'])
    expect(device.feed(confirm).done).toContain('stop repeat-accept')
  })

  it('gives its name once, and not before Confirm (R27)', () => {
    const device = new Device()
    for (const event of answering()) expect(device.feed(event).done).not.toContain('send-profile')
    expect(device.feed(confirm).done.filter((effect) => effect === 'send-profile')).toHaveLength(1)
    expect(device.feed(confirm).done).not.toContain('send-profile')
    const before = caller()
    const { state } = before
    before.feed(fromCallee({ type: 'profile' }))
    expect(before.state).toEqual(state)
    expect(before.done).toEqual(['start silence'])
  })

  it('gives up without Confirm after 10 s (R23), and without a relay', () => {
    for (const device of [
      new Device().feed(...answering(), fire('confirm', callId)),
      new Device().feed(invite(), { kind: 'user-accept', callId, media: VOICE }, fire('relay-wait', callId)),
    ]) {
      expect(device.call).toMatchObject({ kind: 'ended', reason: 'failed' })
      expect(device.done).toContain('cancel peer timeout')
    }
  })

  it('ends as insecure when the nonce does not fit the commitment (R23)', () => {
    const device = new Device().feed(...answering(), {
      kind: 'control',
      callId,
      message: { type: 'confirm', matches: false },
    })
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'insecure' })
    expect(device.done).toContain('control end')
  })

  it('does not look at candidates before Confirm (R26, R27)', () => {
    const device = new Device(false).feed(...answering())
    const before = device.state
    device.feed({ kind: 'control', callId, message: { type: 'path-offer', pathId: 1, endpoint: 1 } })
    expect(device.state).toBe(before)
    expect(device.effects).toEqual([])
  })

  it('hangs up before Confirm, by record and by mail', () => {
    const device = new Device().feed(...answering(), { kind: 'user-end', callId })
    expect(device.done).toEqual(['cancel-all-timers', 'control end', 'reply declined', 'release', 'record hung-up'])
  })

  it('ends when the Accept cannot be made', () => {
    const device = new Device().feed(
      invite(),
      { kind: 'user-accept', callId, media: VOICE },
      { kind: 'accept-failed', callId, reason: 'insecure' },
    )
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'insecure' })
  })
})

describe('a second call', () => {
  const other = invite({ callId: '99', from: 'carol', account: 'carol' })

  it.each([
    ['calling', () => new Device().feed(...calling())],
    ['ringing', () => new Device().feed(invite())],
    ['connected', () => caller()],
  ])('gets "busy" while %s, and is noted', (_, device) => {
    expect(device().feed(other).done).toEqual(['reply busy', 'record busy missed'])
  })

  it('of a stranger gets no answer (R19)', () => {
    const stranger = invite({ callId: '99', from: 'carol', account: 'carol', known: false })
    expect(caller().feed(stranger).done).toEqual(['record busy missed'])
  })

  it('of the device that rings replaces the first: a device has one call', () => {
    const device = new Device().feed(invite(), invite({ callId: '61', sentAt: 2000 }))
    expect(device.call).toMatchObject({ kind: 'incoming', callId: '61', stage: 'ringing' })
    expect(device.done).toContain('record cancelled missed')
    expect(new Device().feed(invite(), invite({ callId: '61', sentAt: 500 })).call).toMatchObject({ callId: '60' })
  })

  it('of the peer shows that the first is dead: it restarted', () => {
    const again = invite({ callId: '61', sentAt: 2000 })
    expect(callee().feed(again).call).toMatchObject({ kind: 'incoming', callId: '61' })
    expect(caller().feed(again).call).toMatchObject({ kind: 'connected' })
    expect(caller().feed({ kind: 'peer-left', callId: MINE }, again).call).toMatchObject({ callId: '61' })
  })

  it('is not begun by the user while there is one', () => {
    const device = caller()
    expect(device.feed({ kind: 'user-call', callId: '77', media: BOTH }).effects).toEqual([])
  })
})

describe('glare (R25)', () => {
  it('keeps the own call when its id is smaller', () => {
    const device = new Device().feed(...calling(), invite({ callId: '60' }))
    expect(device.call).toMatchObject({ kind: 'outgoing', callId: MINE })
    expect(device.effects).toEqual([])
    const cancel: CallEvent = { kind: 'cancel', callId: '60', from: 'bob-laptop', reason: 'glare' }
    expect(device.feed(cancel).effects).toEqual([])
  })

  it('answers the other by itself when the own id is larger, with the media of the own call', () => {
    const device = new Device().feed(...calling(), invite({ callId: '40', media: VOICE }))
    expect(device.call).toMatchObject({ kind: 'incoming', callId: '40', stage: 'making', local: BOTH })
    expect(device.done).toEqual([
      'cancel-all-timers',
      'cancel invited glare',
      'release',
      'open-relay',
      'start relay-wait',
      'make-accept',
    ])
  })

  it('opens no camera that was not chosen', () => {
    const own = { kind: 'user-media', callId: MINE, media: VOICE } as const
    const device = new Device().feed(...calling(), own, invite({ callId: '40', media: BOTH }))
    expect(device.call).toMatchObject({ kind: 'incoming', local: VOICE })
  })

  it('ends both when the ids are equal', () => {
    const device = new Device().feed(...calling(), invite({ callId: MINE }))
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'failed' })
    expect(device.done).toContain('cancel invited glare')
  })

  it('is not glare when somebody else calls', () => {
    const device = new Device().feed(...calling(), invite({ callId: '40', account: 'carol', from: 'carol' }))
    expect(device.call).toMatchObject({ kind: 'outgoing', callId: MINE })
    expect(device.done).toContain('reply busy')
  })
})

describe('the other member of the group call that this device is in (R40)', () => {
  const back = (change: Partial<Invitation> = {}): CallEvent => ({
    kind: 'called-back',
    invitation: { ...invitation, ...change },
    media: VOICE,
  })

  it('is answered without a ring, with what the group call sends', () => {
    const device = new Device().feed(back())
    expect(device.call).toMatchObject({ kind: 'incoming', stage: 'making', local: VOICE, remote: BOTH })
    expect(device.done).toEqual(['open-relay', 'start relay-wait', 'make-accept'])
    device.feed({ kind: 'relay-opened', callId }, { kind: 'accept-made', callId }, confirm)
    expect(device.call).toMatchObject({ kind: 'connected', role: 'callee', device: 'bob-laptop' })
  })

  it('is not answered beside another call, once it was taken back, or late', () => {
    for (const busy of [new Device().feed(...calling()), new Device().feed(invite({ callId: '61' })), callee()]) {
      const { call } = busy
      expect(busy.feed(back({ callId: '62' })).call).toBe(call)
      expect(busy.done).toEqual([])
    }
    const cancelled = new Device().feed({ kind: 'cancel', callId, from: 'bob-laptop', reason: 'withdrawn' }, back())
    expect(cancelled.call.kind).toBe('idle')
    expect(new Device().feed(back({ remaining: 0 })).call.kind).toBe('idle')
  })
})
