/** What running a call needs from the rest of the main process. Implemented in `account`, `ice`, `app` and `store`; by fakes in tests. */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import type { Result } from '../../src-shared/base/result.ts'
import type { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { Clock, UnixMs } from '../../src-shared/base/time.ts'
import type { Upgrade } from '../../src-shared/group/upgrade.ts'
import type { FromMain } from '../../src-shared/ipc/media-port.ts'
import type {
  AccountId,
  CallId,
  CallView,
  HistoryEntry,
  IncomingView,
  MediaChoice,
  SuiteName,
  Verification,
} from '../../src-shared/ipc/snapshot.ts'
import type { DirectLinks, RelayLinks } from '../ice/links.ts'

/** A device whose certificate passed R4 in the newest list that is known (R5, R6). */
export interface VerifiedDevice {
  readonly certificate: Bytes
  readonly certHash: Bytes
}

/** A person as the directory and the pins show them together. */
export interface Person {
  readonly accountId: AccountId
  readonly accountPub: Bytes
  readonly handle: Sensitive<string>
  /** From the contacts, else the handle. */
  readonly name: string
  readonly verification: Verification
  readonly inContacts: boolean
  readonly blocked: boolean
  readonly devices: readonly VerifiedDevice[]
}

export type LookupFailure = 'unknown-handle' | 'offline' | 'key-changed' | 'no-devices' | 'insecure' | 'self'

export interface Directory {
  /** Fetches, verifies (R4 to R6), compares with the pin (R5, R7) and pins at first sight. */
  find(handle: string): Promise<Result<Person, LookupFailure>>
  /** The certificate that a callee's Accept carries, checked against `person` (R20): fetches again if the list there is newer (R6). */
  verifyDevice(person: Person, certificate: Bytes, listVersion: number, listHash: Bytes): Promise<boolean>
}

/** Envelope types 1, 2, 3, 5, 6 and 7: what mail carries for a call. */
export type MailType = 'invite' | 'cancel' | 'group-invite' | 'answered' | 'reply' | 'knock'

export interface SealedMail {
  readonly envDigest: Bytes
  readonly messageId: Bytes
}

export interface ReceivedMail {
  readonly type: MailType
  readonly payload: Bytes
  readonly envDigest: Bytes
  readonly messageId: Bytes
  readonly sentAt: UnixMs
  readonly expiresAt: UnixMs
  readonly senderAccountPub: Bytes
  readonly senderCertHash: Bytes
}

export interface Mail {
  /** Seals to one device and hands the envelope to push. */
  send(to: VerifiedDevice, type: MailType, payload: Bytes): Promise<Result<SealedMail, 'offline' | 'refused'>>
  /** Opened and verified by all of R14; each once (R13). */
  onReceived(listener: (mail: ReceivedMail) => void): () => void
}

/** This device, as the handshake needs it. */
export interface OwnIdentity {
  readonly handle: Sensitive<string>
  /** As its person wrote it. */
  readonly name: Sensitive<string>
  readonly accountPub: Bytes
  readonly certificate: Bytes
  readonly certHash: Bytes
  readonly listVersion: number
  readonly listHash: Bytes
  /** The device signing key; the handshake signs with it (3.3). */
  readonly signingSecret: Bytes
  readonly otherDevices: readonly VerifiedDevice[]
}

export interface CallPreferences {
  readonly suites: readonly SuiteName[]
  readonly hideAddress: boolean
  readonly contactsOnly: boolean
}

/** Keeps the window of `CREDITS` in both directions, and what a page that is loaded again needs. */
export interface MediaPorts {
  /** The call's port to the renderer; messages before the renderer asked for it are kept. */
  send(callId: string, message: FromMain): void
  /** Batches of packets from the renderer, as in `packet-batch.ts`. */
  onPackets(callId: string, listener: (batch: Uint8Array) => void): () => void
  close(callId: string): void
}

/** A connected call, as far as a group call takes it over (R36). */
export interface StandingCall {
  /** Of its present keys, and of those before while they are still in use. Views: nothing is to be kept of them. */
  readonly exporters: readonly Bytes[]
  readonly peer: VerifiedDevice
  readonly person: Person
  readonly direction: 'outgoing' | 'incoming'
  readonly startedAt: UnixMs
  readonly connectedAt: UnixMs | undefined
  readonly media: MediaChoice
  readonly video: boolean
}

/** What a 1:1 call takes over from the group call whose place it takes (R40). */
export interface ReturningCall {
  readonly groupId: CallId
  readonly callId: Bytes
  /** Nobody else is called, and nobody else's answer taken. */
  readonly peer: Pick<VerifiedDevice, 'certHash'>
  readonly person: Person
  readonly direction: 'outgoing' | 'incoming'
  readonly startedAt: UnixMs
  readonly connectedAt: UnixMs | undefined
  readonly video: boolean
  readonly media: MediaChoice
  /** Everybody who was in. */
  readonly group: NonNullable<HistoryEntry['group']>
}

export interface CallEnvironment {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly identity: () => OwnIdentity | undefined
  readonly preferences: () => CallPreferences
  readonly directory: Directory
  readonly mail: Mail
  readonly relayTicket: (callId: Bytes, peerAccountPub: Bytes) => Promise<Result<Bytes, 'offline' | 'refused'>>
  readonly relays: RelayLinks
  readonly directs: DirectLinks
  readonly mediaPorts: MediaPorts
  /** The peer of a call that is on wants it to go on as a group call (R36). */
  readonly upgradeReceived: (callId: string, upgrade: Upgrade) => void
  /**
   * Whether an Invite is the other member's of the group call that this device is in (R40): then it is answered without asking;
   * `refused`: not any more, and it is none that the person need hear of.
   */
  readonly calledBack: (callId: string, from: Bytes) => ReturningCall | 'refused' | undefined
  /** R40: both sides have the keys of the call that is to take this group call's place. */
  readonly returnConnected: (groupId: CallId) => void
  /** Nothing of the call is left. */
  readonly released: (callId: string) => void
  /** This device is in a group call. */
  readonly otherwiseEngaged: () => boolean
  /** What the person sees changed. */
  readonly show: (views: { call: CallView | undefined; incoming: IncomingView | undefined }) => void
  readonly record: (entry: HistoryEntry) => void
}
