/** Starts `impaired-link.c` between two TUN devices and tells it how bad the network is; it may change while it runs. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { repository } from '../e2e/harness/repository.ts'

/** Both directions alike. What is left out is as on a perfect link. */
export interface Impairment {
  /** One way. */
  readonly delayMs?: number
  /** Share of packets, 0 to 1. */
  readonly loss?: number
  /** How many packets are lost in a row, in the mean. */
  readonly burst?: number
  /** The bottleneck, bit/s of IP packets. */
  readonly rate?: number
  /** What waits longer before the bottleneck is dropped. */
  readonly queueMs?: number
  /** Added to the delay of each packet, from 0 to this; the order stays. */
  readonly jitterMs?: number
  /** This share of packets comes later than those behind it. */
  readonly overtaken?: number
  readonly overtakenByMs?: number
  readonly carriesNothing?: boolean
  readonly noUdp?: boolean
}

export interface Traffic {
  readonly packetsIn: number
  readonly packetsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
}

export interface ImpairedLink {
  set(impairment: Impairment): Promise<void>
  /** Since the start: from the first device to the second, and back. */
  traffic(): Promise<readonly [Traffic, Traffic]>
  /** The devices go with it. */
  close(): Promise<void>
}

const QUEUE_MS = 200
const SEED = 4711

export async function openImpairedLink(deviceA: string, deviceB: string): Promise<ImpairedLink> {
  const child = spawn(compiled(), [deviceA, deviceB, String(SEED)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const answer = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the impaired link ended')
    return value
  }
  await answer()
  const ask = (line: string): Promise<string> => {
    child.stdin.write(`${line}\n`)
    return answer()
  }
  return {
    async set(wanted) {
      const { delayMs = 0, loss = 0, burst = 1, rate = 0, queueMs = QUEUE_MS, jitterMs = 0 } = wanted
      const { overtaken = 0, overtakenByMs = 0, carriesNothing = false, noUdp = false } = wanted
      const numbers = [delayMs, loss, burst, rate, queueMs, jitterMs, overtaken, overtakenByMs]
      const line = ['set', ...numbers, Number(carriesNothing), Number(noUdp)].join(' ')
      if ((await ask(line)) !== 'set') throw new Error(`the impaired link does not understand: ${line}`)
    },
    async traffic() {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = (await ask('count')).split(' ').map(Number)
      return [
        { packetsIn: a, packetsOut: b, bytesIn: c, bytesOut: d },
        { packetsIn: e, packetsOut: f, bytesIn: g, bytesOut: h },
      ]
    },
    close: () => ended(child),
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.stdin?.end()
  })
}

/** The program's path. */
function compiled(): string {
  const folder = path.join(repository, 'node_modules/.cache/sightline')
  const program = path.join(folder, 'impaired-link')
  mkdirSync(folder, { recursive: true })
  const source = path.join(repository, 'test/lab/impaired-link.c')
  const { status, error } = spawnSync('cc', ['-O2', '-o', program, source], { stdio: 'inherit' })
  if (status !== 0) throw new Error('impaired-link.c could not be compiled', { cause: error })
  return program
}
