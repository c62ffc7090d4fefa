/** What running a group call needs beside the ports of a 1:1 call (`src-main/calls/ports.ts`). */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { Result } from '../../src-shared/base/result.ts'
import type { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { GroupView, JoinableCall } from '../../src-shared/ipc/group-view.ts'
import type { GroupFromWorker } from '../../src-shared/ipc/media-port.ts'
import type { IncomingView } from '../../src-shared/ipc/snapshot.ts'
import type { Calls } from '../calls/calls.ts'
import type { CallEnvironment, MediaPorts } from '../calls/ports.ts'
import type { GroupLinks } from '../ice/links.ts'

/** A call that this account may join: it was invited, or founded it. */
export interface Invitation {
  readonly groupId: Bytes
  /** The call is this chain and no other of its name. */
  readonly createHash: Bytes
  /** For the room. */
  readonly ticket: Bytes
  /** Of the device that invited; the own for a call that was founded here. */
  readonly inviterCertHash: Bytes
  readonly inviterHandle: Sensitive<string>
  readonly inviterName: string
  /** The handles of who was in, as the invitation says. */
  readonly people: Sensitive<readonly string[]>
  readonly video: boolean
  readonly sentAt: UnixMs
  readonly expiresAt: UnixMs
}

/** Keeps invitations until they expire. */
export interface InvitationStore {
  all(now: UnixMs): readonly Invitation[]
  /** Replaces an earlier one to the same call. */
  save(invitation: Invitation): void
  remove(groupId: Bytes): void
}

export interface GroupViews {
  readonly group: GroupView | undefined
  readonly incoming: IncomingView | undefined
  readonly joinable: readonly JoinableCall[]
}

/** The 1:1 call that goes on as a group call (R36), or as which one goes on (R40). */
export type OneToOne = Pick<Calls, 'standing' | 'sendUpgrade' | 'moved' | 'callBack' | 'takePlace' | 'setMedia' | 'end'>

/** The service's part in links: it keeps a sealed card under a name. */
export interface CallLinks {
  /** Of the service, as links name it: `host` or `host:port`. */
  readonly authority: string
  put(linkId: Bytes, card: Bytes, expiresAt: UnixMs): Promise<Result<undefined, 'offline' | 'refused'>>
  get(linkId: Bytes): Promise<Result<Bytes, 'offline' | 'unknown'>>
  remove(linkId: Bytes): Promise<unknown>
}

export interface GroupMediaPorts extends MediaPorts {
  /** What the media worker asks of the relay, until `close`. */
  onRequests(callId: string, listener: (request: GroupFromWorker) => void): void
}

export interface GroupEnvironment extends Pick<
  CallEnvironment,
  'clock' | 'random' | 'identity' | 'preferences' | 'directory' | 'mail' | 'record'
> {
  readonly mediaPorts: GroupMediaPorts
  readonly rooms: GroupLinks
  readonly oneToOne: OneToOne
  readonly links: CallLinks
  /** A ticket for the group's room, for the devices of `accountPub`. `authority`: the founder's seed, or a ticket of the own account. */
  readonly groupTicket: (
    groupId: Bytes,
    accountPub: Bytes,
    authority: Bytes,
  ) => Promise<Result<Bytes, 'offline' | 'refused'>>
  readonly invitations: InvitationStore
  /** This device is in a 1:1 call. */
  readonly otherwiseEngaged: () => boolean
  /** What the person sees changed. */
  readonly show: (views: GroupViews) => void
}
