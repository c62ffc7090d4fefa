/** The call machine when a second call comes, scene by scene: beside the first, against it (glare), or in the place of a group call. */
import { describe, expect, it } from 'vitest'
import type { CallEvent, Invitation } from '../../../src-shared/call/machine/events.ts'
import {
  BOTH,
  VOICE,
  MINE,
  invitation,
  Device,
  invite,
  calling,
  callId,
  confirm,
  caller,
  callee,
} from './scripted-device.ts'

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
