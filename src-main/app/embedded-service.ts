/**
 * The service inside the app, for whoever has configured none: `out/server/main.js` in a utility process of its own, so that
 * a database or relay that fails takes no call window with it. Restarted when it ends by itself.
 */
import { utilityProcess, type UtilityProcess } from 'electron'
import * as v from 'valibot'
import { addressText, DEFAULT_PORT } from '../../src-shared/protocol/service/address.ts'
import type { Log } from './log.ts'

export interface EmbeddedOptions {
  /** `out/server/main.js` */
  readonly program: string
  readonly data: string
  readonly log: Log
}

export interface LocalService {
  /** For this app. */
  readonly address: string
  /** For people on other machines; the same if this one has no address there. */
  readonly shownAddress: string
  /** `false`: another process's, found on the usual port. */
  readonly embedded: boolean
  /** Resolves when its process has ended. */
  stop(): Promise<void>
}

const START_LIMIT_MS = 60_000
const PROBE_LIMIT_MS = 700
const RESTART_AFTER_MS = 2000

const readySchema = v.object({
  kind: v.literal('ready'),
  port: v.pipe(v.number(), v.integer()),
  addresses: v.array(v.string()),
})
const failedSchema = v.object({ kind: v.literal('failed') })

/** Uses the service that answers on the usual port of this machine, or starts one. `undefined` if that fails. */
export async function startLocalService(options: EmbeddedOptions): Promise<LocalService | undefined> {
  const usual = addressText({ secure: false, host: 'localhost', port: DEFAULT_PORT })
  if (await answers(DEFAULT_PORT)) {
    return { address: usual, shownAddress: usual, embedded: false, stop: () => Promise.resolve() }
  }
  const service = new EmbeddedService(options)
  // Another program may have the usual port: any other does as well, people are told which.
  const ready = (await service.start(DEFAULT_PORT)) ?? (await service.start(0))
  if (ready === undefined) return undefined
  const address = addressText({ secure: false, host: 'localhost', port: ready.port })
  return {
    address,
    shownAddress: ready.addresses[0] ?? address,
    embedded: true,
    stop: () => service.stop(),
  }
}

/** A service of ours says so at `/health`. */
async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) })
    const body: unknown = await response.json()
    return v.is(v.object({ status: v.string() }), body)
  } catch {
    return false
  }
}

type Ready = v.InferOutput<typeof readySchema>

class EmbeddedService {
  readonly #options: EmbeddedOptions
  #process: UtilityProcess | undefined
  #stopped = false

  constructor(options: EmbeddedOptions) {
    this.#options = options
  }

  start(port: number): Promise<Ready | undefined> {
    const { program, data, log } = this.#options
    const child = utilityProcess.fork(program, ['--data', data, '--port', String(port), '--log', 'warn'], {
      serviceName: 'Sightline service',
      stdio: 'ignore',
    })
    this.#process = child
    return new Promise((resolve) => {
      const limit = setTimeout(() => {
        log.error('the embedded service did not start in time')
        child.kill()
        resolve(undefined)
      }, START_LIMIT_MS)
      child.on('message', (message: unknown) => {
        if (v.is(readySchema, message)) {
          clearTimeout(limit)
          child.once('exit', (code) => {
            this.#ended(code, message.port)
          })
          resolve(message)
        } else if (v.is(failedSchema, message)) {
          clearTimeout(limit)
          resolve(undefined)
        }
      })
      child.once('exit', (code) => {
        clearTimeout(limit)
        if (!this.#stopped) log.warn({ code }, 'the embedded service ended')
        resolve(undefined)
      })
    })
  }

  stop(): Promise<void> {
    this.#stopped = true
    const child = this.#process
    if (child?.pid === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      child.once('exit', () => {
        resolve()
      })
      child.kill()
    })
  }

  #ended(code: number, port: number): void {
    if (this.#stopped) return
    this.#options.log.error({ code }, 'the embedded service is started again')
    setTimeout(() => {
      if (this.#stopped) return
      void this.start(port).then((ready) => {
        if (ready === undefined) this.#ended(code, port)
      })
    }, RESTART_AFTER_MS)
  }
}
