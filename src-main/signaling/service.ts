/**
 * What the rest of the main process knows of the service: `service-client.ts` implements it over one WebSocket,
 * tests bring their own. Everything that it returns is unverified bytes; `src-main/account` verifies.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { Result } from '../../src-shared/base/result.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'

export type ServiceFailure = 'offline' | 'refused' | 'rate-limited'

export interface RawDirectoryEntry {
  readonly accountPub: Bytes
  readonly deviceList: Bytes
  readonly certificates: readonly Bytes[]
}

export interface Service {
  readonly state: 'connecting' | 'online' | 'offline'
  onState(listener: (state: Service['state']) => void): () => void

  /** `true` if it is free. Works before there is an account. */
  checkHandle(handle: string): Promise<Result<boolean, ServiceFailure | 'invalid'>>
  /** Claims `handle` for the account of this device; repeating it with a newer list updates the entry. */
  register(entry: {
    handle: string
    certificate: Bytes
    deviceList: Bytes
  }): Promise<Result<undefined, ServiceFailure | 'taken' | 'invalid'>>
  lookup(handle: string): Promise<Result<RawDirectoryEntry, ServiceFailure | 'unknown' | 'invalid'>>

  publishPrekeys(prekeys: readonly Bytes[]): Promise<Result<undefined, ServiceFailure>>
  /** How many one-time prekeys of this device are left in the directory. */
  prekeyStock(): Promise<Result<number, ServiceFailure>>
  /** One one-time prekey, consumed by this, or the medium-term one (R11). */
  fetchPrekey(certHash: Bytes): Promise<Result<Bytes, ServiceFailure | 'unknown'>>

  push(
    toCertHash: Bytes,
    envelope: Bytes,
    expiresAt: UnixMs,
  ): Promise<Result<undefined, ServiceFailure | 'unknown' | 'full'>>
  /** The listener's promise settles when the envelope is dealt with for good; only then it is acknowledged to the service. */
  onEnvelope(listener: (envelope: Bytes) => Promise<void>): () => void
  /** The queue was empty at least once since this connection began (R11's erasure of prekeys waits for that). */
  onQueueEmpty(listener: () => void): () => void

  /** A ticket for a new relay room between this device and the devices of `peerAccountPub`. */
  relayTicket(callId: Bytes, peerAccountPub: Bytes): Promise<Result<Bytes, ServiceFailure>>
  /**
   * A ticket for the room of a group, for the devices of `accountPub`. `authority`: the founder's seed, or a ticket of the
   * own account for this group.
   */
  groupTicket(
    groupId: Bytes,
    accountPub: Bytes,
    authority: Bytes,
  ): Promise<Result<Bytes, ServiceFailure | 'ticket' | 'unknown'>>
  /** The UDP port on the service's host where this device learns how others see its address. */
  stunPort(): Promise<Result<number, ServiceFailure>>
  /** Trades this device's offer for the relay's answer (SDP with the relay's candidates). */
  relayConnect(ticket: Bytes, offer: string): Promise<Result<string, ServiceFailure | 'ticket'>>

  /** Lays `blob` under a link of this account, or replaces it. */
  putLink(
    linkId: Bytes,
    blob: Bytes,
    expiresAt: UnixMs,
  ): Promise<Result<undefined, ServiceFailure | 'invalid' | 'taken' | 'full'>>
  getLink(linkId: Bytes): Promise<Result<Bytes, ServiceFailure | 'unknown'>>
  removeLink(linkId: Bytes): Promise<Result<undefined, ServiceFailure | 'unknown'>>
}
