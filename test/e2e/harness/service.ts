/** The real service as a child process on free ports of this machine, with a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { repository } from './repository.ts'

const START_LIMIT_MS = 120_000

export interface RunningService {
  readonly address: string
  readonly port: number
  readonly relayPort: number
  readonly pid: number
  /** Ends it without a goodbye and starts it again on the same ports and data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface ServicePlace {
  /** Address that it listens on. */
  readonly host: string
  /** The network namespace that it runs in, `undefined`: this process's. */
  readonly namespace: string | undefined
}

export async function startService(
  place: ServicePlace = { host: '127.0.0.1', namespace: undefined },
): Promise<RunningService> {
  const data = mkdtempSync(path.join(tmpdir(), 'sightline-service-'))
  let process_ = await launch(place, data, 0, 0)
  const { port, relayPort } = process_
  return {
    address: `${place.host}:${port}`,
    port,
    relayPort,
    get pid() {
      return process_.child.pid ?? 0
    },
    async restart() {
      await end(process_.child, 'SIGKILL')
      process_ = await launch(place, data, port, relayPort)
    },
    async stop() {
      await end(process_.child, 'SIGTERM')
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function launch({ host, namespace }: ServicePlace, data: string, port: number, relayPort: number) {
  const command = [process.execPath, path.join(repository, 'out/server/main.js'), '--json']
  const [program = '', ...args] = namespace === undefined ? command : ['ip', 'netns', 'exec', namespace, ...command]
  const child = spawn(program, args, {
    env: {
      ...process.env,
      SIGHTLINE_DATA: data,
      SIGHTLINE_HOST: host,
      SIGHTLINE_PORT: String(port),
      SIGHTLINE_RELAY_PORT: String(relayPort),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ready = await firstReadyLine(child)
  return { child, ...ready }
}

function firstReadyLine(child: ChildProcess): Promise<{ port: number; relayPort: number }> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error('the service did not start in time'))
    }, START_LIMIT_MS)
    child.on('exit', (code) => reject(new Error(`the service ended with code ${String(code)}`)))
    if (!child.stdout) throw new Error('no output of the service')
    createInterface(child.stdout).on('line', (line) => {
      if (!line.startsWith('{')) return
      const { port, relayPort } = JSON.parse(line) as { port?: number; relayPort?: number }
      if (port === undefined || relayPort === undefined) return
      clearTimeout(limit)
      resolve({ port, relayPort })
    })
  })
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}
