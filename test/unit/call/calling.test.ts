/** The call machine of who calls, before the call stands, scene by scene. What holds in every interleaving is in the explorer’s tests. */
import { describe, expect, it } from 'vitest'
import { sendingPath } from '../../../src-shared/call/machine/state.ts'
import { BOTH, MINE, Device, verified, arrived, refused, calling, caller, fire } from './scripted-device.ts'

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
