/** The TCP port: `/health`, the WebSocket of each device at `/v1`, and the relay's at `/v1/relay`. Decides who gets a session, and how many. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import { CLOSE } from '../../src-shared/protocol/service/close-codes.ts'
import { FRAME_MAX } from '../../src-shared/protocol/service/limits.ts'
import { createHandlers, type Handlers } from './handlers.ts'
import { describeError } from './log.ts'
import type { ServiceParts } from './parts.ts'
import { doorPage } from './door-page.ts'
import { addressKey } from './rate-limits.ts'
import { Session } from './session.ts'

const SESSION_PATH = '/v1'
const RELAY_PATH = '/v1/relay'
const CONNECTIONS_MAX = 10_000
const CONNECTIONS_PER_ADDRESS = 200
const HEADERS_MAX: Ms = 10 * SECOND
const CLOSING_MAX: Ms = 1 * SECOND
/** The longest host name, a port, brackets. */
const HOST_MAX = 262

export interface Tls {
  /** PEM. */
  readonly certificate: string
  readonly key: string
}

/** Rejects with the system's error, `EADDRINUSE` for one. */
export async function listen(port: number, host: string | undefined, tls: Tls | undefined): Promise<Server> {
  const server =
    tls === undefined
      ? createServer()
      : createSecureServer({ cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' })
  server.headersTimeout = HEADERS_MAX
  server.requestTimeout = HEADERS_MAX
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server
}

export function listeningPort(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return address.port
}

export class Gateway {
  readonly #server: Server
  readonly #parts: ServiceParts
  readonly #handlers: Handlers
  readonly #probe: () => Promise<void>
  readonly #sessions = new Map<Session, string>()
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_MAX,
    perMessageDeflate: false,
    clientTracking: false,
  })

  /** `probe` rejects when the database does not answer. */
  constructor(server: Server, parts: ServiceParts, probe: () => Promise<void>) {
    this.#server = server
    this.#parts = parts
    this.#probe = probe
    this.#handlers = createHandlers(parts)
    server.on('request', (request, response) => void this.#answer(request, response))
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    server.on('error', (error) => parts.log.error('the listening socket failed', describeError(error)))
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    const sessions = [...this.#sessions.keys()]
    for (const session of sessions) session.close(CLOSE.goingAway)
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => {
      for (const session of sessions) session.terminate()
      this.#server.closeAllConnections()
    }, CLOSING_MAX)
    await closed
    clearTimeout(timer)
    await Promise.all(sessions.map((session) => session.idle()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = request.method === 'GET' ? doorPage(request.url) : undefined
    if (page !== undefined) {
      response.writeHead(200, page.headers).end(page.body)
      return
    }
    if (request.method !== 'GET' || request.url !== '/health') {
      response.writeHead(404).end()
      return
    }
    const healthy = await this.#probe().then(
      () => true,
      () => false,
    )
    response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ status: healthy ? 'ok' : 'unavailable' }))
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const address = addressKey(request.socket.remoteAddress ?? '')
    const refusal = await this.#refusal(request, address)
    if (socket.destroyed) return
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      if (request.url === RELAY_PATH) this.#parts.relay.accept(webSocket)
      else this.#begin(webSocket, request, address)
    })
  }

  async #refusal(request: IncomingMessage, address: string): Promise<string | undefined> {
    if (request.url !== SESSION_PATH && request.url !== RELAY_PATH) return '404 Not Found'
    // Browsers send it, devices do not: no web page talks to the service in its visitor's network.
    if (request.headers.origin !== undefined) return '403 Forbidden'
    const host = request.headers.host
    if (host === undefined || host.length > HOST_MAX) return '400 Bad Request'
    const ofAddress = [...this.#sessions.values()].filter((other) => other === address).length
    if (this.#sessions.size >= CONNECTIONS_MAX) return '503 Service Unavailable'
    if (ofAddress >= CONNECTIONS_PER_ADDRESS) return '429 Too Many Requests'
    return (await this.#parts.rates.allow('connections', address)) ? undefined : '429 Too Many Requests'
  }

  #begin(webSocket: WebSocket, request: IncomingMessage, address: string): void {
    const origin = {
      connection: randomUUID(),
      host: request.headers.host ?? '',
      address,
      localAddress: request.socket.localAddress,
    }
    const session = new Session(webSocket, origin, this.#parts, this.#handlers)
    this.#sessions.set(session, address)
    webSocket.once('close', () => this.#sessions.delete(session))
  }
}
