/** The call machine of who is called, before the call stands, scene by scene. */
import { describe, expect, it } from 'vitest'
import { sendingPath, takesPackets } from '../../../src-shared/call/machine/state.ts'
import { FINISHED_KEPT } from '../../../src-shared/call/machine/timers.ts'
import { VOICE, Device, invite, callId, answering, confirm, caller, fromCallee, fire } from './scripted-device.ts'

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
