/** One device, a few members, and events by their names: for the scenes of the group machine. */
import type { GroupEffect } from '../../../../src-shared/group/machine/effects.ts'
import type { GroupEvent, GroupInvitation } from '../../../../src-shared/group/machine/events.ts'
import type { Change, Member, Roster } from '../../../../src-shared/group/machine/roster.ts'
import { type GroupCall, initialState } from '../../../../src-shared/group/machine/state.ts'
import { step } from '../../../../src-shared/group/machine/step.ts'

export const groupId = '70'
export const VOICE = { audio: true, video: false, screen: false }
export const upgrade = { callId: '50', peer: 'bob', account: 'b' }

const invitation: GroupInvitation = {
  groupId,
  from: 'ann',
  sentAt: 1000,
  remaining: 60_000,
  admission: 'ring',
  known: true,
  answersKnock: undefined,
}

export class Device {
  #state = initialState('me', 'm')
  #effects: readonly GroupEffect[] = []

  /** Feeds events; `done` is what the last one led to. */
  feed(...events: readonly GroupEvent[]): this {
    for (const event of events) {
      const { state, effects } = step(this.#state, event)
      this.#state = state
      this.#effects = effects
    }
    return this
  }

  get call(): GroupCall {
    return this.#state.call
  }

  get ended(): string {
    return this.call.kind === 'ended' ? this.call.reason : this.call.kind
  }

  /** Without timers. */
  get done(): string[] {
    return this.#effects.filter(({ kind }) => !/timers?$/.test(kind)).map(named)
  }

  get timers(): string[] {
    return this.#effects.flatMap((effect) => (effect.kind === 'start-timer' ? [`${effect.timer} ${effect.delay}`] : []))
  }
}

function named(effect: GroupEffect): string {
  switch (effect.kind) {
    case 'give-key':
      return `give ${effect.epoch} to ${effect.to} for ${effect.memberKey}`
    case 'request-key':
      return `request ${effect.epoch} from ${effect.from} for ${effect.memberKey}`
    case 'submit':
      return `submit ${effect.entries.map(entryName).join(', ')}`
    case 'announce':
      return `announce ${effect.what.kind}${'trouble' in effect.what ? ` ${effect.what.trouble}` : ''}`
    case 'send-reply':
      return `reply ${effect.answer}`
    case 'record':
      return `record ${effect.reason}${effect.missed ? ' missed' : ''}`
    case 'send-with':
    case 'enter-epoch':
    case 'erase-sender-key':
    case 'drop-epoch':
    case 'make-member-key':
      return `${effect.kind} ${effect.epoch}`
    case 'erase-receive-key':
      return `${effect.kind} ${effect.memberKey}`
    case 'send-invites':
    case 'send-cancel':
      return `${effect.kind} ${effect.accounts.join()}`
    default:
      return effect.kind
  }
}

function entryName(entry: (GroupEffect & { kind: 'submit' })['entries'][number]): string {
  const about = 'device' in entry ? ` ${entry.device}` : 'account' in entry ? ` ${entry.account}` : ''
  return `${entry.op}${about}${'reason' in entry ? ` ${entry.reason}` : ''}`
}

export const member = (device: string, firstEpoch: number, host = false): Member => ({
  device,
  account: device.slice(0, 1),
  host,
  join: `${device}-1`,
  firstEpoch,
})
export const invited = ['a', 'b', 'c', 'm']

export function grown(
  length: number,
  epoch: number,
  members: readonly Member[],
  changes: readonly Change[] = [],
): GroupEvent {
  const roster: Roster = { length, epoch, members, invited, addPolicy: 'hosts' }
  return { kind: 'roster-changed', groupId, roster, changes }
}

export const added = ({ device, account, join }: Member): Change => ({
  kind: 'added',
  device,
  account,
  join,
  by: 'ann',
})
export const removed = (device: string, reason: 'removed' | 'left' | 'lost'): Change => ({
  kind: 'removed',
  device,
  account: device.slice(0, 1),
  reason,
  by: 'ann',
})
export const ann = member('ann', 1, true)
export const bob = member('bob', 4)
export const me = member('me', 3)
export const trusted = (device: string, join = `${device}-1`): GroupEvent => ({
  kind: 'member-checked',
  groupId,
  device,
  join,
  result: 'trusted',
})
export const head = (device: string, relation: 'same' | 'behind' | 'ahead' | 'fork', length: number): GroupEvent => ({
  kind: 'head',
  groupId,
  device,
  relation,
  length,
})
export const fire = (
  timer: (GroupEvent & { kind: 'timer' })['timer'],
  about?: string,
): GroupEvent & { kind: 'timer' } => ({
  kind: 'timer',
  groupId,
  timer,
  about,
})
export const entered = (device: string): GroupEvent => ({ kind: 'entered', groupId, device })
export const given = (epoch: number, device: string): GroupEvent => ({ kind: 'key-given', groupId, epoch, device })
export const opened = (epoch: number, device: string): GroupEvent => ({ kind: 'share-opened', groupId, epoch, device })
export const memberKey = (device: string, epoch: number): GroupEvent => ({ kind: 'member-key', groupId, device, epoch })
export const invite = (change: Partial<GroupInvitation> = {}): GroupEvent => ({
  kind: 'invite',
  invitation: { ...invitation, ...change },
})
export const room = { kind: 'room-entered', groupId, length: 2, chain: 'good' } as const satisfies GroupEvent
export const yes: GroupEvent = { kind: 'user-accept', groupId, media: VOICE }

export const asking = (): Device =>
  new Device().feed(invite(), yes, room, entered('ann'), { kind: 'join-made', groupId, join: 'me-1' })
/** In a call with Ann, each with the other's key. */
export const withAnn = (): Device =>
  asking().feed(memberKey('ann', 1), grown(3, 3, [ann, me]), trusted('ann'), given(3, 'ann'), opened(3, 'ann'))
/** Bob came as well. */
export const withBoth = (): Device =>
  withAnn().feed(
    entered('bob'),
    memberKey('ann', 3),
    grown(4, 4, [ann, me, bob], [added(bob)]),
    trusted('bob'),
    given(4, 'ann'),
    given(4, 'bob'),
    opened(4, 'ann'),
    opened(4, 'bob'),
  )
export const hosting = (accounts: readonly string[]): Device =>
  new Device().feed(
    { kind: 'user-found', groupId, media: VOICE, upgrade: undefined },
    { kind: 'prepared', groupId, accounts, join: 'me-1' },
    { kind: 'room-entered', groupId, length: 0, chain: 'none' },
    grown(1 + accounts.length, 1, [{ ...me, host: true, firstEpoch: 1 }]),
  )
