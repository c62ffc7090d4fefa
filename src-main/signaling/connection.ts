/**
 * One WebSocket to the service, from dialling to its end: frames, answers to requests, heartbeat. It never comes back;
 * `service-client.ts` makes the next one. Bytes that cannot be read end it.
 */
import { type RawData, WebSocket } from 'ws'
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { type Clock, type Ms, SECOND } from '../../src-shared/base/time.ts'
import type { ServiceAddress } from '../../src-shared/protocol/service/address.ts'
import { CLOSE } from '../../src-shared/protocol/service/close-codes.ts'
import {
  encodeRequest,
  type FailureStatus,
  parseReplyBody,
  parseServerFrame,
  type ServerPush,
  type Status,
} from '../../src-shared/protocol/service/frame.ts'
import type { OperationName, ReplyOf, RequestOf } from '../../src-shared/protocol/service/operations.ts'
import { Liveness } from '../network/liveness.ts'
import type { NetworkChange } from '../network/network-watch.ts'
import { Dial } from './dial.ts'

const PING_EVERY: Ms = 3 * SECOND
/** Three pings without a sign of life. */
const SILENCE_MAX: Ms = 9 * SECOND
/** Where there is reason to doubt it. */
const PROBE_MAX: Ms = 2 * SECOND
const REPLY_MAX: Ms = 10 * SECOND

export interface ConnectionListener {
  pushed(push: ServerPush): void
  /** Once. `code` is the WebSocket's close code, 1006 when the network ended it. */
  closed(code: number): void
}

/** `lost`: the connection ended or the answer did not come; whether the service did it is not known. */
export type RequestFailure = FailureStatus | 'lost'

type Answer = (status: Status | 'lost', body: Bytes) => void

const NO_BYTES = new Uint8Array()

export class Connection {
  readonly #dial: Dial
  readonly #clock: Clock
  readonly #listener: ConnectionListener
  readonly #waiting = new Map<number, Answer>()
  #socket: WebSocket | undefined
  #localAddress: string | undefined
  #liveness: Liveness | undefined
  #nextId = 1
  #ended = false

  constructor(address: ServiceAddress, clock: Clock, listener: ConnectionListener) {
    this.#clock = clock
    this.#listener = listener
    this.#dial = new Dial(address, clock, {
      opened: (socket, localAddress) => {
        this.#localAddress = localAddress
        this.#use(socket)
      },
      failed: (code) => this.#end(code),
    })
  }

  /** Not while it is being closed: a request then belongs on the next one. */
  get isOpen(): boolean {
    return !this.#ended && this.#socket?.readyState === WebSocket.OPEN
  }

  request<Name extends OperationName>(
    name: Name,
    request: RequestOf<Name>,
  ): Promise<Result<ReplyOf<Name>, RequestFailure>> {
    if (!this.isOpen) return Promise.resolve(failure('lost'))
    const id = this.#nextId
    this.#nextId = id === 0xffffffff ? 1 : id + 1
    const frame = encodeRequest(id, name, request)
    return new Promise((resolve) => {
      const cancelTimer = this.#clock.after(REPLY_MAX, () => answer('lost', NO_BYTES))
      const answer: Answer = (status, body) => {
        cancelTimer()
        this.#waiting.delete(id)
        resolve(this.#understand(name, status, body))
      }
      this.#waiting.set(id, answer)
      this.#socket?.send(frame)
    })
  }

  /** It may be dead: a sign of life is due soon. */
  probe(): void {
    this.#liveness?.probe(PROBE_MAX)
  }

  networkChanged(change: NetworkChange): void {
    if (change.isGone(this.#localAddress)) this.#abort()
    else this.probe()
  }

  close(): void {
    this.#socket?.close(1000)
    this.#end(1000)
  }

  #use(socket: WebSocket): void {
    this.#socket = socket
    const liveness = new Liveness({
      clock: this.#clock,
      interval: PING_EVERY,
      silence: SILENCE_MAX,
      beat: () => socket.ping(),
      dead: () => this.#abort(),
    })
    this.#liveness = liveness
    socket.on('message', (data, isBinary) => this.#received(data, isBinary))
    socket.on('pong', () => liveness.heard())
    socket.on('ping', () => liveness.heard())
    socket.on('close', (code) => this.#end(code))
  }

  #understand<Name extends OperationName>(
    name: Name,
    status: Status | 'lost',
    body: Bytes,
  ): Result<ReplyOf<Name>, RequestFailure> {
    if (status !== 'ok') return failure(status)
    const parsed = parseReplyBody(name, body)
    if (parsed !== undefined) return success(parsed.reply)
    this.#abort()
    return failure('lost')
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#ended) return
    this.#liveness?.heard()
    // The socket's binaryType is the default, so data is one Buffer.
    const frame = isBinary && Buffer.isBuffer(data) ? parseServerFrame(new Uint8Array(data)) : undefined
    if (frame === undefined) this.#abort()
    else if (frame.kind !== 'response') this.#listener.pushed(frame)
    // An answer that came too late has nobody waiting.
    else this.#waiting.get(frame.id)?.(frame.status, frame.body)
  }

  #abort(): void {
    this.#socket?.terminate()
    this.#end(CLOSE.malformed)
  }

  #end(code: number): void {
    if (this.#ended) return
    this.#ended = true
    this.#dial.stop()
    this.#liveness?.stop()
    for (const answer of [...this.#waiting.values()]) answer('lost', NO_BYTES)
    this.#listener.closed(code)
  }
}
