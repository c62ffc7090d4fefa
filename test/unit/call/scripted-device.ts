/** One device's call machine, fed with what happens to it, and the scenes that most tests of it begin with. */
import type { CallEffect } from '../../../src-shared/call/machine/effects.ts'
import type { CallEvent, Invitation } from '../../../src-shared/call/machine/events.ts'
import { type Call, type DeviceState, initialState } from '../../../src-shared/call/machine/state.ts'
import { step } from '../../../src-shared/call/machine/step.ts'

export const BOTH = { audio: true, video: true, screen: false }
export const VOICE = { audio: true, video: false, screen: false }
export const MINE = '50'

export const invitation: Invitation = {
  callId: '60',
  from: 'bob-laptop',
  account: 'bob',
  media: BOTH,
  sentAt: 1000,
  remaining: 60_000,
  admission: 'ring',
  known: true,
}

export class Device {
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

export const invite = (change: Partial<Invitation> = {}): CallEvent => ({
  kind: 'invite',
  invitation: { ...invitation, ...change },
})

export const calling = (): CallEvent[] => [
  { kind: 'user-call', callId: MINE, media: BOTH },
  { kind: 'resolved', callId: MINE, account: 'bob' },
  { kind: 'prepared', callId: MINE },
  { kind: 'relay-opened', callId: MINE },
]
export const verified = { kind: 'accept-verified', callId: MINE, device: 'bob-laptop', media: VOICE } as const
export const arrived: CallEvent = { kind: 'accept-arrived', callId: MINE, accept: 1 }
export const refused: CallEvent = { kind: 'accept-refused', callId: MINE }

export const { callId } = invitation
export const answering = (): CallEvent[] => [
  invite(),
  { kind: 'relay-opened', callId },
  { kind: 'user-accept', callId, media: VOICE },
  { kind: 'accept-made', callId },
]
export const confirm: CallEvent = { kind: 'control', callId, message: { type: 'confirm', matches: true } }

export const caller = (hideAddress = true): Device => new Device(hideAddress).feed(...calling(), verified)
export const callee = (hideAddress = true): Device => new Device(hideAddress).feed(...answering(), confirm)
export const fromCallee = (message: (CallEvent & { kind: 'control' })['message']): CallEvent => ({
  kind: 'control',
  callId: MINE,
  message,
})
export const fire = (timer: (CallEvent & { kind: 'timer' })['timer'], id = MINE): CallEvent => ({
  kind: 'timer',
  callId: id,
  timer,
})
