/** What the processes of an app hold: memory, handles, threads (proc(5)) and, after a collection of garbage, JavaScript heaps. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { CDPSession } from 'playwright-core'
import { evaluateInMain, type RunningApp } from '../e2e/harness/app.ts'

export interface ProcessResources {
  /** Bytes. */
  readonly resident: number
  /** Bytes that no other process shares. */
  readonly private: number
  readonly handles: number
  readonly sockets: number
  readonly threads: number
}

/** `Browser`: the main process. `Tab`: the window's renderer, of which the media worker is a part. */
export type ProcessType = 'Browser' | 'Tab' | 'GPU' | 'Utility'

export interface Resources {
  /** All processes of a type together. */
  readonly processes: Readonly<Partial<Record<ProcessType, ProcessResources>>>
  /** Bytes in use: JavaScript objects, and what they keep outside of the heap. */
  readonly heaps: { readonly main: number; readonly page: number; readonly workers: number }
  readonly domNodes: number
  readonly eventListeners: number
}

interface HeapUsage {
  readonly usedSize: number
  /** In newer versions of Chromium. */
  readonly backingStorageSize?: number
}

const ANSWER_LIMIT_MS = 5000

/** What measures `app` from now on, each time it is called. */
export async function openResources(app: RunningApp): Promise<() => Promise<Resources>> {
  const page = await app.main()
  const session = await page.context().newCDPSession(page)
  const workers = await openWorkers(session)
  return async () => {
    const main = await mainHeap(app)
    await session.send('HeapProfiler.collectGarbage')
    const heap: HeapUsage = await session.send('Runtime.getHeapUsage')
    const inWorkers = await workers.heap()
    const dom = await session.send('Memory.getDOMCounters')
    return {
      processes: byType(await app.processes()),
      heaps: { main, page: inUse(heap), workers: inWorkers },
      domNodes: dom.nodes,
      eventListeners: dom.jsEventListeners,
    }
  }
}

const inUse = ({ usedSize, backingStorageSize = 0 }: HeapUsage): number => usedSize + backingStorageSize

function mainHeap({ electron }: RunningApp): Promise<number> {
  return evaluateInMain(electron, () => {
    const scope: typeof globalThis & { collectGarbage?: () => void } = globalThis
    if (scope.collectGarbage === undefined) {
      process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc')
      // A new context has what the flag exposes; the one that runs has not.
      scope.collectGarbage = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void
    }
    scope.collectGarbage()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  })
}

/** Workers are targets of their own, spoken to through the page's session. */
async function openWorkers(session: CDPSession): Promise<{ heap(): Promise<number> }> {
  const open = new Set<string>()
  const waiting = new Map<number, (result: unknown) => void>()
  let next = 1
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') open.add(sessionId)
  })
  session.on('Target.detachedFromTarget', ({ sessionId }) => open.delete(sessionId))
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { id?: number; result?: unknown }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  // Without `flatten` a worker's messages come through this session, the only one that there is.
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })

  const ask = (sessionId: string, method: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = next++
      const limit = setTimeout(() => {
        waiting.delete(id)
        reject(new Error(`a worker did not answer ${method}`))
      }, ANSWER_LIMIT_MS)
      waiting.set(id, (result) => {
        clearTimeout(limit)
        waiting.delete(id)
        resolve(result)
      })
      session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) }).catch(reject)
    })
  return {
    async heap() {
      let bytes = 0
      for (const sessionId of open) {
        await ask(sessionId, 'HeapProfiler.collectGarbage')
        // The protocol's own shape.
        bytes += inUse((await ask(sessionId, 'Runtime.getHeapUsage')) as HeapUsage)
      }
      return bytes
    },
  }
}

function byType(processes: readonly { pid: number; type: string }[]): Resources['processes'] {
  const sums: Partial<Record<ProcessType, ProcessResources>> = {}
  for (const { pid, type } of processes) {
    if (type !== 'Browser' && type !== 'Tab' && type !== 'GPU' && type !== 'Utility') continue
    const held = heldBy(pid)
    const sum = sums[type]
    sums[type] =
      sum === undefined
        ? held
        : {
            resident: sum.resident + held.resident,
            private: sum.private + held.private,
            handles: sum.handles + held.handles,
            sockets: sum.sockets + held.sockets,
            threads: sum.threads + held.threads,
          }
  }
  return sums
}

function heldBy(pid: number): ProcessResources {
  const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(memory)?.[1])
  const files = readdirSync(`/proc/${pid}/fd`).flatMap((file) => target(`/proc/${pid}/fd/${file}`) ?? [])
  return {
    resident: kilobytes('Rss') * 1024,
    private: (kilobytes('Private_Clean') + kilobytes('Private_Dirty')) * 1024,
    handles: files.length,
    sockets: files.filter((file) => file.startsWith('socket:')).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  }
}

/** `undefined`: closed while the list was read. */
function target(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch {
    return undefined
  }
}
