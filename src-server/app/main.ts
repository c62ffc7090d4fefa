/**
 * The program: starts the service, says where others can reach it, and stops it on SIGTERM, SIGINT, or when the
 * process that started it is gone. With `--json` and to a parent process it says so in one object:
 * `{ "kind": "ready", "port", "relayPort", "addresses" }` or `{ "kind": "failed", "message" }`.
 */
import * as crypto from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { choosePrimitives } from '../../src-shared/crypto/chosen-primitives.ts'
import { opensslPrimitives } from '../../src-shared/crypto/openssl.ts'
import { DEFAULT_PORT } from '../../src-shared/protocol/service/address.ts'
import { DiskFullError } from '../storage/free-space.ts'
import { FolderInUseError } from '../storage/folder-lock.ts'
import { NewerSchemaError } from '../storage/migrations.ts'
import { type Configuration, readConfiguration, USAGE } from './configuration.ts'
import { describeError } from './log.ts'
import { type RunningService, startService } from './service.ts'

type Report =
  | {
      readonly kind: 'ready'
      readonly port: number
      readonly relayPort: number
      readonly addresses: readonly string[]
    }
  | { readonly kind: 'failed'; readonly message: string }

/** Electron's utility processes have this instead of `process.send`. */
interface ParentPort {
  postMessage(message: unknown): void
}

/** Beside the built program (`scripts/build.mjs`). */
const databaseTemplate = fileURLToPath(new URL('new-database.tar.gz', import.meta.url))

process.on('uncaughtException', (error) => {
  // Node would print the message, which may quote a value.
  process.stderr.write(`${JSON.stringify({ ...describeError(error), msg: 'the service ends: defect' })}\n`)
  process.exit(1)
})

choosePrimitives(opensslPrimitives(crypto))
const read = readConfiguration(process.argv.slice(2), process.env)
if (!read.ok) {
  process.stderr.write(`${read.reason}\n\n${USAGE}\n`)
  process.exitCode = 2
} else if (read.value.help) {
  process.stdout.write(`${USAGE}\n`)
} else {
  await run(read.value)
}

async function run(configuration: Configuration): Promise<void> {
  let service: RunningService
  let stop: (code: number) => void = (code) => process.exit(code)
  try {
    // Whoever started this program starts it again.
    service = await startService({ ...configuration.options, databaseTemplate, failed: () => stop(1) })
  } catch (error) {
    report({ kind: 'failed', message: explain(error, configuration) }, configuration.json)
    // The embedded database may keep handles of its own.
    process.exit(1)
  }
  let stopping = false
  stop = (code) => {
    if (stopping) return
    stopping = true
    service.stop().then(
      () => process.exit(code),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', () => stop(0))
  process.on('SIGINT', () => stop(0))
  if (process.send !== undefined) process.on('disconnect', () => stop(0))
  // Last: who reads this may tell it to stop at once.
  const { port, relayPort, addresses } = service
  report({ kind: 'ready', port, relayPort, addresses }, configuration.json)
}

function report(message: Report, json: boolean): void {
  process.send?.(message)
  parentPort()?.postMessage(message)
  if (json) process.stdout.write(`${JSON.stringify(message)}\n`)
  else if (message.kind === 'failed') process.stderr.write(`${message.message}\n`)
  else process.stdout.write(`${readyText(message.addresses, message.port)}\n`)
}

function readyText(addresses: readonly string[], port: number): string {
  const here = `This machine:  localhost:${String(port)}`
  const others = addresses.map((address, index) => `${index === 0 ? 'Others:        ' : '               '}${address}`)
  return [
    'The Sightline service is running. Type one of these into the app as the service address:',
    here,
    ...others,
  ].join('\n')
}

function explain(error: unknown, { options }: Configuration): string {
  if (error instanceof FolderInUseError || error instanceof NewerSchemaError || error instanceof DiskFullError) {
    return error.message
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const relayPort = options.relayPort ?? options.port ?? DEFAULT_PORT
  const ports = `TCP ${String(options.port)} or UDP ${String(relayPort)} or ${String(options.stunPort ?? relayPort + 1)}`
  if (code === 'EADDRINUSE') return `Another program uses port ${ports}. Stop it, or choose another with --port.`
  if (code === 'EACCES') return `No permission for the data folder or the port. Nothing was changed.`
  return `The service could not start: ${error instanceof Error ? error.message : 'unknown reason'}`
}

function parentPort(): ParentPort | undefined {
  const port: unknown = 'parentPort' in process ? process.parentPort : undefined
  return isParentPort(port) ? port : undefined
}

function isParentPort(port: unknown): port is ParentPort {
  return typeof port === 'object' && port !== null && 'postMessage' in port && typeof port.postMessage === 'function'
}
