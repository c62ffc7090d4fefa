/**
 * This folder puts the service together and is the only one that knows all of its parts: the port, the sessions, the
 * requests, limits and log. `startService` starts one in this process; `main.ts` is the program around it.
 */
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import path from 'node:path'
import type { DestinationStream } from 'pino'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { MINUTE, type Ms, type UnixMs } from '../../src-shared/base/time.ts'
import { DEFAULT_PORT } from '../../src-shared/protocol/service/address.ts'
import { createLocalBus } from '../bus/bus.ts'
import { Directory } from '../directory/directory.ts'
import { Links } from '../directory/links.ts'
import { Prekeys } from '../directory/prekeys.ts'
import { PushQueue } from '../push/queue.ts'
import { Relay } from '../relay/relay.ts'
import type { Database } from '../storage/database.ts'
import { openEmbedded } from '../storage/embedded.ts'
import { lockFolder } from '../storage/folder-lock.ts'
import { migrate } from '../storage/migrations.ts'
import { ticketKeys } from '../storage/secrets.ts'
import { Gateway, listen, listeningPort, type Tls } from './gateway.ts'
import { startStun } from '../stun/stun-server.ts'
import { createLog, describeError, type Log, type LogLevel } from './log.ts'
import { createOwnNames } from './own-names.ts'
import type { ServiceParts } from './parts.ts'
import { createRateLimits, type Rates } from './rate-limits.ts'

const SWEEP_EVERY: Ms = MINUTE

export interface ServiceOptions {
  /** Where the data lie; in memory without one. */
  readonly dataDir?: string | undefined
  /** TCP; 0 for any. */
  readonly port?: number | undefined
  /** UDP; 0 for any. Without one, the same number as `port`, or any when that is any. */
  readonly relayPort?: number | undefined
  /** UDP; 0 for any. Without one, the number after the relay's, or any when the relay's is any. */
  readonly stunPort?: number | undefined
  /** The one address to listen on; all without one. */
  readonly host?: string | undefined
  /** Names and addresses under which the service is reached beyond those that it finds itself, with a port or without. */
  readonly names?: readonly string[] | undefined
  readonly tls?: Tls | undefined
  /** A file with an empty database, for a new one to begin with. */
  readonly databaseTemplate?: string | undefined
  readonly logLevel?: LogLevel | undefined
  readonly logDestination?: DestinationStream | undefined
  readonly rates?: Rates | undefined
  readonly now?: (() => UnixMs) | undefined
  readonly random?: RandomBytes | undefined
  /** Once: the database has failed for good. Requests are refused from then on; the service should stop and start anew. */
  readonly failed?: (() => void) | undefined
  /** Another database than the embedded one; the service migrates and closes it. */
  readonly openDatabase?: (() => Promise<Database>) | undefined
}

export interface RunningService {
  readonly port: number
  readonly relayPort: number
  /** What others can type to reach it, most useful first. */
  readonly addresses: readonly string[]
  stop(): Promise<void>
}

/** Rejects with `FolderInUseError`, `NewerSchemaError`, or the system's error when a port is taken; nothing runs then. */
export async function startService(options: ServiceOptions = {}): Promise<RunningService> {
  const log = createLog(options.logLevel ?? 'info', options.logDestination)
  const undo: (() => Promise<void>)[] = []
  const unwind = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return await compose(options, log, undo, unwind)
  } catch (error) {
    await unwind()
    throw error
  }
}

async function compose(
  options: ServiceOptions,
  log: Log,
  undo: (() => Promise<void>)[],
  unwind: () => Promise<void>,
): Promise<RunningService> {
  const now = options.now ?? Date.now
  const random = options.random ?? ((length) => new Uint8Array(randomBytes(length)))

  if (options.dataDir !== undefined) undo.push(await lockFolder(options.dataDir))
  const database = await openDatabase(options, log)
  undo.push(() => database.close())
  await migrate(database)

  const server = await listen(options.port ?? DEFAULT_PORT, options.host, options.tls)
  undo.push(() => {
    server.close()
    return Promise.resolve()
  })
  const port = listeningPort(server)
  const relay = Relay.start({
    port: options.relayPort ?? (options.port === 0 ? 0 : port),
    bindAddress: options.host,
    publicAddresses: () => resolveNames(options.names ?? []),
    now,
    defect: (error) => log.warn('a relay connection failed', describeError(error)),
    foreign: (packets) => log.warn('a device sent packets in the name of others', { packets }),
  })
  undo.push(() => relay.stop())
  const stun = await startStun({
    port: options.stunPort ?? (options.relayPort === 0 || options.port === 0 ? 0 : relay.port + 1),
    host: options.host,
  })
  undo.push(() => stun.stop())

  const names = createOwnNames({
    port,
    secure: options.tls !== undefined,
    host: options.host,
    names: options.names ?? [],
    certificate: options.tls?.certificate,
  })
  const parts: ServiceParts = {
    now,
    random,
    log,
    rates: createRateLimits(options.rates),
    names,
    bus: createLocalBus(),
    directory: new Directory(database),
    prekeys: new Prekeys(database),
    links: new Links(database),
    queue: new PushQueue(database),
    relay,
    stun,
    ticketKeys: await ticketKeys(database, random),
  }
  const gateway = new Gateway(server, parts, () => database.probe())
  // Sessions end before the relay and the database that they use.
  undo.push(() => gateway.close())
  undo.push(sweepRegularly(parts))
  log.info('the service is running', { port, relayPort: relay.port })
  return {
    port,
    relayPort: relay.port,
    addresses: names.reachable(),
    stop: async () => {
      await unwind()
      log.info('the service has stopped')
    },
  }
}

function openDatabase(options: ServiceOptions, log: Log): Promise<Database> {
  if (options.openDatabase !== undefined) return options.openDatabase()
  const { dataDir, databaseTemplate: template, failed } = options
  const folder = dataDir === undefined ? undefined : path.join(dataDir, 'database')
  return openEmbedded({
    folder,
    template,
    failed: () => {
      log.error('the database has failed; the service must start anew')
      failed?.()
    },
  })
}

function sweepRegularly({ queue, prekeys, links, now, log }: ServiceParts): () => Promise<void> {
  let sweeping: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    sweeping = sweeping
      .then(() => queue.sweep(now()))
      .then(() => prekeys.sweep(now()))
      .then(() => links.sweep(now()))
      .catch((error: unknown) => log.error('could not erase what has expired', describeError(error)))
  }, SWEEP_EVERY)
  return () => {
    clearInterval(timer)
    return sweeping
  }
}

/** The addresses of the operator's names: before a NAT they are not those of this machine. */
async function resolveNames(names: readonly string[]): Promise<string[]> {
  const resolved = await Promise.all(
    names.map(async (name) => {
      const host = name.replace(/:[0-9]+$/, '').replace(/^\[(.*)\]$/, '$1')
      if (isIP(host) !== 0) return [host]
      const found = await lookup(host, { all: true }).catch(() => [])
      return found.map(({ address }) => address)
    }),
  )
  return resolved.flat()
}
