/**
 * One WebSocket of one device, from the challenge to the close. Frames are answered one after another; while too many
 * wait, the socket is not read. What a request does stands in `handlers.ts`.
 */
import { setImmediate } from 'node:timers/promises'
import type { RawData, WebSocket } from 'ws'
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import type { VerifiedCertificate } from '../../src-shared/identity/certificate.ts'
import {
  encodeFailure,
  encodePush,
  encodeReply,
  parseRequestBody,
  parseRequestFrame,
  type ServerPush,
} from '../../src-shared/protocol/service/frame.ts'
import { CLOSE } from '../../src-shared/protocol/service/close-codes.ts'
import type { OperationName } from '../../src-shared/protocol/service/operations.ts'
import type { DeviceNews } from '../bus/bus.ts'
import { Delivery } from '../push/delivery.ts'
import { DatabaseError } from '../storage/database.ts'
import type { Caller, CallerOrigin } from './caller.ts'
import { type Handlers, permits } from './handlers.ts'
import { describeError } from './log.ts'
import type { ServiceParts } from './parts.ts'

const PING_EVERY: Ms = 5 * SECOND
const SILENCE_MAX: Ms = 15 * SECOND
/** A device without an account looks at handles; it has this long to make one. */
const UNAUTHENTICATED_MAX: Ms = 600 * SECOND
const PENDING_MAX = 64
const PENDING_RESUME = 16
/** A device that does not read what it asked for. */
const UNSENT_MAX = 8 * 1024 * 1024

export class Session implements Caller {
  readonly origin: CallerOrigin
  readonly #socket: WebSocket
  readonly #parts: ServiceParts
  readonly #handlers: Handlers
  readonly #timer: NodeJS.Timeout
  readonly #openedAt: number
  #lastHeard: number
  #nonce: Bytes | undefined
  #pending: Bytes[] = []
  #work: Promise<void> = Promise.resolve()
  #certificate: VerifiedCertificate | undefined
  #listed = false
  #delivery: Delivery | undefined
  #unsubscribe: (() => void) | undefined

  constructor(socket: WebSocket, origin: CallerOrigin, parts: ServiceParts, handlers: Handlers) {
    this.origin = origin
    this.#socket = socket
    this.#parts = parts
    this.#handlers = handlers
    this.#openedAt = this.#lastHeard = parts.now()
    this.#nonce = parts.random(32)
    this.#timer = setInterval(() => this.#heartbeat(), PING_EVERY)
    socket.on('message', (data, isBinary) => this.#received(data, isBinary))
    socket.on('pong', () => (this.#lastHeard = parts.now()))
    socket.on('close', () => this.#closed())
    socket.on('error', () => socket.terminate())
    this.push({ kind: 'challenge', nonce: this.#nonce })
  }

  get certificate(): VerifiedCertificate | undefined {
    return this.#certificate
  }

  get listed(): boolean {
    return this.#listed
  }

  takeNonce(): Bytes | undefined {
    const nonce = this.#nonce
    this.#nonce = undefined
    return nonce
  }

  authenticated(certificate: VerifiedCertificate): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#certificate = certificate
    const device = toHex(certificate.certHash)
    this.#unsubscribe = this.#parts.bus.subscribe(device, (news) => this.#heard(news))
    this.#parts.bus.publish(device, { kind: 'connected', connection: this.origin.connection })
  }

  /** The directory has this device now; its queue is its own. */
  becomeListed(): void {
    if (this.#certificate === undefined || this.#listed || this.#socket.readyState !== this.#socket.OPEN) return
    this.#listed = true
    this.#delivery = new Delivery(this.#certificate.certHash, {
      queue: this.#parts.queue,
      now: this.#parts.now,
      send: (push) => this.push(push),
      failed: (error) => {
        this.#parts.log.error('could not read a queue', describeError(error))
        this.close(CLOSE.goingAway)
      },
    })
    // After the reply to the request that made it so.
    void setImmediate().then(() => this.#delivery?.wake())
  }

  async acknowledge(queueId: number): Promise<void> {
    await this.#delivery?.acknowledge(queueId)
  }

  push(push: ServerPush): void {
    this.#send(encodePush(push))
  }

  close(code: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#pending = []
    this.#socket.close(code)
  }

  /** Resolves when no request is being worked on. */
  async idle(): Promise<void> {
    await this.#work
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #send(frame: Bytes): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > UNSENT_MAX) {
      this.terminate()
      return
    }
    this.#socket.send(frame)
  }

  #received(data: RawData, isBinary: boolean): void {
    this.#lastHeard = this.#parts.now()
    if (this.#socket.readyState !== this.#socket.OPEN) return
    // The socket's binaryType is the default, so data is one Buffer.
    if (!isBinary || !Buffer.isBuffer(data)) {
      this.close(CLOSE.malformed)
      return
    }
    this.#pending.push(new Uint8Array(data))
    if (this.#pending.length >= PENDING_MAX) this.#socket.pause()
    this.#work = this.#work.then(() => this.#answerNext())
  }

  async #answerNext(): Promise<void> {
    const frame = this.#pending.shift()
    if (this.#socket.isPaused && this.#pending.length <= PENDING_RESUME) this.#socket.resume()
    if (frame === undefined) return
    await this.#answer(frame)
    // The embedded database answers without giving way; the relay's packets must not wait for a whole burst of requests.
    await setImmediate()
  }

  async #answer(bytes: Bytes): Promise<void> {
    const frame = parseRequestFrame(bytes)
    if (frame === undefined) {
      this.close(CLOSE.malformed)
      return
    }
    if (!(await this.#parts.rates.allow('frames', this.origin.connection))) {
      this.#send(encodeFailure(frame.id, 'rate-limited'))
      return
    }
    try {
      await this.#perform(frame.id, frame.name, this.#handlers[frame.name], frame.body)
    } catch (error) {
      const unavailable = error instanceof DatabaseError
      this.#parts.log.error(unavailable ? 'the database failed' : 'a request failed', describeError(error))
      this.#send(encodeFailure(frame.id, unavailable ? 'unavailable' : 'refused'))
    }
  }

  async #perform<Name extends OperationName>(
    id: number,
    name: Name,
    handler: Handlers[Name],
    body: Bytes,
  ): Promise<void> {
    const parsed = parseRequestBody(name, body)
    if (parsed === undefined) {
      this.#send(encodeFailure(id, 'malformed'))
      this.close(CLOSE.malformed)
      return
    }
    const missing = permits(name, this)
    if (missing !== undefined) {
      this.#send(encodeFailure(id, missing))
      return
    }
    const result = await handler(this, parsed.request)
    this.#send(result.ok ? encodeReply(id, name, result.value) : encodeFailure(id, result.reason))
  }

  #heard(news: DeviceNews): void {
    switch (news.kind) {
      case 'mail':
        this.#delivery?.wake()
        return
      case 'connected':
        if (news.connection !== this.origin.connection) this.close(CLOSE.replaced)
        return
      case 'revoked':
        this.close(CLOSE.revoked)
        return
    }
  }

  #heartbeat(): void {
    const now = this.#parts.now()
    if (now - this.#lastHeard > SILENCE_MAX) this.terminate()
    else if (this.#certificate === undefined && now - this.#openedAt > UNAUTHENTICATED_MAX)
      this.close(CLOSE.unauthenticated)
    else if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping()
  }

  #closed(): void {
    clearInterval(this.#timer)
    this.#delivery?.stop()
    this.#unsubscribe?.()
    this.#pending = []
  }
}
