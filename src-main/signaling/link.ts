/**
 * Keeps one connection to the service alive and authenticated: dials, answers the challenge, tries again after a loss.
 * A device without an account stays unauthenticated, and proves itself as soon as it has one.
 */
import { type Bytes, equalBytes } from '../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { type Clock, MINUTE, type Ms, SECOND, type UnixMs } from '../../src-shared/base/time.ts'
import { hostHeader, type ServiceAddress } from '../../src-shared/protocol/service/address.ts'
import { signAuthentication } from '../../src-shared/protocol/service/authentication.ts'
import { CLOSE } from '../../src-shared/protocol/service/close-codes.ts'
import type { ServerPush } from '../../src-shared/protocol/service/frame.ts'
import type { NetworkChange } from '../network/network-watch.ts'
import { jittered, retryDelay } from './backoff.ts'
import { Connection } from './connection.ts'
import type { Service } from './service.ts'

/** From dialling to the challenge. */
const CHALLENGE_MAX: Ms = 10 * SECOND
/** What a request that comes while connecting waits. */
const READY_MAX: Ms = 5 * SECOND
/** The service knows this device and does not want it, or has a newer connection of it: coming back at once helps nobody. */
const UNWANTED_PAUSE: Ms = MINUTE
/** A request makes a waiting link dial at once, not more often than this. */
const DIAL_AGAIN_MIN: Ms = 2 * SECOND

/** What the device proves itself with. */
export interface ServiceIdentity {
  readonly certificate: Bytes
  /** The device signing key. */
  readonly signingSecret: Bytes
}

export interface LinkOptions {
  readonly address: ServiceAddress
  /** `undefined` as long as there is no account. */
  readonly identity: () => ServiceIdentity | undefined
  readonly clock: Clock
  readonly random: RandomBytes
}

export interface LinkListener {
  state(state: Service['state']): void
  /** A new connection: what was under way on the one before is void. */
  connected(connection: Connection): void
  pushed(push: Exclude<ServerPush, { kind: 'challenge' }>): void
  lost(): void
}

export class Link {
  readonly #options: LinkOptions
  readonly #listener: LinkListener
  readonly #waiters = new Set<() => void>()
  #state: Service['state'] = 'connecting'
  #connection: Connection | undefined
  /** Of this connection, until it is used: it serves one proof. */
  #nonce: Bytes | undefined
  #challenged = false
  #provenWith: Bytes | undefined
  #failures = 0
  #pause: Ms | undefined
  #dialledAt: UnixMs = 0
  #cancelTimer: () => void = () => undefined
  #closed = false

  constructor(options: LinkOptions, listener: LinkListener) {
    this.#options = options
    this.#listener = listener
  }

  get state(): Service['state'] {
    return this.#state
  }

  /** Begins; also dials at once when the link waits for its next attempt. */
  dial(): void {
    if (this.#closed || this.#connection !== undefined) return
    this.#cancelTimer()
    this.#dialledAt = this.#options.clock.now()
    this.#pause = undefined
    const connection: Connection = new Connection(this.#options.address, this.#options.clock, {
      pushed: (push) => this.#connection === connection && this.#pushed(connection, push),
      closed: (code) => this.#connection === connection && this.#lost(code),
    })
    this.#connection = connection
    this.#listener.connected(connection)
    this.#cancelTimer = this.#options.clock.after(CHALLENGE_MAX, () => !this.#challenged && connection.close())
  }

  /** The connection for a request, after a short wait if need be. */
  async ready(proven: boolean): Promise<Result<Connection, 'offline' | 'refused'>> {
    if (proven && this.#options.identity() === undefined) return failure('refused')
    if (this.#options.clock.now() - this.#dialledAt >= DIAL_AGAIN_MIN) this.dial()
    this.#prove()
    const connection = this.#usable(proven) ?? (await this.#wait(proven))
    return connection === undefined ? failure('offline') : success(connection)
  }

  /** There is an account now, or the device's certificate was renewed. */
  identityChanged(): void {
    const identity = this.#options.identity()
    if (this.#provenWith === undefined) this.#prove()
    else if (identity === undefined || !equalBytes(identity.certificate, this.#provenWith)) this.#connection?.close()
  }

  /** The machine woke up or has another network. */
  networkChanged(change: NetworkChange): void {
    this.#failures = 0
    if (this.#connection === undefined) this.dial()
    else this.#connection.networkChanged(change)
  }

  /** Another connection to the same service was lost. */
  doubt(): void {
    this.#connection?.probe()
  }

  /** The other side does not behave like our service. */
  reconnect(): void {
    this.#connection?.close()
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer()
    this.#connection?.close()
    this.#setState('offline')
    this.#wake()
  }

  #pushed(connection: Connection, push: ServerPush): void {
    if (push.kind !== 'challenge') {
      this.#listener.pushed(push)
      return
    }
    if (this.#challenged) {
      // Nobody gets a second signature on one connection.
      connection.close()
      return
    }
    this.#challenged = true
    this.#nonce = push.nonce
    this.#cancelTimer()
    if (this.#options.identity() === undefined) this.#isUp()
    else this.#prove()
  }

  #prove(): void {
    const identity = this.#options.identity()
    const [connection, nonce] = [this.#connection, this.#nonce]
    if (identity === undefined || connection === undefined || nonce === undefined) return
    this.#nonce = undefined
    void this.#authenticate(connection, identity, nonce)
  }

  async #authenticate(connection: Connection, identity: ServiceIdentity, nonce: Bytes): Promise<void> {
    const signature = signAuthentication(identity.signingSecret, nonce, hostHeader(this.#options.address))
    const result = await connection.request('authenticate', { certificate: identity.certificate, signature })
    if (this.#connection !== connection) return
    if (result.ok) {
      this.#provenWith = identity.certificate
      this.#isUp()
      return
    }
    const passing = result.reason === 'lost' || result.reason === 'unavailable' || result.reason === 'rate-limited'
    if (!passing) this.#pause = UNWANTED_PAUSE
    connection.close()
  }

  #isUp(): void {
    this.#failures = 0
    this.#setState('online')
    this.#wake()
  }

  #lost(code: number): void {
    const wasUp = this.#state === 'online'
    this.#connection = undefined
    this.#nonce = undefined
    this.#challenged = false
    this.#provenWith = undefined
    this.#cancelTimer()
    this.#listener.lost()
    this.#wake()
    if (this.#closed) {
      this.#setState('offline')
      return
    }
    if (code === CLOSE.replaced || code === CLOSE.revoked) this.#pause = UNWANTED_PAUSE
    const { clock, random } = this.#options
    const delay = this.#pause === undefined ? retryDelay(this.#failures, random) : jittered(this.#pause, random)
    this.#failures++
    this.#setState(wasUp && this.#pause === undefined ? 'connecting' : 'offline')
    this.#cancelTimer = clock.after(delay, () => this.dial())
  }

  #usable(proven: boolean): Connection | undefined {
    const usable = proven ? this.#provenWith !== undefined : this.#challenged
    return usable && this.#connection?.isOpen === true ? this.#connection : undefined
  }

  #wait(proven: boolean): Promise<Connection | undefined> {
    return new Promise((resolve) => {
      const settle = (connection: Connection | undefined) => {
        cancelTimer()
        this.#waiters.delete(look)
        resolve(connection)
      }
      const look = () => {
        const connection = this.#usable(proven)
        if (connection !== undefined || this.#closed) settle(connection)
      }
      const cancelTimer = this.#options.clock.after(READY_MAX, () => settle(undefined))
      this.#waiters.add(look)
      look()
    })
  }

  #wake(): void {
    for (const look of [...this.#waiters]) look()
  }

  #setState(state: Service['state']): void {
    if (state === this.#state) return
    this.#state = state
    this.#listener.state(state)
  }
}
