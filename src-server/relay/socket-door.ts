/** Who may come to the relay over a WebSocket, and those that have come and not said yet whose they are (docs/protocol/service.md, section 5.3). */
import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { toHex } from '../../src-shared/base/bytes.ts'
import { type Ms, SECOND, type UnixMs } from '../../src-shared/base/time.ts'
import { SOCKET_TOKEN_LENGTH, socketAnswer } from '../../src-shared/protocol/service/relay-socket.ts'

/** From the answer to the token on its WebSocket. */
const TOKEN_LIFE: Ms = 15 * SECOND
const EXPECTED_MAX = 2000

export class SocketDoor<Visitor> {
  /** By token. */
  readonly #expected = new Map<string, { readonly visitor: Visitor; readonly until: UnixMs }>()
  readonly #silent = new Set<WebSocket>()
  readonly #now: () => UnixMs

  constructor(now: () => UnixMs) {
    this.#now = now
  }

  /** The answer for somebody who may come; `undefined`: too many may already. */
  expect(visitor: Visitor): string | undefined {
    const now = this.#now()
    for (const [token, { until }] of this.#expected) if (until < now) this.#expected.delete(token)
    if (this.#expected.size >= EXPECTED_MAX) return undefined
    const token = randomBytes(SOCKET_TOKEN_LENGTH)
    this.#expected.set(toHex(token), { visitor, until: now + TOKEN_LIFE })
    return socketAnswer(token)
  }

  /** `enters`: who it is, by its first message; whoever is nobody is put out. */
  accept(socket: WebSocket, enters: (visitor: Visitor) => void): void {
    const timer = setTimeout(() => socket.terminate(), TOKEN_LIFE)
    this.#silent.add(socket)
    const heard = (): void => {
      clearTimeout(timer)
      this.#silent.delete(socket)
    }
    socket.on('error', () => undefined)
    socket.once('close', heard)
    socket.once('message', (data, isBinary) => {
      heard()
      const visitor = isBinary && Buffer.isBuffer(data) ? this.#take(toHex(data)) : undefined
      if (visitor === undefined) socket.terminate()
      else enters(visitor)
    })
  }

  close(): void {
    for (const socket of this.#silent) socket.terminate()
  }

  #take(token: string): Visitor | undefined {
    const expected = this.#expected.get(token)
    this.#expected.delete(token)
    return expected !== undefined && expected.until >= this.#now() ? expected.visitor : undefined
  }
}
