/** A connection to the D-Bus session bus for a few method calls; nothing here blocks the process, every call has a time limit. */
import { connect, type Socket } from 'node:net'
import { concatBytes } from '../../src-shared/base/bytes.ts'
import { encodeCall, type MethodCall } from './dbus-call.ts'
import { decodeReply, messageLength, type Reply, type Value } from './dbus-reply.ts'

/** A keyring that cannot say within this time whether it is locked is as good as locked. */
const CALL_LIMIT_MS = 5000

export class BusError extends Error {
  override readonly name = 'BusError'
}

export class SessionBus {
  readonly #socket: Socket
  readonly #pending = new Map<number, (reply: Reply | undefined) => void>()
  #received = new Uint8Array()
  #serial = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#take(chunk)
    })
    const end = () => {
      for (const settle of this.#pending.values()) settle(undefined)
      this.#pending.clear()
    }
    socket.on('close', end).on('error', end)
  }

  /** `undefined` where there is no session bus. */
  static async connect(environment: NodeJS.ProcessEnv): Promise<SessionBus | undefined> {
    for (const socketPath of socketPaths(environment)) {
      const socket = await authenticated(socketPath)
      if (socket === undefined) continue
      const bus = new SessionBus(socket)
      await bus.call({ ...BUS, member: 'Hello' })
      return bus
    }
    return undefined
  }

  /** The values that the method returned. Throws `BusError` if it failed or did not answer in time. */
  async call(call: MethodCall): Promise<readonly Value[]> {
    const serial = ++this.#serial
    const reply = await new Promise<Reply | undefined>((resolve) => {
      const timer = setTimeout(() => {
        this.#pending.delete(serial)
        resolve(undefined)
      }, CALL_LIMIT_MS)
      this.#pending.set(serial, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      if (!this.#socket.destroyed) this.#socket.write(encodeCall(call, serial))
    })
    if (reply === undefined) throw new BusError('no answer')
    if (reply.error !== undefined) throw new BusError(reply.error)
    return reply.values
  }

  async hasOwner(name: string): Promise<boolean> {
    const [owned] = await this.call({ ...BUS, member: 'NameHasOwner', arguments: [{ type: 's', value: name }] })
    return owned === true
  }

  /** The bus can start a service of that name when it is called. */
  async canStart(name: string): Promise<boolean> {
    const [names] = await this.call({ ...BUS, member: 'ListActivatableNames' })
    return Array.isArray(names) && names.includes(name)
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Uint8Array): void {
    this.#received = concatBytes(this.#received, chunk)
    for (;;) {
      const length = messageLength(this.#received)
      if (length === 0) {
        this.#socket.destroy()
        return
      }
      if (length === undefined || this.#received.length < length) return
      const reply = decodeReply(this.#received.subarray(0, length))
      this.#received = this.#received.slice(length)
      if (reply === undefined) continue
      const settle = this.#pending.get(reply.replyTo)
      this.#pending.delete(reply.replyTo)
      settle?.(reply)
    }
  }
}

const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const

/** From `DBUS_SESSION_BUS_ADDRESS`, a list like `unix:path=/run/user/1000/bus;unix:abstract=/tmp/x,guid=…`, or the usual place. */
export function socketPaths(environment: NodeJS.ProcessEnv): string[] {
  const addresses = environment['DBUS_SESSION_BUS_ADDRESS']?.split(';') ?? []
  const paths = addresses.flatMap((address) => {
    const [transport, options] = [address.slice(0, address.indexOf(':')), address.slice(address.indexOf(':') + 1)]
    if (transport !== 'unix') return []
    return options.split(',').flatMap((option) => {
      const [key, value] = [option.slice(0, option.indexOf('=')), unescaped(option.slice(option.indexOf('=') + 1))]
      if (key === 'path') return [value]
      return key === 'abstract' ? [`\0${value}`] : []
    })
  })
  const runtime = environment['XDG_RUNTIME_DIR']
  return addresses.length === 0 && runtime !== undefined ? [`${runtime}/bus`] : paths
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** The SASL handshake with the user's id ("Authentication Protocol", EXTERNAL). */
function authenticated(socketPath: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    let text = ''
    const give = (outcome: Socket | undefined) => {
      socket.removeAllListeners()
      socket.setTimeout(0)
      if (outcome === undefined) {
        // A late error of a socket that is given up must not end the process.
        socket.on('error', () => undefined)
        socket.destroy()
      }
      resolve(outcome)
    }
    const identity = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex')
    socket.setTimeout(CALL_LIMIT_MS, () => {
      give(undefined)
    })
    socket.on('error', () => {
      give(undefined)
    })
    socket.on('connect', () => socket.write(`\0AUTH EXTERNAL ${identity}\r\n`))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (!text.includes('\r\n')) return
      if (!text.startsWith('OK ')) {
        give(undefined)
        return
      }
      socket.write('BEGIN\r\n')
      give(socket)
    })
  })
}
