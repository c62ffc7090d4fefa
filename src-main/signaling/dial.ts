/**
 * Opens the WebSocket to the service. Who dials while the network is away has to wait, when it is back, for TCP's own pauses, which
 * double from 1 s: so whatever finds nobody gets another attempt beside it, and the first that comes about counts (as RFC 8305 does it
 * for several addresses).
 */
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { type Clock, type Ms, SECOND } from '../../src-shared/base/time.ts'
import { hostHeader, type ServiceAddress, serviceUrl } from '../../src-shared/protocol/service/address.ts'
import { FRAME_MAX } from '../../src-shared/protocol/service/limits.ts'

/** All attempts together. */
const DIAL_MAX: Ms = 8 * SECOND
const ANOTHER_AFTER: Ms = 0.75 * SECOND

/** The network ended it (RFC 6455, 7.1.5). */
const ABNORMAL = 1006

export interface DialListener {
  /** `localAddress`: of this computer. What the service says first comes after this. */
  opened(socket: WebSocket, localAddress: string | undefined): void
  /** Once, instead. */
  failed(code: number): void
}

export class Dial {
  readonly #address: ServiceAddress
  readonly #open: typeof openSocket
  readonly #clock: Clock
  readonly #listener: DialListener
  readonly #attempts = new Set<WebSocket>()
  /** Somebody is there, who may only need time. */
  #isAnswered = false
  #cancelNext: () => void = () => undefined
  readonly #cancelLimit: () => void

  constructor(address: ServiceAddress, clock: Clock, listener: DialListener, open = openSocket) {
    this.#address = address
    this.#open = open
    this.#clock = clock
    this.#listener = listener
    this.#cancelLimit = clock.after(DIAL_MAX, () => this.#fail(ABNORMAL))
    this.#attempt()
  }

  stop(): void {
    this.#cancelLimit()
    this.#cancelNext()
    const attempts = [...this.#attempts]
    this.#attempts.clear()
    for (const socket of attempts) socket.terminate()
  }

  #attempt(): void {
    const socket = this.#open(this.#address, () => (this.#isAnswered = true))
    let localAddress: string | undefined
    this.#attempts.add(socket)
    socket.on('upgrade', (response) => (localAddress = response.socket.localAddress))
    socket.on('open', () => {
      if (!this.#attempts.delete(socket)) return
      this.stop()
      this.#listener.opened(socket, localAddress)
    })
    // An error is followed by 'close', which says all there is to say.
    socket.on('error', () => undefined)
    socket.on('close', (code) => {
      if (this.#attempts.delete(socket) && this.#attempts.size === 0) this.#fail(code)
    })
    this.#cancelNext = this.#clock.after(ANOTHER_AFTER, () => {
      if (!this.#isAnswered) this.#attempt()
    })
  }

  #fail(code: number): void {
    this.stop()
    this.#listener.failed(code)
  }
}

/** `answered`: TCP stands. */
function openSocket(address: ServiceAddress, answered: () => void): WebSocket {
  return new WebSocket(serviceUrl(address), {
    headers: { host: hostHeader(address) },
    handshakeTimeout: DIAL_MAX,
    maxPayload: FRAME_MAX,
    perMessageDeflate: false,
    followRedirects: false,
    finishRequest: (request) => {
      request.once('socket', (tcp: Socket) => tcp.once('connect', answered))
      request.end()
    },
  })
}
