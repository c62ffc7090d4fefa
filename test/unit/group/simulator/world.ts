/**
 * A few devices, their mail and a room, as the group machine sees them, without bytes. `runner.ts` does what a runner does with each
 * effect, `room.ts` what the relay does, `moves.ts` lists what may happen next, `invariants.ts` what must hold.
 *
 * The room hands on in order for each receiver and as late as it likes; what a device sends reaches the room at once, which loses
 * nothing: two devices that act on the same state of the chain meet there because what the room sent them is still on its way.
 */
import type { GroupEvent } from '../../../../src-shared/group/machine/events.ts'
import { type GroupState, initialState } from '../../../../src-shared/group/machine/state.ts'
import type { step } from '../../../../src-shared/group/machine/step.ts'
import type { Timer } from '../../../../src-shared/group/machine/timers.ts'
import { accountOf, type Chain } from './chain.ts'

export type Step = typeof step

export const GROUP = 'g'
export const VOICE = { audio: true, video: false, screen: false }

export type Message =
  | { readonly kind: 'join'; readonly join: string; readonly from: number }
  | { readonly kind: 'member-key'; readonly epoch: number; readonly id: string }
  | { readonly kind: 'share'; readonly share: Share }
  | { readonly kind: 'head'; readonly length: number; readonly head: string }
  | { readonly kind: 'key-request'; readonly epoch: number }

export interface Share {
  readonly sender: string
  readonly epoch: number
  /** Of the entry that began it. */
  readonly head: string
  readonly receiver: string
  readonly memberKey: string
}

export type Frame =
  | { readonly kind: 'entries'; readonly chain: Chain; readonly initial: boolean }
  | { readonly kind: 'entered'; readonly device: string }
  | { readonly kind: 'left'; readonly device: string }
  | { readonly kind: 'refused'; readonly length: number }
  | { readonly kind: 'kicked' }
  | { readonly kind: 'message'; readonly from: string; readonly message: Message }

export interface RunningTimer extends Timer {
  readonly due: number
}

export interface PublicKey {
  readonly device: string
  readonly epoch: number
  readonly id: string
}

export interface Device {
  readonly id: string
  readonly account: string
  state: GroupState
  link: 'none' | 'connecting' | 'open'
  chain: Chain
  /** The room had no chain when this device came. */
  emptyRoom: boolean
  inbox: Frame[]
  /** What the core and the directory will answer. */
  results: GroupEvent[]
  timers: RunningTimer[]
  shares: readonly (readonly [handle: number, share: Share])[]
  senderKeys: number[]
  sending: number | undefined
  /** Others' sender keys: `epoch/device`. */
  heldKeys: string[]
  /** Private halves of MemberKeys. */
  privates: string[]
  publics: PublicKey[]
  join: string | undefined
  joinsMade: number
  /** Survives a crash; the newest invitation's time. */
  invited: boolean
  /** The 1:1 call beside the group (R40), and with whom. */
  oneToOne: OneToOne | undefined
  /** The service keeps new entries back from it. */
  withheld: boolean
  /** Something happened to it since it was last looked at. */
  changed: boolean
  /** For the checks: who was given the own sender keys (`epoch/device/join`), who was trusted, who showed another branch. */
  holders: string[]
  trusted: string[]
  forks: string[]
}

/** `moved`: it has taken the group's place. */
export interface OneToOne {
  readonly with: string
  readonly stage: 'calling' | 'connected' | 'moved'
}

/** R40: the handshake of the 1:1 call, and its end. `epoch`: that the callId is of. */
export interface OneToOneMail {
  readonly kind: `one-to-one-${'invite' | 'accept' | 'confirm' | 'record' | 'end'}`
  readonly from: string
  readonly epoch: number
}

export interface Mail {
  readonly to: string
  readonly event: (GroupEvent & { kind: 'invite' | 'cancel' | 'answered' | 'reply' }) | OneToOneMail
}

export interface Room {
  chain: Chain
  devices: string[]
}

/** How often something may still happen. */
export interface Budgets {
  crash: number
  loseRoom: number
  relayRestart: number
  loseMail: number
  userJoin: number
  userEnd: number
  remove: number
  invite: number
  withhold: number
  replay: number
  refuse: number
}

export const NO_BUDGETS: Budgets = {
  crash: 0,
  loseRoom: 0,
  relayRestart: 0,
  loseMail: 0,
  userJoin: 0,
  userEnd: 0,
  remove: 0,
  invite: 0,
  withhold: 0,
  replay: 0,
  refuse: 0,
}

export interface World {
  devices: Device[]
  mail: Mail[]
  room: Room
  now: number
  /** Every Join, and the length of the chain that its device had read. */
  joins: Readonly<Record<string, number>>
  /** MemberKeys that were sent once: what a replay may bring. */
  sentKeys: readonly PublicKey[]
  readonly budgets: Budgets
  /** The relay has neither forgotten a chain nor kept entries back: then nobody has to give up. */
  honest: boolean
  /** Results of the own core and directory come at once: fewer states. */
  readonly prompt: boolean
}

export class Violation extends Error {
  override readonly name = 'Violation'
}

export function createWorld(ids: readonly string[], budgets: Partial<Budgets> = {}, prompt = true): World {
  return {
    devices: ids.map(createDevice),
    mail: [],
    room: { chain: [], devices: [] },
    now: 0,
    joins: {},
    sentKeys: [],
    budgets: { ...NO_BUDGETS, ...budgets },
    honest: true,
    prompt,
  }
}

function createDevice(id: string): Device {
  const account = accountOf(id)
  return {
    id,
    account,
    state: initialState(id, account),
    ...noMemory(),
    joinsMade: 0,
    invited: false,
    oneToOne: undefined,
    withheld: false,
  }
}

/** What a device that starts has. */
export function noMemory(): Omit<
  Device,
  'id' | 'account' | 'state' | 'joinsMade' | 'invited' | 'oneToOne' | 'withheld'
> {
  return {
    link: 'none',
    chain: [],
    emptyRoom: false,
    inbox: [],
    results: [],
    timers: [],
    shares: [],
    senderKeys: [],
    sending: undefined,
    heldKeys: [],
    privates: [],
    publics: [],
    join: undefined,
    changed: true,
    holders: [],
    trusted: [],
    forks: [],
  }
}

export function copyWorld(world: World): World {
  return {
    ...world,
    devices: world.devices.map((device) => ({
      ...device,
      inbox: [...device.inbox],
      results: [...device.results],
      timers: [...device.timers],
      senderKeys: [...device.senderKeys],
      heldKeys: [...device.heldKeys],
      privates: [...device.privates],
      publics: [...device.publics],
      holders: [...device.holders],
      trusted: [...device.trusted],
      forks: [...device.forks],
    })),
    mail: [...world.mail],
    room: { chain: world.room.chain, devices: [...world.room.devices] },
    budgets: { ...world.budgets },
  }
}

export function deviceOf(world: World, id: string): Device {
  const device = world.devices.find((candidate) => candidate.id === id)
  if (device === undefined) throw new Error(`no device ${id}`)
  return device
}
