/**
 * This folder is the app's connection to the service, and all that knows the service's wire
 * (docs/protocol/service.md). It believes nothing that comes over it: `src-main/account` verifies. No Electron.
 *
 * `ServiceClient` turns the calls of `Service` into requests on the one connection that `Link` keeps alive.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import { isHandle } from '../../src-shared/identity/handle.ts'
import { ENVELOPE_MAX, PREKEYS_PER_REQUEST, SDP_MAX } from '../../src-shared/protocol/service/limits.ts'
import type { OperationName, ReplyOf, RequestOf } from '../../src-shared/protocol/service/operations.ts'
import type { NetworkChange } from '../network/network-watch.ts'
import type { Connection, RequestFailure } from './connection.ts'
import { Link, type LinkOptions } from './link.ts'
import { type EnvelopeListener, Mailbox } from './mailbox.ts'
import type { RawDirectoryEntry, Service, ServiceFailure } from './service.ts'

export type ServiceClientOptions = LinkOptions

type Outcome<Value, More extends string = never> = Promise<Result<Value, ServiceFailure | More>>

export class ServiceClient implements Service {
  readonly #link: Link
  readonly #stateListeners = new Set<(state: Service['state']) => void>()
  readonly #envelopeListeners = new Set<EnvelopeListener>()
  readonly #emptyListeners = new Set<() => void>()
  #mailbox: Mailbox | undefined
  #emptied = false

  /** Begins to dial at once. */
  constructor(options: ServiceClientOptions) {
    this.#link = new Link(options, {
      state: (state) => {
        for (const listener of this.#stateListeners) listener(state)
      },
      connected: (connection) => this.#connected(connection),
      pushed: (push) => {
        if (push.kind === 'queueEmpty') this.#queueEmpty()
        else if (this.#mailbox?.add(push.queueId, push.envelope) === false) this.#link.reconnect()
      },
      lost: () => this.#mailbox?.close(),
    })
    this.#link.dial()
  }

  get state(): Service['state'] {
    return this.#link.state
  }

  onState(listener: (state: Service['state']) => void): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  /** There is an account now, or the device's certificate was renewed. */
  identityChanged(): void {
    this.#link.identityChanged()
  }

  /** The machine woke up or has another network. */
  networkChanged(change: NetworkChange): void {
    this.#link.networkChanged(change)
  }

  /** Another connection to the same service was lost: this one has to show a sign of life soon. */
  doubt(): void {
    this.#link.doubt()
  }

  close(): void {
    this.#link.close()
  }

  checkHandle(handle: string): Outcome<boolean, 'invalid'> {
    return !isHandle(handle) ? Promise.resolve(failure('invalid')) : this.#request('checkHandle', handle, ['invalid'])
  }

  register(entry: { handle: string; certificate: Bytes; deviceList: Bytes }): Outcome<undefined, 'taken' | 'invalid'> {
    return !isHandle(entry.handle)
      ? Promise.resolve(failure('invalid'))
      : this.#request('register', entry, ['taken', 'invalid'])
  }

  lookup(handle: string): Outcome<RawDirectoryEntry, 'unknown' | 'invalid'> {
    return !isHandle(handle)
      ? Promise.resolve(failure('invalid'))
      : this.#request('lookup', handle, ['unknown', 'invalid'])
  }

  /** In several requests if they are many; a failure leaves out the rest, and all may be published again. */
  async publishPrekeys(prekeys: readonly Bytes[]): Outcome<undefined> {
    for (let start = 0; start < prekeys.length; start += PREKEYS_PER_REQUEST) {
      const published = await this.#request('publishPrekeys', prekeys.slice(start, start + PREKEYS_PER_REQUEST), [])
      if (!published.ok) return published
    }
    return success(undefined)
  }

  prekeyStock(): Outcome<number> {
    return this.#request('prekeyStock', undefined, [])
  }

  stunPort(): Outcome<number> {
    return this.#request('stunPort', undefined, [])
  }

  fetchPrekey(certHash: Bytes): Outcome<Bytes, 'unknown'> {
    return this.#request('fetchPrekey', certHash, ['unknown'])
  }

  push(toCertHash: Bytes, envelope: Bytes, expiresAt: UnixMs): Outcome<undefined, 'unknown' | 'full'> {
    if (envelope.length > ENVELOPE_MAX) return Promise.resolve(failure('refused'))
    return this.#request('push', { to: toCertHash, expiresAt, envelope }, ['unknown', 'full'])
  }

  onEnvelope(listener: EnvelopeListener): () => void {
    this.#envelopeListeners.add(listener)
    void this.#mailbox?.work()
    return () => this.#envelopeListeners.delete(listener)
  }

  onQueueEmpty(listener: () => void): () => void {
    this.#emptyListeners.add(listener)
    if (this.#emptied) queueMicrotask(() => this.#emptyListeners.has(listener) && listener())
    return () => this.#emptyListeners.delete(listener)
  }

  relayTicket(callId: Bytes, peerAccountPub: Bytes): Outcome<Bytes> {
    return this.#request('relayTicket', { callId, peerAccountPub }, [])
  }

  relayConnect(ticket: Bytes, offer: string): Outcome<string, 'ticket'> {
    if (offer.length > SDP_MAX) return Promise.resolve(failure('refused'))
    return this.#request('relayConnect', { ticket, offer }, ['ticket'])
  }

  groupTicket(groupId: Bytes, accountPub: Bytes, authority: Bytes): Outcome<Bytes, 'ticket' | 'unknown'> {
    return this.#request('groupTicket', { groupId, accountPub, authority }, ['ticket', 'unknown'])
  }

  putLink(linkId: Bytes, blob: Bytes, expiresAt: UnixMs): Outcome<undefined, 'invalid' | 'taken' | 'full'> {
    return this.#request('putLink', { linkId, blob, expiresAt }, ['invalid', 'taken', 'full'])
  }

  getLink(linkId: Bytes): Outcome<Bytes, 'unknown'> {
    return this.#request('getLink', linkId, ['unknown'])
  }

  removeLink(linkId: Bytes): Outcome<undefined, 'unknown'> {
    return this.#request('removeLink', linkId, ['unknown'])
  }

  #connected(connection: Connection): void {
    this.#emptied = false
    this.#mailbox = new Mailbox(this.#envelopeListeners, (queueId) => {
      // An acknowledgement that is lost means that the envelope comes again, and is refused as a repeat (R13).
      void connection.request('acknowledge', queueId)
    })
  }

  #queueEmpty(): void {
    this.#emptied = true
    for (const listener of this.#emptyListeners) listener()
  }

  /** `own`: the failures that mean something to this request's caller; the rest is one of the general three. */
  async #request<Name extends OperationName, Own extends RequestFailure>(
    name: Name,
    request: RequestOf<Name>,
    own: readonly Own[],
  ): Outcome<ReplyOf<Name>, Own> {
    const connection = await this.#link.ready(name !== 'checkHandle')
    if (!connection.ok) return connection
    const result = await connection.value.request(name, request)
    if (result.ok) return result
    const special = own.find((reason) => reason === result.reason)
    return failure(special ?? general(result.reason))
  }
}

function general(reason: RequestFailure): ServiceFailure {
  if (reason === 'lost' || reason === 'unavailable') return 'offline'
  return reason === 'rate-limited' ? 'rate-limited' : 'refused'
}
