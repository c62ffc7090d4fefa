/**
 * A few devices and the network between them, as the call machine sees it, without bytes. `runner.ts` does what the machine asks for,
 * `moves.ts` lists what may happen next, `invariants.ts` what must hold.
 *
 * The control channel is modelled as what it promises: each record is handed on once and in order, and a copy that was lost comes
 * again when it is asked for. Mail and Accepts may be lost, doubled and come in any order.
 */
import type { ControlToSend } from '../../../../src-shared/call/machine/effects.ts'
import type { CallEvent, DeviceId } from '../../../../src-shared/call/machine/events.ts'
import { type DeviceState, initialState } from '../../../../src-shared/call/machine/state.ts'
import type { step } from '../../../../src-shared/call/machine/step.ts'
import type { TimerName } from '../../../../src-shared/call/machine/timers.ts'
import type { CallId, MediaChoice } from '../../../../src-shared/ipc/snapshot.ts'

export type Step = typeof step

/** What a device's runner knows of one call. */
export interface KnownCall {
  readonly callId: CallId
  readonly role: 'caller' | 'callee'
  /** The caller's: whom it invited. The callee's: the caller. */
  readonly invited: readonly DeviceId[]
  peer: DeviceId | undefined
  /** The user (or R25 for them) said yes. */
  accepted: boolean
  session: boolean
  recorded: number
  /** Before the device was killed: its mail is refused as a repetition (R13), which survives a restart. */
  past: boolean
}

export interface Link {
  readonly callId: CallId
  open: boolean
}

export interface DirectEnd {
  readonly callId: CallId
  readonly pathId: number
  /** The other end is known. */
  connected: boolean
  /** The own end was told. */
  announced: boolean
  stands: boolean
  quiet: boolean
}

export interface Device {
  readonly id: DeviceId
  readonly account: string
  state: DeviceState
  /** `callId/name` */
  timers: string[]
  /** Results that the runner will bring. */
  pending: CallEvent[]
  links: Link[]
  direct: DirectEnd | undefined
  calls: KnownCall[]
  /** Call ids that this device will use. */
  unused: CallId[]
  /** The media that the user allowed for the call that is under way. */
  choice: MediaChoice
  sentInvites: number
}

export interface MailInFlight {
  readonly to: DeviceId
  readonly event: CallEvent & { kind: 'invite' | 'cancel' | 'answered' | 'reply' }
}

export interface AcceptInFlight {
  readonly callId: CallId
  readonly from: DeviceId
  readonly to: DeviceId
  readonly forged: boolean
}

export interface RecordInFlight {
  readonly message: ControlToSend
  relay: boolean
  direct: boolean
}

/** One direction of a call's control channel: what was sent and not yet handed on. */
export interface ControlStream {
  readonly callId: CallId
  readonly from: DeviceId
  readonly to: DeviceId
  records: RecordInFlight[]
}

export interface ProofInFlight {
  readonly callId: CallId
  readonly pathId: number
  readonly from: DeviceId
  readonly to: DeviceId
}

/** How often something unpleasant may still happen. */
export interface Budgets {
  kill: number
  loseMail: number
  doubleMail: number
  loseRelayed: number
  relayRestart: number
  forgeAccept: number
  forgeProof: number
  directDies: number
  directFallsQuiet: number
  userMedia: number
  hide: number
  failSetUp: number
}

export interface World {
  devices: Device[]
  mail: MailInFlight[]
  accepts: AcceptInFlight[]
  streams: ControlStream[]
  proofs: ProofInFlight[]
  readonly budgets: Budgets
  /** Results of the own runner come at once: fewer states, for larger worlds. */
  readonly promptResults: boolean
}

export class Violation extends Error {
  override readonly name = 'Violation'
}

export const NO_BUDGETS: Budgets = {
  kill: 0,
  loseMail: 0,
  doubleMail: 0,
  loseRelayed: 0,
  relayRestart: 0,
  forgeAccept: 0,
  forgeProof: 0,
  directDies: 0,
  directFallsQuiet: 0,
  userMedia: 0,
  hide: 0,
  failSetUp: 0,
}

export const CALL_MEDIA: MediaChoice = { audio: true, video: true, screen: false }
export const ANSWER_MEDIA: MediaChoice = { audio: true, video: false, screen: false }
const SILENT: MediaChoice = { audio: false, video: false, screen: false }

export function createWorld(
  devices: readonly { id: DeviceId; account: string; callIds: readonly CallId[]; hideAddress?: boolean }[],
  { promptResults = false, ...budgets }: Partial<Budgets> & { promptResults?: boolean } = {},
): World {
  return {
    devices: devices.map(({ id, account, callIds, hideAddress = true }) => ({
      id,
      account,
      state: initialState(hideAddress),
      timers: [],
      pending: [],
      links: [],
      direct: undefined,
      calls: [],
      unused: [...callIds],
      choice: SILENT,
      sentInvites: 0,
    })),
    mail: [],
    accepts: [],
    streams: [],
    proofs: [],
    budgets: { ...NO_BUDGETS, ...budgets },
    promptResults,
  }
}

export function copyWorld(world: World): World {
  return {
    devices: world.devices.map((device) => ({
      ...device,
      timers: [...device.timers],
      pending: [...device.pending],
      links: device.links.map((link) => ({ ...link })),
      direct: device.direct && { ...device.direct },
      calls: device.calls.map((call) => ({ ...call })),
      unused: [...device.unused],
    })),
    mail: [...world.mail],
    accepts: [...world.accepts],
    streams: world.streams.map((stream) => ({ ...stream, records: stream.records.map((record) => ({ ...record })) })),
    proofs: [...world.proofs],
    budgets: { ...world.budgets },
    promptResults: world.promptResults,
  }
}

export function deviceOf(world: World, id: DeviceId): Device {
  const device = world.devices.find((candidate) => candidate.id === id)
  if (device === undefined) throw new Error(`no device ${id}`)
  return device
}

export function knownCall(device: Device, callId: CallId): KnownCall | undefined {
  return device.calls.find((call) => call.callId === callId)
}

export function onItsWay({ relay, direct }: RecordInFlight): boolean {
  return relay || direct
}

const timerNames = new Map<string, { callId: CallId; timer: TimerName }>()

export function timerOf(name: string): { callId: CallId; timer: TimerName } {
  const known = timerNames.get(name)
  if (known) return known
  const [callId = '', timer] = name.split('/')
  // The name was put together from these two in `execute`.
  const parts = { callId, timer: timer as TimerName }
  timerNames.set(name, parts)
  return parts
}
