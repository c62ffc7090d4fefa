/** Participants without windows (`npm run participant`) beside real apps: processes of several devices each. */
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { ParticipantEvent, ParticipantReport } from '../../participant/main.ts'
import { repository } from './repository.ts'

const READY_LIMIT_MS = 120_000
const REPORT_LIMIT_MS = 20_000
/** Devices in one process: each process costs a hundred megabytes, and one that does much holds up all of its devices. */
const IN_ONE = 8

export interface ParticipantOptions {
  /** They come and go when told to, with camera and microphone off. */
  readonly guided?: boolean
  /** Whom the first of them calls at once. */
  readonly call?: readonly string[]
  /** Another recording. */
  readonly media?: string
}

type Seen<Kind extends ParticipantEvent['event']> = Extract<ParticipantEvent, { event: Kind }>

/** Each has a handle of its own. They say yes to every group call. */
export class Participants {
  readonly handles: readonly string[]
  /** Epochs that they took part in, as they came. */
  readonly epochs: Seen<'epoch'>[] = []
  readonly ended: Seen<'ended'>[] = []
  readonly #children: readonly ChildProcess[]
  readonly #listeners = new Set<(event: ParticipantEvent) => void>()

  private constructor(children: readonly ChildProcess[], handles: readonly string[]) {
    this.#children = children
    this.handles = handles
    for (const child of children) {
      listen(child, (event) => {
        if (event.event === 'epoch') this.epochs.push(event)
        if (event.event === 'ended') this.ended.push(event)
        for (const listener of this.#listeners) listener(event)
      })
    }
  }

  /** They say yes when it rings, with camera and microphone on. Needs a recording (`record`). */
  static async start(
    service: string,
    name: string,
    count: number,
    options: ParticipantOptions = {},
  ): Promise<Participants> {
    const children: ChildProcess[] = []
    const handles: string[] = []
    // One after the other: making accounts and prekeys keeps a core busy.
    for (let first = 0; first < count; first += IN_ONE) {
      const prefix = `${name}${String.fromCharCode(97 + first / IN_ONE)}`
      const child = launch(service, prefix, Math.min(IN_ONE, count - first), options)
      children.push(child)
      handles.push(...(await ready(child)))
    }
    return new Participants(children, handles)
  }

  /** Lets the guided come: one process after the other, each when all before are in. `isIn`: waits until so many of them are. */
  async join(isIn: (count: number) => Promise<unknown>): Promise<void> {
    for (const [at, child] of this.#children.entries()) {
      child.stdin?.write('join\n')
      await isIn(Math.min((at + 1) * IN_ONE, this.handles.length))
    }
  }

  /** All hang up. Guided ones can be let in again. */
  part(): void {
    for (const child of this.#children) child.stdin?.write('part\n')
  }

  /** All switch their cameras on, and those of the first process their microphones. */
  show(): void {
    for (const child of this.#children) child.stdin?.write('video\n')
    this.#children[0]?.stdin?.write('audio\n')
  }

  /** What each of them has got so far. */
  async reports(): Promise<readonly ParticipantReport[]> {
    const reports: ParticipantReport[] = []
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('a participant does not report')), REPORT_LIMIT_MS)
      const listener = (event: ParticipantEvent): void => {
        if (event.event !== 'report') return
        reports.push(event)
        if (reports.length < this.handles.length) return
        clearTimeout(limit)
        this.#listeners.delete(listener)
        resolve()
      }
      this.#listeners.add(listener)
      for (const child of this.#children) child.stdin?.write('report\n')
    })
    return reports
  }

  /** Of all their processes since the last report. */
  async cpuMs(): Promise<number> {
    const reports = await this.reports()
    // Each names its process's.
    const firsts = this.handles.filter((_, at) => at % IN_ONE === 0)
    return reports.reduce((sum, { handle, cpuUs }) => sum + (firsts.includes(handle) ? cpuUs / 1000 : 0), 0)
  }

  /** Ends without a goodbye. */
  kill(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  async leave(): Promise<void> {
    const running = this.#children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    const ended = running.map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of running) child.stdin?.write('leave\n')
    const limit = setTimeout(() => this.kill(), 10_000)
    await Promise.all(ended)
    clearTimeout(limit)
  }
}

function launch(
  service: string,
  name: string,
  count: number,
  { guided, call, media }: ParticipantOptions,
): ChildProcess {
  return spawn(
    process.execPath,
    [
      path.join(repository, 'scripts/run-typescript.mjs'),
      path.join(repository, 'test/participant/main.ts'),
      ...['--service', service, '--name', name, '--count', String(count)],
      ...(guided ? ['--guided'] : []),
      ...(call === undefined ? [] : ['--call', call.join()]),
      ...(media === undefined ? [] : ['--media', media]),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
}

function ready(child: ChildProcess): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('the participants do not start')), READY_LIMIT_MS)
    child.once('exit', (code) => reject(new Error(`the participants ended with ${String(code)}`)))
    const stop = listen(child, (event) => {
      if (event.event !== 'ready') return
      clearTimeout(limit)
      stop()
      resolve(event.handles)
    })
  })
}

function listen(child: ChildProcess, take: (event: ParticipantEvent) => void): () => void {
  if (child.stdout === null) throw new Error('a participant without output')
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line.startsWith('{')) take(JSON.parse(line) as ParticipantEvent)
  })
  return () => lines.removeAllListeners('line')
}
