/**
 * The relay's forwarding in a group's room, against a forwarder that does nothing else (`bare-forwarder.ts`): both in processes of
 * their own, with the same clients in this one, in turns. What is compared is the CPU time of a forwarding process for each copy that
 * arrives, and how long packets are under way.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import path from 'node:path'
import { success } from '../../src-shared/base/result.ts'
import { memberAddress } from '../../src-shared/protocol/relay-frame.ts'
import { repository } from '../e2e/harness/repository.ts'
import { RelayMember, rtpPacket } from '../integration/service/relay-client.ts'
import { until } from '../integration/service/harness.ts'
import { TestChain } from '../support/test-chain.ts'
import { testCrowd } from '../support/test-group.ts'
import type { Answer, Connect } from './forwarder-messages.ts'
import { median, significant } from './statistics.ts'

const SIZES = [5, 10, 20, 33]
const RUNS = 3
const PACKET_SIZE = 1100
/** Copies a second at which delay and CPU are taken: a machine of two cores has time for it, clients included. */
const STEADY = 12_000
const STEADY_SECONDS = 4
/** More than two cores carry with the clients beside: what arrives then is what this machine can do. */
const FLOOD = 50_000
/** Packets of one client: the relay takes 2 MB a second. */
const FLOOD_OF_ONE = 1700
const FLOOD_SECONDS = 2
const TICK_MS = 5
const SENT_AT = 24

interface Figures {
  readonly cpuUs: number
  readonly delayMs: { readonly p50: number; readonly p99: number }
  readonly arrived: number
  readonly perSecond: number
}

type Program = 'relay-forwarder.ts' | 'bare-forwarder.ts'

export async function benchRelay(): Promise<object> {
  const report: Record<string, object> = {}
  for (const size of SIZES) {
    const ours: Figures[] = []
    const bare: Figures[] = []
    for (let run = 0; run < RUNS; run++) {
      ours.push(await measure('relay-forwarder.ts', size))
      bare.push(await measure('bare-forwarder.ts', size))
    }
    const [relay, floor] = [middle(ours), middle(bare)]
    report[`${String(size)} members`] = {
      relay,
      bareForwarder: floor,
      cpuRatio: significant(relay.cpuUsOfACopy / floor.cpuUsOfACopy),
      addedMs: {
        p50: significant(relay.delayMsP50 - floor.delayMsP50),
        p99: significant(relay.delayMsP99 - floor.delayMsP99),
      },
    }
  }
  return { runs: RUNS, packetBytes: PACKET_SIZE, steadyCopiesASecond: STEADY, ...report }
}

function middle(figures: readonly Figures[]) {
  const of = (value: (each: Figures) => number) => significant(median(figures.map(value)))
  return {
    cpuUsOfACopy: of(({ cpuUs }) => cpuUs),
    delayMsP50: of(({ delayMs }) => delayMs.p50),
    delayMsP99: of(({ delayMs }) => delayMs.p99),
    arrivedShare: of(({ arrived }) => arrived),
    copiesASecondAtMost: of(({ perSecond }) => perSecond),
  }
}

async function measure(program: Program, size: number): Promise<Figures> {
  const forwarder = new Forwarder(program)
  const call = await connect(forwarder, size)
  try {
    await call.send(STEADY, 1)
    const before = await forwarder.cpuUs()
    call.reset()
    const sent = await call.send(STEADY, STEADY_SECONDS)
    const cpuUs = ((await forwarder.cpuUs()) - before) / call.delays.length
    const arrived = call.delays.length / sent
    const sorted = call.delays.sort((a, b) => a - b)
    const delayMs = { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
    call.reset()
    await call.send(Math.min(FLOOD, FLOOD_OF_ONE * size * (size - 1)), FLOOD_SECONDS)
    return { cpuUs, delayMs, arrived, perSecond: call.delays.length / FLOOD_SECONDS }
  } finally {
    for (const member of call.members) member.close()
    // What is closed natively still needs the other end.
    await pause(500)
    forwarder.stop()
  }
}

/** `size` clients, all of them members. */
async function connect(forwarder: Forwarder, size: number) {
  const crowd = testCrowd(size)
  const [founder] = crowd
  if (founder === undefined) throw new Error('nobody')
  const chain = new TestChain(founder, new Uint8Array(16))
  for (const device of crowd.slice(1)) chain.add(founder, device)
  const delays: number[] = []
  const members: RelayMember[] = []
  for (const { certificate } of crowd) {
    const { certHash, accountPub } = certificate
    const { groupId } = chain
    const founderCertHash = founder.certificate.certHash
    const member = await enter((offer) => forwarder.connect({ offer, certHash, accountPub, groupId, founderCertHash }))
    member.received = (packet) => delays.push(performance.now() - packet.readDoubleBE(SENT_AT))
    // Without a chain nobody is let in for long.
    if (members.push(member) === 1) submit(member, chain)
  }
  if (forwarder.hasRoom) {
    const [first] = members
    const last = memberAddress(crowd.at(-1)?.certificate.certHash ?? new Uint8Array())
    const here = () => first?.frames.some((frame) => frame.kind === 'entered' && frame.peer === last) === true
    await until(here, 'all are in the room')
  }

  if (forwarder.hasRoom) {
    // Everybody looks at everybody: as many copies as there can be.
    const all = crowd.map(({ certificate }) => ({ member: memberAddress(certificate.certHash), layer: 0 }))
    for (const [index, member] of members.entries()) {
      member.send({ kind: 'want', downlink: 0, pictures: all.filter((_, other) => other !== index) })
    }
    await pause(300)
  }
  const packets = crowd.map((device) => rtpPacket(0, chain.ssrcOf(device, 0, 'video'), PACKET_SIZE))
  let number = 0
  return {
    members,
    delays,
    reset: () => void (delays.length = 0),
    /** How many copies should arrive. */
    async send(copiesASecond: number, seconds: number): Promise<number> {
      const from = performance.now()
      const perSecond = copiesASecond / (size - 1)
      let sent = 0
      for (let now = from; now < from + 1000 * seconds; now = performance.now()) {
        const due = ((now - from) / 1000) * perSecond
        for (; sent < due; sent++) {
          const sender = number++ % size
          const packet = packets[sender] ?? Buffer.alloc(0)
          packet.writeUInt16BE(Math.floor(number / size) & 0xffff, 2)
          packet.writeDoubleBE(performance.now(), SENT_AT)
          const member = members[sender]
          // On a machine that stands still for seconds the relay gives somebody up: seen in what arrives.
          if (member?.ended === false) member.sendPacket(packet)
        }
        await pause(TICK_MS)
      }
      await pause(300)
      return sent * (size - 1)
    },
  }
}

/** One connection in a hundred does not come about (node-datachannel, also without a relay): then another. */
async function enter(connect: (offer: string) => Promise<string>, attempts = 3): Promise<RelayMember> {
  const member = new RelayMember()
  try {
    await member.enter({ relayConnect: async (_, offer) => success(await connect(offer)) }, new Uint8Array())
    return member
  } catch (error) {
    if (attempts === 1) throw error
    member.close()
    return enter(connect, attempts - 1)
  }
}

function submit(member: RelayMember, { entries }: TestChain): void {
  for (let at = 0; at < entries.length; at += 16) {
    member.send({ kind: 'submit', entries: entries.slice(at, at + 16) })
  }
}

/** A forwarding process. */
class Forwarder {
  readonly hasRoom: boolean
  readonly #child: ChildProcess
  readonly #waiting: ((answer: Answer) => void)[] = []

  constructor(program: Program) {
    this.hasRoom = program === 'relay-forwarder.ts'
    this.#child = fork(
      path.join(repository, 'scripts/run-typescript.mjs'),
      [path.join(repository, 'test/bench', program)],
      { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    )
    this.#child.on('message', (answer: Answer) => this.#waiting.shift()?.(answer))
  }

  async connect(request: Omit<Connect, 'kind'>): Promise<string> {
    const answer = await this.#ask({ kind: 'connect', ...request })
    if (answer.kind !== 'answer') throw new Error('no answer')
    return answer.sdp
  }

  /** Of all its threads. */
  async cpuUs(): Promise<number> {
    const answer = await this.#ask({ kind: 'cpu' })
    if (answer.kind !== 'cpu') throw new Error('no answer')
    return answer.us
  }

  stop(): void {
    this.#child.kill()
  }

  #ask(request: Connect | { kind: 'cpu' }): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#child.send(request)
    })
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
