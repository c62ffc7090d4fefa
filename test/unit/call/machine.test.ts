/** The call machine, scene by scene. What holds in every interleaving is in the explorer's tests. */
import { describe, expect, it } from 'vitest'
import type { CallEffect } from '../../../src-shared/call/machine/effects.ts'
import type { CallEvent, Invitation } from '../../../src-shared/call/machine/events.ts'
import {
  type Call,
  type DeviceState,
  initialState,
  sendingPath,
  takesPackets,
} from '../../../src-shared/call/machine/state.ts'
import { step } from '../../../src-shared/call/machine/step.ts'
import { DIRECT_ATTEMPTS, FINISHED_KEPT } from '../../../src-shared/call/machine/timers.ts'
import { LAST_GENERATION } from '../../../src-shared/crypto/key-schedule.ts'

const BOTH = { audio: true, video: true, screen: false }
const VOICE = { audio: true, video: false, screen: false }
const MINE = '50'

const invitation: Invitation = {
  callId: '60',
  from: 'bob-laptop',
  account: 'bob',
  media: BOTH,
  sentAt: 1000,
  remaining: 60_000,
  admission: 'ring',
  known: true,
}

class Device {
  state: DeviceState
  effects: readonly CallEffect[] = []

  constructor(hideAddress = true) {
    this.state = initialState(hideAddress)
  }

  /** Feeds events; `effects` are those of the last. */
  feed(...events: readonly CallEvent[]): this {
    for (const event of events) {
      const { state, effects } = step(this.state, event)
      this.state = state
      this.effects = effects
    }
    return this
  }

  get call(): Call {
    return this.state.call
  }

  get done(): string[] {
    return this.effects.map((effect) => {
      switch (effect.kind) {
        case 'send-control':
          return `control ${effect.message.type}`
        case 'send-cancel':
          return `cancel ${effect.to} ${effect.reason}`
        case 'send-reply':
          return `reply ${effect.answer}`
        case 'start-timer':
          return `start ${effect.timer}`
        case 'cancel-timer':
          return `stop ${effect.timer}`
        case 'record':
          return `record ${effect.reason}${effect.missed ? ' missed' : ''}`
        default:
          return effect.kind
      }
    })
  }
}

const invite = (change: Partial<Invitation> = {}): CallEvent => ({
  kind: 'invite',
  invitation: { ...invitation, ...change },
})

const calling = (): CallEvent[] => [
  { kind: 'user-call', callId: MINE, media: BOTH },
  { kind: 'resolved', callId: MINE, account: 'bob' },
  { kind: 'prepared', callId: MINE },
  { kind: 'relay-opened', callId: MINE },
]
const verified: CallEvent = { kind: 'accept-verified', callId: MINE, device: 'bob-laptop', media: VOICE }
const arrived: CallEvent = { kind: 'accept-arrived', callId: MINE, accept: 1 }
const refused: CallEvent = { kind: 'accept-refused', callId: MINE }

const { callId } = invitation
const answering = (): CallEvent[] => [
  invite(),
  { kind: 'relay-opened', callId },
  { kind: 'user-accept', callId, media: VOICE },
  { kind: 'accept-made', callId },
]
const confirm: CallEvent = { kind: 'control', callId, message: { type: 'confirm', matches: true } }

const caller = (hideAddress = true): Device => new Device(hideAddress).feed(...calling(), verified)
const callee = (hideAddress = true): Device => new Device(hideAddress).feed(...answering(), confirm)
const fromCallee = (message: (CallEvent & { kind: 'control' })['message']): CallEvent => ({
  kind: 'control',
  callId: MINE,
  message,
})
const fire = (timer: (CallEvent & { kind: 'timer' })['timer'], id = MINE): CallEvent => ({
  kind: 'timer',
  callId: id,
  timer,
})

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

describe('connected', () => {
  it('speaks of reconnecting after silence, comes back with any record, gives up in the end', () => {
    const device = caller().feed(fire('silence'))
    expect(device.call).toMatchObject({ live: false })
    expect(device.done).toEqual(['stop silence', 'start reconnect'])
    device.feed(fromCallee({ type: 'keep-alive' }))
    expect(device.call).toMatchObject({ live: true })
    expect(device.done).toEqual(['stop reconnect', 'start silence'])
    device.feed(fire('silence'), fire('reconnect'))
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'connection-lost' })
    expect(device.done).toContain('cancel peer withdrawn')
  })

  it('goes on when the relay restarts: sends again what was not acknowledged', () => {
    const device = caller().feed({ kind: 'relay-lost', callId: MINE })
    expect(device.call).toMatchObject({ live: false, relayOpen: false })
    device.feed({ kind: 'relay-opened', callId: MINE })
    expect(device.done).toEqual(['set-receiver', 'resend-control', 'control keep-alive'])
    expect(device.feed(fromCallee({ type: 'keep-alive' })).call).toMatchObject({ live: true })
  })

  it('waits when the peer left the room', () => {
    expect(caller().feed({ kind: 'peer-left', callId: MINE }).call).toMatchObject({ live: false })
  })

  it.each([
    ['hung-up', 'hung-up'],
    ['failed', 'connection-lost'],
    ['attack', 'insecure'],
  ] as const)('ends with the peer: %s', (end, reason) => {
    const device = caller().feed(fromCallee({ type: 'end', end }))
    expect(device.call).toMatchObject({ kind: 'ended', reason })
    expect(device.done).toEqual(['cancel-all-timers', 'release', `record ${reason}`])
  })

  it('hangs up by record; by mail as well when the peer is out of reach', () => {
    expect(caller().feed({ kind: 'user-end', callId: MINE }).done).not.toContain('cancel peer withdrawn')
    const away = caller().feed({ kind: 'relay-lost', callId: MINE }, { kind: 'user-end', callId: MINE })
    expect(away.done).toContain('control end')
    expect(away.done).toContain('cancel peer withdrawn')
    const told = callee().feed({ kind: 'cancel', callId, from: 'bob-laptop', reason: 'withdrawn' })
    expect(told.call).toMatchObject({ kind: 'ended', reason: 'hung-up' })
    expect(callee().feed({ kind: 'cancel', callId, from: 'x', reason: 'withdrawn' }).call.kind).toBe('connected')
  })

  it('hears by mail of a callee that gave up before it saw Confirm', () => {
    const declined = { kind: 'reply', callId: MINE, from: 'bob-laptop', answer: 'declined' } as const
    expect(caller().feed(declined).call).toMatchObject({ kind: 'ended', reason: 'hung-up' })
    expect(caller().feed({ ...declined, from: 'bob-phone' }).call.kind).toBe('connected')
  })

  it('ends as insecure on a damaged record of the relay stream (R16)', () => {
    const device = caller().feed({ kind: 'record-damaged', callId: MINE })
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'insecure' })
    expect(device.effects).toContainEqual({
      kind: 'send-control',
      callId: MINE,
      message: { type: 'end', end: 'attack' },
    })
  })

  it('tells the other side what it sends, and shows what the other says', () => {
    const device = caller().feed({ kind: 'user-media', callId: MINE, media: VOICE })
    expect(device.effects).toEqual([{ kind: 'send-control', callId: MINE, message: { type: 'media', media: VOICE } }])
    expect(device.feed(fromCallee({ type: 'media', media: BOTH })).call).toMatchObject({ remote: BOTH, local: VOICE })
    expect(device.done).toContain('show-remote-media')
  })
})

describe('rekey (section 5)', () => {
  it('is the caller’s, every hour and after a suspend', () => {
    const device = caller().feed(fire('rekey'))
    expect(device.done).toEqual(['stop rekey', 'offer-rekey'])
    expect(device.feed({ kind: 'resumed' }).effects).toEqual([])
    expect(device.feed(fromCallee({ type: 'rekey-answer', answer: 3 })).done).toContain('finish-rekey')
    expect(device.feed({ kind: 'rekeyed', callId: MINE, generation: 1 }).done).toEqual([
      'give-keys',
      'start old-keys',
      'start rekey',
    ])
    expect(device.feed(fire('old-keys')).done).toEqual(['drop-old-keys'])
    expect(caller().feed({ kind: 'resumed' }).done).toContain('offer-rekey')
  })

  it('is answered by the callee, who never offers', () => {
    const device = callee().feed({ kind: 'resumed' })
    expect(device.effects).toEqual([])
    device.feed({ kind: 'control', callId, message: { type: 'rekey-offer', offer: 4 } })
    expect(device.done).toContain('answer-rekey')
    expect(device.feed({ kind: 'rekeyed', callId, generation: 1 }).done).toEqual(['give-keys', 'start old-keys'])
  })

  it('comes at once when a side’s media began anew: the caller offers, the callee asks for it', () => {
    expect(caller().feed({ kind: 'media-restarted', callId: MINE }).done).toContain('offer-rekey')
    expect(callee().feed({ kind: 'media-restarted', callId }).done).toEqual(['control rekey-request'])
    const asked = caller().feed(fromCallee({ type: 'rekey-request' }))
    expect(asked.done).toContain('offer-rekey')
    expect(asked.feed(fromCallee({ type: 'rekey-request' })).done).toEqual(['start silence'])
  })

  it('ends the call after the last generation (R39), and on a refused exchange', () => {
    const device = caller().feed({ kind: 'rekeyed', callId: MINE, generation: LAST_GENERATION }, fire('rekey'))
    expect(device.call).toMatchObject({ kind: 'ended', reason: 'failed' })
    expect(caller().feed({ kind: 'rekey-refused', callId: MINE }).call).toMatchObject({ reason: 'insecure' })
  })

  it('ignores an answer that was not asked for', () => {
    expect(caller().feed(fromCallee({ type: 'rekey-answer', answer: 3 })).done).toEqual(['start silence'])
  })
})

describe('the direct path (R26)', () => {
  const offered: CallEvent = {
    kind: 'control',
    callId,
    message: { type: 'path-offer', pathId: 1, endpoint: 7 },
  }
  const path = { callId: MINE, pathId: 1 }
  const standing = (): Device =>
    caller(false).feed(
      { kind: 'direct-local', ...path, endpoint: 1 },
      fromCallee({ type: 'path-offer', pathId: 1, endpoint: 2 }),
      { kind: 'direct-opened', ...path },
    )

  it('is offered by the caller after Confirm', () => {
    const device = caller(false)
    expect(device.done.indexOf('control confirm')).toBeLessThan(device.done.indexOf('open-direct'))
    expect(device.feed({ kind: 'direct-local', ...path, endpoint: 1 }).done).toEqual(['control path-offer'])
  })

  it('is answered by the callee after Confirm', () => {
    const device = callee(false)
    expect(device.done).not.toContain('open-direct')
    expect(device.feed(offered).done).toEqual([
      'start silence',
      'start direct-attempt',
      'open-direct',
      'connect-direct',
    ])
    // More candidates of the same path.
    expect(device.feed(offered).done).toEqual(['start silence', 'connect-direct'])
  })

  it('is neither offered nor answered with a hidden address', () => {
    expect(caller(true).done).not.toContain('open-direct')
    expect(callee(true).feed(offered).done).toEqual(['start silence'])
  })

  it('carries media when the peer’s proof verified and the peer has taken this side’s', () => {
    const device = standing()
    expect(device.done).toEqual(['send-path-proof'])
    expect(takesPackets(device.call, 'direct')).toBe(false)
    device.feed({ kind: 'path-proof', ...path, valid: true })
    expect(device.done).toEqual(['control keep-alive'])
    expect(takesPackets(device.call, 'direct')).toBe(true)
    expect(sendingPath(device.call)).toBe('relay')
    device.feed({ kind: 'direct-heard', ...path })
    expect(device.done).toEqual(['stop direct-attempt', 'start direct-silence', 'show-path'])
    expect(sendingPath(device.call)).toBe('direct')
  })

  it('does not carry media on a record alone', () => {
    const device = standing().feed({ kind: 'direct-heard', ...path })
    expect(sendingPath(device.call)).toBe('relay')
    expect(takesPackets(device.call, 'direct')).toBe(false)
    expect(sendingPath(device.feed({ kind: 'path-proof', ...path, valid: true }).call)).toBe('direct')
  })

  it('is closed for good when a proof is false', () => {
    const device = standing().feed({ kind: 'path-proof', ...path, valid: false })
    expect(device.done).toContain('close-direct')
    expect(device.done).not.toContain('start direct-retry')
    expect(device.call).toMatchObject({ kind: 'connected' })
    expect(sendingPath(device.call)).toBe('relay')
  })

  const inUse = (): Device =>
    standing().feed({ kind: 'path-proof', ...path, valid: true }, { kind: 'direct-heard', ...path })

  it.each([
    ['lost', { kind: 'direct-lost', ...path }],
    ['silent', fire('direct-silence')],
  ] as const)('goes back to the relay when it is %s, and is tried again later', (_, event) => {
    const device = inUse().feed(event)
    expect(sendingPath(device.call)).toBe('relay')
    expect(device.call).toMatchObject({ live: true })
    expect(device.done).toEqual([
      'stop direct-attempt',
      'stop direct-silence',
      'close-direct',
      'show-path',
      'control path-remove',
      'start direct-retry',
    ])
    expect(device.feed(fire('direct-retry')).effects).toContainEqual({
      kind: 'open-direct',
      callId: MINE,
      pathId: 2,
      role: 'offerer',
    })
  })

  it('is offered again when the relay is back, if the peer never answered, and no more after five failures', () => {
    const device = caller(false)
    let offers = 0
    for (let outage = 0; outage < 8; outage++) {
      device.feed(fire('direct-attempt'), { kind: 'relay-lost', callId: MINE })
      expect(device.done).not.toContain('start direct-retry')
      device.feed({ kind: 'relay-opened', callId: MINE })
      if (device.done.includes('open-direct')) offers += 1
    }
    expect(offers).toBe(4)
  })

  it('carries the call while the relay is away', () => {
    const device = inUse().feed({ kind: 'relay-lost', callId: MINE })
    expect(device.call).toMatchObject({ live: true })
    expect(device.feed({ kind: 'peer-left', callId: MINE }).call).toMatchObject({ live: true })
    expect(device.feed({ kind: 'direct-lost', ...path }).call).toMatchObject({ live: false })
  })

  it('goes when the user hides the address, and the peer is told', () => {
    const device = inUse().feed({ kind: 'hide-address', hide: true })
    expect(device.done).toContain('close-direct')
    expect(device.done).toContain('control path-remove')
    expect(sendingPath(device.call)).toBe('relay')
    expect(device.feed({ kind: 'hide-address', hide: false }).done).toContain('open-direct')
  })

  it('goes without an echo when the peer removes it', () => {
    const device = inUse().feed(fromCallee({ type: 'path-remove', pathId: 1 }))
    expect(device.done).toContain('close-direct')
    expect(device.done).not.toContain('control path-remove')
    expect(device.feed(fromCallee({ type: 'path-remove', pathId: 1 })).done).toEqual(['start silence'])
  })

  it('is not tried again when the peer never answered, nor for ever', () => {
    const alone = caller(false).feed({ kind: 'direct-local', ...path, endpoint: 1 }, fire('direct-attempt'))
    expect(alone.done).not.toContain('start direct-retry')
    const device = caller(false)
    for (let pathId = 1; pathId < DIRECT_ATTEMPTS; pathId++) {
      device.feed(fromCallee({ type: 'path-offer', pathId, endpoint: 2 }), fire('direct-attempt'))
      expect(device.done).toContain('start direct-retry')
      device.feed(fire('direct-retry'))
    }
    device.feed(fromCallee({ type: 'path-offer', pathId: DIRECT_ATTEMPTS, endpoint: 2 }), fire('direct-attempt'))
    expect(device.done).not.toContain('start direct-retry')
  })

  it('takes a newer path of the caller instead of the old one, and never an older', () => {
    const device = callee(false).feed(offered)
    const newer = { kind: 'control', callId, message: { type: 'path-offer', pathId: 2, endpoint: 8 } } as const
    expect(device.feed(newer).done).toContain('close-direct')
    expect(device.call).toMatchObject({ direct: { kind: 'open', pathId: 2 } })
    expect(device.feed(offered).done).toEqual(['start silence'])
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
