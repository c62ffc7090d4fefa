/**
 * A change in a call of several sizes, as it comes about: real devices without windows, nobody's camera on, through the real service,
 * all on this computer. One comes, and goes again. Moments are what a device's screen would show, which is every 100 ms.
 */
import { availableParallelism } from 'node:os'
import { Participants } from '../e2e/harness/participants.ts'
import { startService } from '../e2e/harness/service.ts'
import { record } from '../participant/record.ts'
import { SLOW_RECORDING } from '../participant/recording.ts'
import { median, significant } from './statistics.ts'

/** Beside a call of two, which one makes by coming. */
const SIZES = [5, 10, 20, 33] as const
const ROUNDS = 3
const LIMIT_MS = 120_000
const POLL_MS = 20
/** What devices do anyway is taken off. */
const IDLE_MS = 4000

/** Median of the rounds. */
interface Change {
  /** From its person's press until the last has all keys of the new epoch, and sends with its own. */
  readonly totalMs: number
  /** Of it since the first device knew of the entry. */
  readonly settledMs: number
  /** At each device that is in. */
  readonly cpuMs: number
}

interface Changes {
  readonly join: Change
  /** Who leaves one person alone is not measured: nobody makes a key. */
  readonly leave?: Change
}

export interface GroupChangeFigures {
  readonly cores: number
  readonly sizes: Readonly<Record<string, Changes>>
}

export async function benchGroupChange(): Promise<GroupChangeFigures> {
  await record(SLOW_RECORDING, 2)
  const service = await startService()
  const begun: Participants[] = []
  const start = async (name: string, count: number, call?: readonly string[]): Promise<Participants> => {
    const options = { guided: true, media: SLOW_RECORDING, ...(call === undefined ? {} : { call }) }
    const started = await Participants.start(service.address, name, count, options)
    begun.push(started)
    return started
  }
  try {
    const newcomer = await start('newcomer', 1)
    const second = await start('second', 1)
    const fillers: Participants[] = []
    for (const [at, size] of SIZES.entries()) {
      // All but the newcomer.
      const before = at === 0 ? 2 : (SIZES[at - 1] ?? size) - 1
      fillers.push(await start(`filler${String(size)}`, size - 1 - before))
    }
    const all = [newcomer, second, ...fillers].flatMap(({ handles }) => handles)
    const inCall = [await start('founder', 1, all), second]
    const sizes: Record<string, Changes> = {}
    const note = (size: number, changes: Changes): void => {
      sizes[size] = changes
      console.log(size, JSON.stringify(changes))
    }
    note(2, { join: middle([await change(inCall, 2, () => letIn(second))]) })
    for (const [at, size] of SIZES.entries()) {
      const filler = fillers[at]
      if (filler === undefined) break
      const before = inCall.reduce((sum, { handles }) => sum + handles.length, 0)
      inCall.push(filler)
      const since = Date.now()
      await filler.join((count) => settled(inCall, before + count, since))
      note(size, await measure(inCall, newcomer, size))
    }
    return { cores: availableParallelism(), sizes }
  } finally {
    await Promise.all(begun.map((some) => some.leave()))
    await service.stop()
  }
}

async function measure(inCall: readonly Participants[], newcomer: Participants, size: number): Promise<Changes> {
  const rounds: Required<Changes>[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      join: await change([...inCall, newcomer], size, () => letIn(newcomer)),
      leave: await change(inCall, size - 1, () => newcomer.part()),
    })
  }
  return { join: middle(rounds.map(({ join }) => join)), leave: middle(rounds.map(({ leave }) => leave)) }
}

function letIn(some: Participants): void {
  void some.join(() => Promise.resolve())
}

/** `members`: how many are in afterwards. */
async function change(crowd: readonly Participants[], members: number, begin: () => void): Promise<Change> {
  const cpu = async () => {
    const all = await Promise.all(crowd.map((some) => some.cpuMs()))
    return all.reduce((sum, ms) => sum + ms, 0)
  }
  await cpu()
  await pause(IDLE_MS)
  const idle = (await cpu()) / IDLE_MS
  const since = Date.now()
  begin()
  const { first, last } = await settled(crowd, members, since)
  const spent = await cpu()
  const busy = spent - idle * (Date.now() - since)
  return { totalMs: last - since, settledMs: last - first, cpuMs: busy / members }
}

/** Until each has the keys of all others, of an epoch that began after `since`. */
async function settled(
  crowd: readonly Participants[],
  members: number,
  since: number,
): Promise<{ readonly first: number; readonly last: number }> {
  for (const limit = Date.now() + LIMIT_MS; Date.now() < limit; await pause(POLL_MS)) {
    const newest = new Map(crowd.flatMap(({ epochs }) => epochs).map((seen) => [seen.handle, seen]))
    const there = [...newest.values()].filter((seen) => seen.members === members - 1 && seen.since > since)
    if (there.length < members) continue
    return { first: Math.min(...there.map((seen) => seen.since)), last: Math.max(...there.map(({ at }) => at)) }
  }
  throw new Error(`${String(members)} do not come to one epoch`)
}

function middle(changes: readonly Change[]): Change {
  const of = (value: (change: Change) => number): number => significant(median(changes.map(value)))
  return {
    totalMs: of(({ totalMs }) => totalMs),
    settledMs: of(({ settledMs }) => settledMs),
    cpuMs: of(({ cpuMs }) => cpuMs),
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
