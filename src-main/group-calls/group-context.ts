/** What the runner holds for one group call: everything that the machine refers to by id. */
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { AccountKey, DeviceId } from '../../src-shared/call/machine/events.ts'
import { HeadWatch } from '../../src-shared/group/head.ts'
import type { VerifiedJoin } from '../../src-shared/group/join.ts'
import type { KeyShare } from '../../src-shared/group/key-share.ts'
import type { LinkKeys } from '../../src-shared/group/link.ts'
import type { GroupEffect } from '../../src-shared/group/machine/effects.ts'
import type { GroupEvent } from '../../src-shared/group/machine/events.ts'
import type { Epoch, JoinId } from '../../src-shared/group/machine/roster.ts'
import { type GroupState, occupies } from '../../src-shared/group/machine/state.ts'
import type { Member } from '../../src-shared/group/membership.ts'
import type { CallId, MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import { MEMBER_ADDRESS_LENGTH, type MemberAddress } from '../../src-shared/protocol/relay-frame.ts'
import { Kept } from '../calls/call-context.ts'
import type { PacketFlow } from '../calls/packet-flow.ts'
import type { LookupFailure, OwnIdentity, Person, VerifiedDevice } from '../calls/ports.ts'
import type { GroupLink } from '../ice/links.ts'
import { Chain } from './chain.ts'
import { Conversation } from './conversation.ts'
import { KeyRing } from './key-ring.ts'
import type { GroupEnvironment, Invitation } from './ports.ts'

/** What the parts of the runner see of it. */
export interface GroupRunner {
  readonly environment: GroupEnvironment
  readonly state: () => GroupState
  readonly dispatch: (event: GroupEvent) => void
  /** Calls that are on, ring, or are still shown. */
  readonly contexts: ReadonlyMap<CallId, GroupContext>
  readonly add: (context: GroupContext) => void
  /** R40: the key of another member came. */
  readonly keyOpened: (context: GroupContext, epoch: Epoch, device: DeviceId) => void
  /** Something that is shown changed without the machine. */
  readonly changed: () => void
}

/** Whom the person wants in the call. */
export interface Wanted {
  readonly handle: Sensitive<string>
  person: Person | undefined
  /** Why nobody is called. */
  failed: LookupFailure | undefined
}

/** What the room has shown since it was entered. */
export type RoomView = 'nothing' | 'none' | 'outside' | 'shown'

/** Joins of people at the door that are kept; each has some 3 kB. */
const JOINS_KEPT = 128
/** KeyShares on their way into the machine and back: it keeps 64 of them for entries that have not come. */
const SHARES_KEPT = 96

/** The machine keeps no more at a time. */
const GUESTS_KEPT = 64

/** A KeyShare to be made. */
export type GiveKey = GroupEffect & { readonly kind: 'give-key' }

/** A link to a call (R38). */
export interface Door {
  readonly keys: LinkKeys
  readonly url: string
  readonly expiresAt: UnixMs
}

/** Somebody who knocks. */
export interface Guest {
  readonly person: Person
  readonly device: VerifiedDevice
  readonly nonce: Bytes
  /** Of the link that it came by. */
  readonly keys: LinkKeys
  /** As it calls itself. */
  readonly name: string | undefined
}

export interface GroupContext {
  readonly callId: CallId
  readonly groupId: Bytes
  readonly direction: 'outgoing' | 'incoming'
  readonly startedAt: UnixMs
  readonly video: boolean
  readonly own: OwnIdentity
  /** For a call that is founded here. */
  readonly seed: Bytes | undefined
  ticket: Bytes | undefined
  /** `undefined` until this device's own Create. */
  createHash: Bytes | undefined
  readonly invitation: Invitation | undefined
  /** Who called, where the directory confirmed it. */
  caller: Person | undefined
  wanted: readonly Wanted[]
  /** Of `wanted`: who was asked for at one time later. */
  readonly invited: Kept<readonly Wanted[]>

  /** The 1:1 call that goes on as this one (R36), until it is over. */
  oneToOne: CallId | undefined
  /** The 1:1 call that is to take this one's place (R40), until it has. */
  returning: CallId | undefined
  /** Its end is nothing that the person is told. */
  silent: boolean
  /** For the own Create. */
  upgradeTag: Bytes | undefined
  /** The link to this call, while it opens anything. */
  door: Door | undefined
  /** Of all links that this call had: who was admitted by one comes with it. */
  readonly doorKeys: Bytes[]
  /** Who knocked and was neither admitted nor refused. */
  readonly guests: Kept<Guest>
  /** This person is at the door of somebody else's call. */
  knocking: { readonly keys: LinkKeys; readonly nonce: Bytes } | undefined
  /** This person was let in by a link. */
  linkKey: Bytes | undefined

  link: GroupLink | undefined
  room: RoomView
  /** Addresses in the room whose device is not known yet: who has sent no Join. */
  readonly strangers: Set<MemberAddress>
  readonly chain: Chain
  /** Own Join of the present stay. */
  join: VerifiedJoin | undefined
  readonly joins: Map<JoinId, VerifiedJoin>
  readonly keys: KeyRing
  /** Own KeyShares that are still to be made. */
  readonly keysDue: GiveKey[]
  readonly shares: Kept<KeyShare>
  readonly heads: HeadWatch
  flow: PacketFlow | undefined
  /** What the media worker was last told of who is in. */
  toldMembers: string
  /** Layers of the own picture that the relay forwards to anybody. */
  wantedLayers: readonly number[]
  /** The epoch whose keys the media worker sends with. */
  mediaEpoch: number | undefined
  /** The epoch that media and records leave under; `undefined`: nothing leaves. */
  sending: number | undefined
  /** How often this device was added: each time the media begin anew. */
  stay: number
  /** Media of the same call that began before this context: its page was loaded again. */
  staysBefore: number

  // For the screen and the history
  readonly people: Map<AccountKey, Person>
  /** All who were members: the account and handle that their Join names. */
  readonly met: Map<DeviceId, { readonly account: AccountKey; readonly handle: string; readonly guest: boolean }>
  /** What members call themselves, as it came. */
  readonly claimedNames: Map<DeviceId, string>
  readonly conversation: Conversation
  local: MediaChoice
  connectedAt: UnixMs | undefined
  keysSince: UnixMs | undefined
  readonly handsSince: Map<DeviceId, UnixMs>
  released: boolean
}

type Start = Pick<
  GroupContext,
  | 'groupId'
  | 'direction'
  | 'startedAt'
  | 'video'
  | 'own'
  | 'seed'
  | 'ticket'
  | 'createHash'
  | 'invitation'
  | 'caller'
  | 'wanted'
  | 'local'
>

export function createContext(start: Start, random: RandomBytes): GroupContext {
  return {
    ...start,
    callId: toHex(start.groupId),
    oneToOne: undefined,
    returning: undefined,
    silent: false,
    upgradeTag: undefined,
    door: undefined,
    doorKeys: [],
    guests: new Kept(GUESTS_KEPT),
    knocking: undefined,
    linkKey: undefined,
    link: undefined,
    room: 'nothing',
    strangers: new Set(),
    chain: new Chain(),
    join: undefined,
    joins: new Map(),
    keys: new KeyRing(start.groupId, start.own, random),
    invited: new Kept(),
    keysDue: [],
    shares: new Kept(SHARES_KEPT),
    heads: new HeadWatch(),
    flow: undefined,
    toldMembers: '',
    wantedLayers: [],
    mediaEpoch: undefined,
    sending: undefined,
    stay: 0,
    staysBefore: 0,
    people: new Map(start.caller === undefined ? [] : [[start.caller.accountId, start.caller]]),
    met: new Map(),
    claimedNames: new Map(),
    conversation: new Conversation(),
    connectedAt: undefined,
    keysSince: undefined,
    handsSince: new Map(),
    released: false,
  }
}

/** The number of the media that are on, or that come with the way in: none is used twice, whether or not the page sees an end between. */
export function mediaStay({ staysBefore, stay }: GroupContext): number {
  return staysBefore + Math.max(1, stay)
}

/** No other call can begin: this device is in one, of whichever kind. */
export function isEngaged({ environment, state }: GroupRunner): boolean {
  return occupies(state().call) || environment.otherwiseEngaged()
}

export function wantedBy(handle: string): Wanted {
  return { handle: new Sensitive(handle), person: undefined, failed: undefined }
}

export function keepJoin({ joins }: GroupContext, join: VerifiedJoin): void {
  joins.set(toHex(join.nonce), join)
  const oldest = joins.keys().next()
  if (joins.size > JOINS_KEPT && oldest.done !== true) joins.delete(oldest.value)
}

export function memberById({ chain }: GroupContext, device: DeviceId): Member | undefined {
  return chain.roster?.members.find(({ certHash }) => toHex(certHash) === device)
}

/** Who is behind an address of the room, among members and those who asked to be one. */
export function deviceAt({ chain, joins }: GroupContext, address: MemberAddress): DeviceId | undefined {
  const members = chain.roster?.members ?? []
  const known = [
    ...members.map(({ certHash }) => certHash),
    ...[...joins.values()].map(({ certificate }) => certificate.certHash),
  ]
  return known.map(toHex).find((device) => device.startsWith(address))
}

export function addressOfDevice(device: DeviceId): MemberAddress {
  return device.slice(0, 2 * MEMBER_ADDRESS_LENGTH)
}
