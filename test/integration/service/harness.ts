/** A real service on loopback, devices that talk to it as the app does, and raw sockets that do not. */
import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { WebSocket } from 'ws'
import { ServiceClient } from '../../../src-main/signaling/service-client.ts'
import { type RunningService, type ServiceOptions, startService } from '../../../src-server/app/service.ts'
import type { Database } from '../../../src-server/storage/database.ts'
import { openEmbedded } from '../../../src-server/storage/embedded.ts'
import { type Clock, DAY, type UnixMs } from '../../../src-shared/base/time.ts'
import { issuePrekey, type PrekeyKind } from '../../../src-shared/protocol/prekey.ts'
import { parseAddress } from '../../../src-shared/protocol/service/address.ts'
import { signAuthentication } from '../../../src-shared/protocol/service/authentication.ts'
import { parseServerFrame, type ServerFrame } from '../../../src-shared/protocol/service/frame.ts'
import { DATABASE_TEMPLATE } from '../../support/database-template.ts'
import { NOW, type TestDevice, valueOf } from '../../support/test-device.ts'

/** The certificates of `testDevice` are of that time. */
export const testNow = (): UnixMs => Date.now() - STARTED + NOW
const STARTED = Date.now()

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}

export const random = (length: number) => new Uint8Array(randomBytes(length))

export function startTestService(options: ServiceOptions = {}): Promise<RunningService> {
  return startService({
    port: 0,
    relayPort: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    databaseTemplate: DATABASE_TEMPLATE,
    now: testNow,
    ...options,
  })
}

let shared: Promise<Database> | undefined

/** One database for several services of a test file, one after another: starting one takes seconds. */
export async function sharedDatabase(): Promise<Database> {
  shared ??= openEmbedded({ template: DATABASE_TEMPLATE })
  const database = await shared
  return {
    query: (sql, parameters) => database.query(sql, parameters),
    transaction: (body) => database.transaction(body),
    probe: () => database.probe(),
    close: () => Promise.resolve(),
  }
}

export async function closeSharedDatabase(): Promise<void> {
  const database = await shared
  shared = undefined
  await database?.close()
}

export const temporaryFolder = (): string => path.join(tmpdir(), `sightline-${randomUUID()}`)

/** Closed by `closeAll`. */
const open = new Set<{ close(): void }>()

export function closeAll(): void {
  for (const each of open) each.close()
  open.clear()
}

type Who = TestDevice | undefined | (() => TestDevice | undefined)

export function clientOf(who: Who, port: number, host = '127.0.0.1'): ServiceClient {
  const client = new ServiceClient({
    address: valueOf(parseAddress(`${host}:${String(port)}`)),
    identity: () => {
      const device = typeof who === 'function' ? who() : who
      return device && { certificate: device.certificate.bytes, signingSecret: device.keys.device.secret }
    },
    clock: systemClock,
    random,
  })
  open.add(client)
  return client
}

/** A client whose device is in the directory under `handle`. */
export async function registered(device: TestDevice, handle: string, port: number): Promise<ServiceClient> {
  const client = clientOf(device, port)
  const { bytes: certificate } = device.certificate
  valueOf(await client.register({ handle, certificate, deviceList: device.list.bytes }))
  return client
}

export function prekey(device: TestDevice, kind: PrekeyKind, id: number, notAfter = NOW + 30 * DAY): Uint8Array {
  const { p256, kem } = device.keys.agreement
  const fields = { kind, id, certHash: device.certificate.certHash, p256: p256.public, kem: kem.public, notAfter }
  return issuePrekey(fields, device.keys.device.secret).bytes
}

/** What the service sees of an envelope: version, kind, receiver, and bytes that it cannot read. */
export function envelopeTo(device: TestDevice, content: string, size = 300): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set([1, 1])
  bytes.set(device.certificate.certHash, 2)
  bytes.set(Buffer.from(content), 34)
  return bytes
}

export const contentOf = (envelope: Uint8Array): string =>
  Buffer.from(envelope.subarray(34)).toString().replace(/\0+$/, '')

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 10) {
    if (waited > 20_000) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A WebSocket without manners. */
export class RawDevice {
  readonly frames: ServerFrame[] = []
  closeCode: number | undefined
  readonly socket: WebSocket

  constructor(port: number, headers: Record<string, string> = {}, path = '/v1') {
    this.socket = new WebSocket(`ws://127.0.0.1:${String(port)}${path}`, { headers, perMessageDeflate: false })
    this.socket.on('message', (data: Buffer) => {
      const frame = parseServerFrame(new Uint8Array(data))
      if (frame === undefined) throw new Error('the service sent an unreadable frame')
      this.frames.push(frame)
    })
    this.socket.on('close', (code) => (this.closeCode = code))
    this.socket.on('error', () => undefined)
    open.add({ close: () => this.socket.terminate() })
  }

  async nonce(): Promise<Uint8Array> {
    await until(() => this.frames.length > 0 || this.closeCode !== undefined, 'there is a challenge')
    const [first] = this.frames
    if (first?.kind !== 'challenge') throw new Error('no challenge')
    return first.nonce
  }

  /** The status of the answer to request `id`, or `closed`. */
  async status(id: number): Promise<string> {
    const answer = () => this.frames.find((frame) => frame.kind === 'response' && frame.id === id)
    await until(() => answer() !== undefined || this.closeCode !== undefined, 'there is an answer')
    const frame = answer()
    return frame?.kind === 'response' ? frame.status : 'closed'
  }
}

export const proof = (device: TestDevice, nonce: Uint8Array, host: string) => ({
  certificate: device.certificate.bytes,
  signature: signAuthentication(device.keys.device.secret, nonce, host),
})
