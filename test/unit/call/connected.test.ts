/** The call machine while a call is on, scene by scene. */
import { describe, expect, it } from 'vitest'
import type { CallEvent } from '../../../src-shared/call/machine/events.ts'
import { sendingPath, takesPackets } from '../../../src-shared/call/machine/state.ts'
import { DIRECT_ATTEMPTS } from '../../../src-shared/call/machine/timers.ts'
import { LAST_GENERATION } from '../../../src-shared/crypto/key-schedule.ts'
import { BOTH, callee, caller, callId, type Device, fire, fromCallee, MINE, VOICE } from './scripted-device.ts'

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
      'stop direct-quiet',
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

  const quiet: CallEvent = { kind: 'direct-quiet', ...path }
  const back: CallEvent = { kind: 'direct-back', ...path }

  it('leaves the call to the relay while it is quiet, and has it again when it is back', () => {
    const device = inUse().feed(quiet)
    expect(device.done).toEqual(['stop direct-silence', 'start direct-quiet', 'show-path'])
    expect(sendingPath(device.call)).toBe('relay')
    expect(takesPackets(device.call, 'direct')).toBe(true)
    expect(device.call).toMatchObject({ live: true })
    expect(device.feed(quiet).done).toEqual([])
    expect(device.feed(back).done).toEqual(['stop direct-quiet', 'start direct-silence', 'show-path', 'start silence'])
    expect(sendingPath(device.call)).toBe('direct')
    expect(device.feed(back).done).toEqual([])
  })

  it('brings the call back by itself where the relay is away too', () => {
    const device = inUse().feed(quiet, { kind: 'relay-lost', callId: MINE })
    expect(device.call).toMatchObject({ live: false })
    // As long as the call waits.
    expect(device.feed(fire('direct-quiet')).done).toEqual(['start direct-quiet'])
    expect(device.feed(back).done).toEqual([
      'stop direct-quiet',
      'start direct-silence',
      'show-path',
      'stop reconnect',
      'start silence',
    ])
    expect(device.call).toMatchObject({ live: true, relayOpen: false })
    expect(sendingPath(device.call)).toBe('direct')
    expect(device.feed(quiet).call).toMatchObject({ live: false })
  })

  it('gives way to a new one when it stays quiet and the relay carries the call', () => {
    const device = inUse().feed(quiet, fire('direct-quiet'))
    expect(device.done).toContain('close-direct')
    expect(device.effects).toContainEqual({ kind: 'open-direct', callId: MINE, pathId: 2, role: 'offerer' })
    expect(device.feed(back).done).toEqual([])
  })

  it('is nothing to wait for if it falls quiet before both proofs were taken', () => {
    const device = standing().feed({ kind: 'path-proof', ...path, valid: true }, quiet)
    expect(device.done).toContain('close-direct')
    expect(device.call).toMatchObject({ live: true, direct: { kind: 'none' } })
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
