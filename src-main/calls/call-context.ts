/** What the runner holds for one call: everything that the machine refers to by `callId` or by a handle. */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { toHex } from '../../src-shared/base/bytes.ts'
import type { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { ControlChannel } from '../../src-shared/call/control-channel.ts'
import type { InvitedDevice, OutgoingOffer } from '../../src-shared/call/handshake.ts'
import type { CallEvent, DeviceId, Handle } from '../../src-shared/call/machine/events.ts'
import type { DeviceState } from '../../src-shared/call/machine/state.ts'
import type { PendingRekey } from '../../src-shared/call/rekey.ts'
import type { CallSession } from '../../src-shared/call/session.ts'
import type { CallId, MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import type { RekeyAnswer, RekeyOffer } from '../../src-shared/protocol/control-record.ts'
import type { Invite } from '../../src-shared/protocol/invite.ts'
import { type MemberAddress, memberAddress } from '../../src-shared/protocol/relay-frame.ts'
import type { DirectEndpoint, DirectLink, RelayLink } from '../ice/links.ts'
import type { PacketFlow } from './packet-flow.ts'
import type { CallEnvironment, Person, ReceivedMail, ReturningCall, VerifiedDevice } from './ports.ts'

/** What the parts of the runner see of it. */
export interface Runner {
  readonly environment: CallEnvironment
  readonly state: () => DeviceState
  readonly dispatch: (event: CallEvent) => void
  /** Calls that are on, ring, or are still shown. */
  readonly contexts: ReadonlyMap<CallId, CallContext>
  readonly add: (context: CallContext) => void
}

/** Values that the machine knows by number. The oldest goes when too many were put in and never asked for. */
export class Kept<Value> {
  readonly #limit: number
  readonly #values = new Map<Handle, Value>()
  #next = 1

  constructor(limit = 32) {
    this.#limit = limit
  }

  put(value: Value): Handle {
    const handle = this.#next++
    this.#values.set(handle, value)
    const oldest = this.#values.keys().next()
    if (this.#values.size > this.#limit && oldest.done !== true) this.#values.delete(oldest.value)
    return handle
  }

  /** Without taking it. */
  see(handle: Handle): Value | undefined {
    return this.#values.get(handle)
  }

  take(handle: Handle): Value {
    const value = this.#values.get(handle)
    if (value === undefined) throw new Error('the machine names something that was never kept')
    this.#values.delete(handle)
    return value
  }
}

/** The caller's part until an Accept was taken. */
export interface OutgoingPart {
  readonly typedHandle: Sensitive<string>
  offer: OutgoingOffer | undefined
  ticket: Bytes | undefined
  /** The envelopes that are on their way; an Accept answers one of them. */
  readonly invited: InvitedDevice[]
  /** By device: settles when its envelope was handed to push, with whether it was. */
  readonly sends: Map<DeviceId, Promise<boolean>>
  /** Accepts that are being looked at: a repetition meanwhile is not another try. */
  readonly verifying: Set<string>
}

/** The callee's part. */
export interface IncomingPart {
  readonly invite: Invite
  readonly mail: ReceivedMail
  readonly from: VerifiedDevice
  accept: Bytes | undefined
}

export interface DirectPart {
  readonly pathId: number
  readonly link: DirectLink
  localFingerprint: Bytes | undefined
  remoteFingerprint: Bytes | undefined
  /** The peer's proof verified: records go there too. */
  proven: boolean
}

export interface CallContext {
  readonly callId: CallId
  readonly callIdBytes: Bytes
  readonly direction: 'outgoing' | 'incoming'
  readonly startedAt: UnixMs
  readonly video: boolean
  person: Person | undefined
  /** What is shown and noted where no `person` was found. */
  readonly claimedHandle: Sensitive<string>
  /** What the other side calls itself, as it came (3.8): the caller by its Invite, the callee by its first Profile. */
  claimedName: Sensitive<string> | undefined
  readonly outgoing: OutgoingPart | undefined
  readonly incoming: IncomingPart | undefined
  /** What it takes over from the group call whose place it takes (R40). */
  readonly returning: ReturningCall | undefined
  /** It has not taken that place yet: the person sees and hears the group call, and nothing of this one. */
  behind: boolean

  /** The device at the other end: the calling one, or the one whose Accept was taken. */
  peer: VerifiedDevice | undefined
  relay: RelayLink | undefined
  relayOpen: boolean
  direct: DirectPart | undefined
  session: CallSession | undefined
  /** A record of the other side opened. */
  heard: boolean
  /** Until the old keys are dropped (R39). */
  oldSession: CallSession | undefined
  /** The callee's, from its RekeyAnswer to the first record under it. */
  nextSession: CallSession | undefined
  pendingRekey: PendingRekey | undefined
  channel: ControlChannel | undefined
  /** What was unacknowledged when the last KeepAlive went out. */
  unacknowledged: ReadonlySet<Bytes>
  flow: PacketFlow | undefined
  readonly accepts: Kept<{ readonly from: MemberAddress; readonly bytes: Bytes }>
  readonly endpoints: Kept<DirectEndpoint>
  readonly rekeyOffers: Kept<RekeyOffer>
  readonly rekeyAnswers: Kept<RekeyAnswer>

  // For the screen and the history
  local: MediaChoice
  remote: MediaChoice
  safetyWords: readonly string[] | undefined
  keysSince: UnixMs | undefined
  connectedAt: UnixMs | undefined
  /** While the other side is out of reach: when the call ends if it does not come back. */
  givenUpAt: UnixMs | undefined
  released: boolean
}

type Start = Pick<
  CallContext,
  | 'callId'
  | 'callIdBytes'
  | 'direction'
  | 'startedAt'
  | 'video'
  | 'person'
  | 'claimedHandle'
  | 'claimedName'
  | 'outgoing'
  | 'incoming'
  | 'returning'
> & { readonly local: MediaChoice; readonly remote: MediaChoice }

export function createContext(start: Start): CallContext {
  return {
    ...start,
    behind: start.returning !== undefined,
    heard: false,
    peer: start.incoming?.from,
    relay: undefined,
    relayOpen: false,
    direct: undefined,
    session: undefined,
    oldSession: undefined,
    nextSession: undefined,
    pendingRekey: undefined,
    channel: undefined,
    unacknowledged: new Set(),
    flow: undefined,
    accepts: new Kept(),
    endpoints: new Kept(),
    rekeyOffers: new Kept(),
    rekeyAnswers: new Kept(),
    safetyWords: undefined,
    keysSince: undefined,
    connectedAt: undefined,
    givenUpAt: undefined,
    released: false,
  }
}

export function deviceIdOf({ certHash }: Pick<VerifiedDevice, 'certHash'>): DeviceId {
  return toHex(certHash)
}

export function addressOf({ certHash }: Pick<VerifiedDevice, 'certHash'>): MemberAddress {
  return memberAddress(certHash)
}

/** For what must be there by the machine's own rules. */
export function required<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`a call without its ${what}`)
  return value
}
