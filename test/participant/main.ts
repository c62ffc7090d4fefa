/** `npm run participant` (scripts/participant.mjs): devices without windows that take part in group calls. One line of JSON for each thing that happens. */
import * as crypto from 'node:crypto'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { systemRandom } from '../../src-main/app/system.ts'
import { choosePrimitives } from '../../src-shared/crypto/chosen-primitives.ts'
import { opensslPrimitives } from '../../src-shared/crypto/openssl.ts'
import type { MediaChoice } from '../../src-shared/ipc/snapshot.ts'
import { clipOf } from './clip.ts'
import { participant, type Participant } from './device.ts'
import { HeadlessMedia, type MediaCounters } from './media.ts'
import { readRecording, RECORDING } from './recording.ts'

const HELP = `npm run participant -- --service <host:port> [flags]

Takes part in group calls without a window: the app's own code with real accounts, keys, relay and media, which come
from a file. Says yes to every group call that rings.

  --service <host:port>   the service to use
  --name <name>           handles are <name>1, <name>2, …   (participant)
  --count <n>             so many of them in this process, 1 to 32   (1)
  --call <handle,handle>  the first one calls these, and all others of this process
  --media <file>          what they send, an rtpdump file of a group's streams; without it, what an app's encoders made
                          of a test picture, recorded once
  --guided                comes when its input says so, with camera and microphone off, and again when it lost the call
  --seconds <n>           leaves after so long; without it, when its input ends

Lines on its input: "join" lets who is guided come, and "part" go again, "video" and "audio" switch all cameras or
microphones on, "report" says what came in so far, "leave" ends it. Accounts are kept in memory, and gone afterwards.`

const MOST = 32
const LOOK_MS = 20

export interface ParticipantReport {
  readonly event: 'report'
  readonly handle: string
  readonly epoch: number | undefined
  readonly rosterDigest: string | undefined
  readonly members: number
  readonly media: MediaCounters | undefined
  /** Of this process since the last report, microseconds of all its threads. */
  readonly cpuUs: number
}

export type ParticipantEvent =
  | { readonly event: 'ready'; readonly handles: readonly string[] }
  /** It sends under this epoch's keys, and has those of all others, of so many. By `Date.now()`: `at`, and `since` it had the member list. */
  | {
      readonly event: 'epoch'
      readonly handle: string
      readonly epoch: number
      readonly members: number
      readonly since: number
      readonly at: number
    }
  | { readonly event: 'ended'; readonly handle: string; readonly reason: string }
  | ParticipantReport

const { values } = parseArgs({
  options: {
    service: { type: 'string' },
    name: { type: 'string', default: 'participant' },
    count: { type: 'string', default: '1' },
    call: { type: 'string' },
    media: { type: 'string' },
    guided: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    'record-only': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(HELP)
  process.exit(0)
}
if (values['record-only']) {
  // What drives Electron is not needed otherwise.
  const { record } = await import('./record.ts')
  await record(RECORDING)
  process.exit(0)
}
choosePrimitives(opensslPrimitives(crypto))
const count = Number(values.count)
const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(values.service ?? '') ?? []
if (port === '') stop('--service is the address of a service: host:port')
if (!(Number.isInteger(count) && count >= 1 && count <= MOST)) stop(`--count is a number from 1 to ${String(MOST)}`)
if (seconds !== undefined && !(seconds > 0)) stop('--seconds is a number above 0')

interface Running {
  readonly handle: string
  readonly device: Participant
  media: HeadlessMedia | undefined
  /** That it has said. */
  epoch: number | undefined
  roster: { readonly digest: string; readonly since: number } | undefined
  ended: boolean
}

const clip = clipOf(readRecording(values.media ?? RECORDING))
/** What all of this process send. */
let choice: MediaChoice = { audio: !values.guided, video: !values.guided, screen: false }
let mayCome = !values.guided
const people: Running[] = []
for (let number = 1; number <= count; number++) people.push(await start(`${values.name}${String(number)}`))
say({ event: 'ready', handles: people.map(({ handle }) => handle) })
if (values.call !== undefined) {
  const [first, ...others] = people
  first?.device.groups.start([...values.call.split(','), ...others.map(({ handle }) => handle)], choice)
}
let cpuBefore = process.cpuUsage()
setInterval(() => {
  for (const person of people) look(person)
}, LOOK_MS)
const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  if (line === 'report') report()
  else if (line === 'join') mayCome = true
  else if (line === 'part') part()
  else if (line === 'video' || line === 'audio') choose({ ...choice, [line]: true })
  else if (line === 'leave') void leave()
})
if (seconds === undefined) input.on('close', () => void leave())
else setTimeout(() => void leave(), seconds * 1000)

async function start(handle: string): Promise<Running> {
  const running: { media: HeadlessMedia | undefined } = { media: undefined }
  const device = await participant({ host, port: Number(port) }, handle, (outlet) => {
    running.media = new HeadlessMedia(clip, systemRandom, outlet, choice)
    return running.media
  })
  return Object.assign(running, { handle, device, epoch: undefined, roster: undefined, ended: false })
}

function choose(chosen: MediaChoice): void {
  choice = chosen
  for (const { device, media } of people) {
    media?.choose(choice)
    if (device.group !== undefined) device.groups.setMedia(device.group.callId, choice)
  }
}

function look(person: Running): void {
  const { device, handle } = person
  if (mayCome && device.group === undefined) come(device)
  const { group } = device
  if (group?.phase.kind === 'ended') {
    if (!person.ended) say({ event: 'ended', handle, reason: group.phase.reason })
    person.ended = true
    person.epoch = undefined
    person.roster = undefined
    // Who is guided goes on like a person: a busy computer may have held it up for too long.
    const comesAgain = group.phase.reason === 'connection-lost' || (group.phase.reason === 'hung-up' && !mayCome)
    if (values.guided && comesAgain) device.groups.dismiss(group.callId)
    return
  }
  person.ended = false
  const proof = group?.proof
  if (group === undefined || proof === undefined) return
  const now = Date.now()
  const { epoch, complete, rosterDigest: digest } = proof
  if (person.roster?.digest !== digest) person.roster = { digest, since: now }
  if (!complete || epoch === person.epoch) return
  person.epoch = epoch
  say({ event: 'epoch', handle, epoch, members: group.members.length, since: person.roster.since, at: now })
}

/** Hangs up; whoever is guided may come again. */
function part(): void {
  mayCome = false
  for (const { device } of people) device.groups.end(device.group?.callId ?? '')
}

/** It may have rung in vain meanwhile. */
function come({ incoming, joinable: [invitation], groups }: Participant): void {
  if (incoming?.group !== undefined) groups.accept(incoming.callId, choice)
  else if (values.guided && invitation !== undefined) groups.join(invitation.callId, choice)
}

function report(): void {
  const { user, system } = process.cpuUsage(cpuBefore)
  cpuBefore = process.cpuUsage()
  for (const { handle, device, media } of people) {
    const { group } = device
    say({
      event: 'report',
      handle,
      epoch: group?.proof?.epoch,
      rosterDigest: group?.proof?.rosterDigest,
      members: group?.members.length ?? 0,
      media: media?.counters,
      cpuUs: user + system,
    })
  }
}

async function leave(): Promise<never> {
  report()
  for (const { device } of people) device.groups.end(device.group?.callId ?? '')
  await Promise.all(people.map(({ device }) => device.groups.close()))
  for (const { device } of people) device.stop()
  process.exit(0)
}

function say(event: ParticipantEvent): void {
  console.log(JSON.stringify(event))
}

function stop(sentence: string): never {
  console.error(`${sentence}\n\n${HELP}`)
  process.exit(1)
}
