/** One group call between real apps, with its keys and member lists followed: what `npm run demo -- --participants` reports. */
import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import texts from '../../src-renderer/app/language/en.json' with { type: 'json' }
import type { Bridge } from '../../src-shared/ipc/contract.ts'
import type { Snapshot } from '../../src-shared/ipc/snapshot.ts'
import { accept, createAccount, snapshot, startGroup, until } from '../e2e/harness/actions.ts'
import { type RunningApp, startApp } from '../e2e/harness/app.ts'
import { quantile } from '../e2e/harness/picture-probe.ts'
import { Participants } from '../e2e/harness/participants.ts'
import type { ParticipantReport } from '../participant/main.ts'
import { record } from '../participant/record.ts'
import { RECORDING, SLOW_RECORDING } from '../participant/recording.ts'
import type { CallOptions } from './measured-call.ts'

const PEOPLE = ['ada', 'grace', 'alan', 'edith', 'linus', 'mary', 'niklaus', 'barbara'] as const
/** More than so many apps starve two cores: further participants have no window. */
export const APPS_MAX = PEOPLE.length
export const PARTICIPANTS_MAX = 33
/** Beside a crowd without windows. */
const APPS_IN_CROWD = 2
/** Everybody opens what everybody sends: with more participants for each core, pictures are few. */
const FLUENT_FOR_EACH_CORE = 8
const FEW_PICTURES = 2
const FLUENT_PICTURES = 10

export interface GroupReport {
  readonly participants: number
  /** Each of which had keys of its own, as the founder saw them. */
  readonly epochs: number
  /** From the first to the last participant that sends under an epoch's keys and has those of all others. */
  readonly rekeyMs: { readonly p50: number | undefined; readonly p95: number | undefined }
  /** From one participant's leaving until the last of the others has the new keys of all. */
  readonly leaveToNewKeysMs: number
  /** rosterHash, hexadecimal: equal for all. */
  readonly rosterDigest: string
  /** From the last one's yes until everybody sees everybody's picture. */
  readonly acceptToAllPicturesMs: number
  /** Percent of one core, all processes of an app. */
  readonly cpuPercent: readonly number[]
  /** Of the participants without windows: whole pictures that each got of each other, the fewest. */
  readonly framesOfEach: number | undefined
}

type Options = Pick<CallOptions, 'service' | 'seconds' | 'video' | 'audio' | 'screenshots'>

const ACCEPT_LIMIT_MS = 120_000

export interface Crowd {
  readonly apps: readonly RunningApp[]
  /** Those without windows. */
  readonly others: Participants | undefined
}

export async function startCrowd({ service, video, audio }: Options, count: number): Promise<Crowd> {
  const apps: RunningApp[] = []
  const windows = count > APPS_MAX ? APPS_IN_CROWD : count
  // One after the other: each start keeps a core busy.
  for (const name of PEOPLE.slice(0, windows)) {
    const app = await startApp({ name, service: service.address, video, audio })
    apps.push(app)
    await createAccount(app, name, name)
  }
  if (windows === count) return { apps, others: undefined }
  const media = isFluent(count) ? RECORDING : SLOW_RECORDING
  await record(media, groupPictures(count))
  return { apps, others: await Participants.start(service.address, 'guest', count - windows, { guided: true, media }) }
}

function isFluent(count: number): boolean {
  return count <= FLUENT_FOR_EACH_CORE * availableParallelism()
}

/** A second, of each participant. */
export function groupPictures(count: number): number {
  return isFluent(count) ? FLUENT_PICTURES : FEW_PICTURES
}

export async function measureGroup({ apps, others }: Crowd, options: Options): Promise<GroupReport> {
  const count = apps.length + (others?.handles.length ?? 0)
  const pages = await Promise.all(apps.map((app) => app.main()))
  const [founder, ...guests] = pages
  if (founder === undefined) throw new Error('a call without a founder')
  await Promise.all(pages.map(watchEpochs))
  await startGroup(founder, [...PEOPLE.slice(1, apps.length), ...(others?.handles ?? [])])
  for (const app of apps.slice(1)) await accept(app)
  const accepted = Date.now()
  // Whoever comes in has all others make new keys, and here a few cores do it for all: they come in groups.
  await others?.join((came) => untilAllIn(founder, apps.length + came))
  others?.show()
  await Promise.all(pages.map((page, at) => untilAllSeen(page, at, apps.length, count)))
  const acceptToAllPicturesMs = Date.now() - accepted

  if (options.screenshots !== undefined) {
    mkdirSync(options.screenshots, { recursive: true })
    for (const [at, page] of pages.entries()) {
      await page.screenshot({ path: path.join(options.screenshots, `group-${PEOPLE[at] ?? String(at)}.png`) })
    }
  }
  await Promise.all(apps.map((app) => app.cpuPercent()))
  await founder.waitForTimeout(options.seconds * 1000)
  const cpuPercent = (await Promise.all(apps.map((app) => app.cpuPercent()))).map(Math.round)
  const [rosterDigest, ...digests] = await Promise.all(
    pages.map(async (page) => (await snapshot(page)).group?.proof?.rosterDigest),
  )
  const reports = (await others?.reports()) ?? []
  digests.push(...reports.map((report) => report.rosterDigest))
  if (rosterDigest === undefined || digests.some((other) => other !== rosterDigest)) {
    throw new Error('the member lists differ')
  }
  // One leaves: the rest go on with new keys.
  const last = guests.at(-1)
  const leftAt = Date.now()
  if (last !== undefined) await leave(last)
  const rest = pages.filter((page) => page !== last)
  const isSeen = ({ group }: Snapshot) => group?.members.length === count - 2
  await Promise.all(rest.map((page) => until(page, 'it is seen', isSeen, ACCEPT_LIMIT_MS)))
  await founder.waitForTimeout(4000)
  const seen = [...(await Promise.all(pages.map(takeEpochs))), ...epochsOf(others)]
  for (const page of rest) await leave(page)
  const spans = spansOf(seen)
  return {
    participants: count,
    epochs: seen[0]?.length ?? 0,
    rekeyMs: { p50: quantile(spans, 0.5), p95: quantile(spans, 0.95) },
    leaveToNewKeysMs: Math.max(...seen.flatMap((epochs) => epochs.at(-1)?.at ?? [])) - leftAt,
    rosterDigest,
    acceptToAllPicturesMs,
    cpuPercent,
    framesOfEach: fewestFrames(reports),
  }
}

function epochsOf(others: Participants | undefined): readonly (readonly EpochSeen[])[] {
  return (others?.handles ?? []).map((one) => others?.epochs.filter(({ handle }) => handle === one) ?? [])
}

function fewestFrames(reports: readonly ParticipantReport[]): number | undefined {
  const frames = reports.flatMap(({ media }) => Object.values(media?.members ?? {}).map((member) => member.frames))
  return frames.length === 0 ? undefined : Math.min(...frames)
}

/** `windows` of the `count` have one, and are shown in elements of their own in a small call. */
async function untilAllSeen(page: Page, at: number, windows: number, count: number): Promise<void> {
  await untilAllIn(page, count)
  if (windows < count) return
  for (const other of PEOPLE.slice(0, windows)) {
    if (other !== PEOPLE[at]) await page.getByTestId(`member-${other}-video`).waitFor({ timeout: ACCEPT_LIMIT_MS })
  }
}

function untilAllIn(page: Page, count: number): Promise<unknown> {
  return until(
    page,
    `${String(count)} are in`,
    ({ group }) => group?.members.filter(({ keyed }) => keyed).length === count - 1,
    ACCEPT_LIMIT_MS,
  )
}

async function leave(page: Page): Promise<void> {
  await page.getByRole('button', { name: texts['call.end'] }).click()
  await until(page, 'it is out', ({ group }) => group === undefined || group.phase.kind === 'ended')
}

interface EpochSeen {
  readonly epoch: number
  /** `Date.now()` in the page: all of them are on one machine. */
  readonly at: number
}

declare const window: { readonly sightline: Bridge; epochsSeen: EpochSeen[] }

async function watchEpochs(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.epochsSeen = []
    window.sightline.on('snapshot', ({ group }) => {
      const { epoch, complete } = group?.proof ?? {}
      if (epoch !== undefined && complete && window.epochsSeen.at(-1)?.epoch !== epoch)
        window.epochsSeen.push({ epoch, at: Date.now() })
    })
  })
}

function takeEpochs(page: Page): Promise<readonly EpochSeen[]> {
  return page.evaluate(() => window.epochsSeen)
}

/** Of the epochs that more than one took part in. */
function spansOf(seen: readonly (readonly EpochSeen[])[]): number[] {
  const epochs = new Set(seen.flatMap((list) => list.map(({ epoch }) => epoch)))
  return [...epochs].flatMap((epoch) => {
    const times = seen.flatMap((list) => list.filter((one) => one.epoch === epoch).map(({ at }) => at))
    return times.length < 2 ? [] : [Math.max(...times) - Math.min(...times)]
  })
}
