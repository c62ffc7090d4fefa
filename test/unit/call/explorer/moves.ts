/** Everything that may happen next: users, messages in any order, losses and repetitions, results, timers at any moment. */
import type { CallEvent } from '../../../../src-shared/call/machine/events.ts'
import type { TimerName } from '../../../../src-shared/call/machine/timers.ts'
import { feed, kill, loseRelay, received } from './runner.ts'
import {
  ANSWER_MEDIA,
  type Budgets,
  CALL_MEDIA,
  copyWorld,
  deviceOf,
  type DirectEnd,
  type Device,
  knownCall,
  type MailInFlight,
  onItsWay,
  type Step,
  timerOf,
  Violation,
  type World,
} from './world.ts'

export interface Move {
  readonly label: string
  /** Changes the copy that it is given. */
  readonly play: (world: World) => void
}

/** They repeat for ever and change nothing by themselves; `drain.ts` lets them run. */
const PERIODIC: readonly TimerName[] = ['keep-alive', 'rekey', 'old-keys']

export function* moves(world: World, machine: Step): Iterable<Move> {
  for (const [index, device] of world.devices.entries()) {
    yield* userMoves(world, index, device, machine)
    yield* resultMoves(world, index, device, machine)
    yield* timerMoves(index, device, machine)
    yield* networkMoves(world, index, device, machine)
  }
  yield* mailMoves(world, machine)
  yield* relayMoves(world, machine)
  yield* directMoves(world, machine)
}

export function play(world: World, move: Move, machine: Step): World {
  const next = copyWorld(world)
  move.play(next)
  if (next.promptResults) bringResults(next, machine)
  dropDeadMail(next)
  return next
}

function bringResults(world: World, machine: Step): void {
  for (const device of world.devices) {
    for (let event = device.pending.shift(); event !== undefined; event = device.pending.shift()) {
      bring(world, device, event, machine)
    }
  }
}

function bring(world: World, owner: Device, event: CallEvent, machine: Step): void {
  if (event.kind === 'relay-opened') {
    const link = owner.links.find(({ callId }) => callId === event.callId)
    if (link === undefined) return
    link.open = true
  }
  feed(world, owner, event, machine)
}

/** Mail about a call that its receiver knows to be over changes nothing whenever it comes; taking it away keeps the number of states down. */
function dropDeadMail(world: World): void {
  world.mail = world.mail.filter(({ to, event }) => {
    if (event.kind === 'invite') return true
    const invitePending = world.mail.some(
      (other) => other.to === to && other.event.kind === 'invite' && other.event.invitation.callId === event.callId,
    )
    const { finished } = deviceOf(world, to).state
    return invitePending || !finished.some(({ callId }) => callId === event.callId)
  })
}

function spend(world: World, budget: keyof Budgets): void {
  world.budgets[budget]--
}

function* userMoves(world: World, index: number, device: Device, machine: Step): Iterable<Move> {
  const { call } = device.state
  const by = (event: CallEvent): Move => ({
    label: `${device.id}: ${event.kind}`,
    play: (next) => feed(next, at(next.devices, index), event, machine),
  })
  const callId = device.unused[0]
  if ((call.kind === 'idle' || call.kind === 'ended') && callId !== undefined) {
    yield {
      label: `${device.id}: user-call ${callId}`,
      play: (next) => {
        const caller = at(next.devices, index)
        caller.unused.shift()
        caller.calls.push({
          callId,
          role: 'caller',
          invited: [],
          peer: undefined,
          accepted: true,
          session: false,
          recorded: 0,
          past: false,
        })
        feed(next, caller, { kind: 'user-call', callId, media: CALL_MEDIA }, machine)
      },
    }
  }
  if (call.kind === 'incoming' && call.stage === 'ringing') {
    yield by({ kind: 'user-accept', callId: call.callId, media: ANSWER_MEDIA })
    yield by({ kind: 'user-decline', callId: call.callId })
  } else if (call.kind !== 'idle' && call.kind !== 'ended') {
    yield by({ kind: 'user-end', callId: call.callId })
    if (world.budgets.userMedia > 0) {
      const media = { audio: true, video: !call.local.video, screen: false }
      const change = by({ kind: 'user-media', callId: call.callId, media })
      yield { label: change.label, play: (next) => (spend(next, 'userMedia'), change.play(next)) }
    }
  }
  if (world.budgets.kill > 0 && call.kind !== 'idle') {
    yield {
      label: `${device.id}: killed`,
      play: (next) => (spend(next, 'kill'), kill(next, at(next.devices, index))),
    }
  }
  if (world.budgets.hide > 0) {
    const hide = by({ kind: 'hide-address', hide: !device.state.hideAddress })
    yield { label: hide.label, play: (next) => (spend(next, 'hide'), hide.play(next)) }
  }
}

function* resultMoves(world: World, index: number, device: Device, machine: Step): Iterable<Move> {
  for (const [place, event] of device.pending.entries()) {
    yield {
      label: `${device.id}: ${event.kind}`,
      play: (next) => {
        const owner = at(next.devices, index)
        owner.pending.splice(place, 1)
        bring(next, owner, event, machine)
      },
    }
    if ((event.kind === 'resolved' || event.kind === 'prepared') && world.budgets.failSetUp > 0) {
      yield {
        label: `${device.id}: ${event.kind} fails`,
        play: (next) => {
          spend(next, 'failSetUp')
          const owner = at(next.devices, index)
          owner.pending.splice(place, 1)
          feed(next, owner, { kind: 'set-up-failed', callId: event.callId, reason: 'offline' }, machine)
        },
      }
    }
  }
}

function* timerMoves(index: number, device: Device, machine: Step): Iterable<Move> {
  for (const name of device.timers) {
    if (PERIODIC.includes(timerOf(name).timer)) continue
    yield fireTimer(index, device.id, name, machine)
  }
}

export function fireTimer(index: number, id: string, name: string, machine: Step): Move {
  return {
    label: `${id}: timer ${name}`,
    play: (next) => {
      const owner = at(next.devices, index)
      owner.timers = owner.timers.filter((other) => other !== name)
      feed(next, owner, { kind: 'timer', ...timerOf(name) }, machine)
    },
  }
}

function* networkMoves(world: World, index: number, device: Device, machine: Step): Iterable<Move> {
  for (const [place, link] of device.links.entries()) {
    if (!link.open || world.budgets.relayRestart === 0) continue
    yield {
      label: `${device.id}: loses the relay`,
      play: (next) => {
        spend(next, 'relayRestart')
        const owner = at(next.devices, index)
        loseRelay(next, owner, at(owner.links, place))
      },
    }
  }
  const { call } = device.state
  const waits = call.kind === 'outgoing' && (call.stage === 'inviting' || call.stage === 'ringing')
  if (waits && world.budgets.forgeAccept > 0) {
    yield {
      label: `${device.id}: forged Accept`,
      play: (next) => {
        spend(next, 'forgeAccept')
        feed(next, at(next.devices, index), { kind: 'accept-arrived', callId: call.callId, accept: 0 }, machine)
      },
    }
  }
}

function* mailMoves(world: World, machine: Step): Iterable<Move> {
  for (const [place, { to, event }] of world.mail.entries()) {
    const label = `mail ${event.kind}${'reason' in event ? ` (${event.reason})` : ''}${'answer' in event ? ` (${event.answer})` : ''} to ${to}`
    const deliver = (next: World): void => {
      const device = next.devices.find(({ id }) => id === to)
      if (device === undefined) throw new Error('mail to nobody')
      if (isHeeded(device, event)) feed(next, device, event, machine)
    }
    yield { label, play: (next) => (next.mail.splice(place, 1), deliver(next)) }
    if (world.budgets.loseMail > 0) {
      yield { label: `${label}, lost`, play: (next) => (spend(next, 'loseMail'), void next.mail.splice(place, 1)) }
    }
    // R13 refuses a repeated envelope; a device that sends twice still seals two envelopes.
    if (world.budgets.doubleMail > 0) {
      yield { label: `${label}, to come again`, play: (next) => (spend(next, 'doubleMail'), deliver(next)) }
    }
  }
}

/** The mailbox refuses repetitions; the runner lets in what comes from a device that was invited. */
function isHeeded(device: Device, event: MailInFlight['event']): boolean {
  if (event.kind === 'invite') return knownCall(device, event.invitation.callId)?.past !== true
  if (event.kind === 'answered') return true
  const known = knownCall(device, event.callId)
  if (event.kind === 'reply') return known?.role === 'caller' && known.invited.includes(event.from)
  return known?.role !== 'caller' || known.invited.includes(event.from)
}

function* relayMoves(world: World, machine: Step): Iterable<Move> {
  for (const [place, { callId, from, to }] of world.accepts.entries()) {
    yield {
      label: `Accept of ${from} to ${to}`,
      play: (next) => {
        next.accepts.splice(place, 1)
        const index = next.devices.findIndex(({ id }) => id === from)
        const device = next.devices.find(({ id }) => id === to)
        if (!device?.links.some((link) => link.callId === callId && link.open)) return
        feed(next, device, { kind: 'accept-arrived', callId, accept: index + 1 }, machine)
      },
    }
    if (world.budgets.loseRelayed > 0) {
      yield {
        label: `Accept of ${from}, lost`,
        play: (next) => (spend(next, 'loseRelayed'), void next.accepts.splice(place, 1)),
      }
    }
  }
  for (const [place, stream] of world.streams.entries()) {
    const first = stream.records[0]
    if (first === undefined || !onItsWay(first)) continue
    for (const path of ['relay', 'direct'] as const) {
      if (!first[path]) continue
      yield {
        label: `${first.message.type} of ${stream.from} in ${stream.callId} by ${path}`,
        play: (next) => handOn(next, place, path, machine),
      }
    }
    if (world.budgets.loseRelayed > 0) {
      yield {
        label: `${first.message.type} of ${stream.from}, lost`,
        play: (next) => {
          spend(next, 'loseRelayed')
          Object.assign(at(at(next.streams, place).records, 0), { relay: false, direct: false })
        },
      }
    }
  }
}

function handOn(world: World, place: number, path: 'relay' | 'direct', machine: Step): void {
  const stream = at(world.streams, place)
  const { callId, to } = stream
  const device = world.devices.find(({ id }) => id === to)
  const record = at(stream.records, 0)
  if (device === undefined) throw new Error('a record to nobody')
  const arrives =
    path === 'relay'
      ? device.links.some((link) => link.callId === callId && link.open)
      : device.direct?.callId === callId && device.direct.stands
  // Without the session's keys a record is dropped; its sender keeps it.
  if (!arrives || knownCall(device, callId)?.session !== true) {
    record[path] = false
    return
  }
  stream.records.shift()
  const pathId = device.direct?.pathId ?? 0
  if (path === 'direct') feed(world, device, { kind: 'direct-heard', callId, pathId }, machine)
  feed(world, device, { kind: 'control', callId, message: received(record.message) }, machine)
}

function* directMoves(world: World, machine: Step): Iterable<Move> {
  const ends = world.devices.flatMap((device, index) =>
    device.direct ? [{ device, index, direct: device.direct }] : [],
  )
  for (const a of ends) {
    const [b, third] = ends.filter((end) => end.index > a.index && isSamePath(end.direct, a.direct))
    if (third) throw new Violation('more than two ends of one direct path')
    if (!b) continue
    const { callId, pathId } = a.direct
    if (a.direct.connected && b.direct.connected && !a.direct.stands && !b.direct.stands) {
      yield {
        label: `direct path ${pathId} stands`,
        play: (next) => {
          for (const { index } of [a, b]) {
            const owner = at(next.devices, index)
            if (owner.direct) owner.direct.stands = true
            owner.pending.push({ kind: 'direct-opened', callId, pathId })
          }
        },
      }
    }
    if (a.direct.stands && world.budgets.directDies > 0) {
      yield {
        label: `direct path ${pathId} dies`,
        play: (next) => {
          spend(next, 'directDies')
          for (const { index } of [a, b]) {
            const owner = at(next.devices, index)
            if (owner.direct) owner.direct.stands = false
            owner.pending.push({ kind: 'direct-lost', callId, pathId })
          }
          next.proofs = []
          for (const stream of next.streams) for (const record of stream.records) record.direct = false
        },
      }
    }
  }
  for (const { index, direct } of ends) yield* quietMoves(world, index, direct, machine)
  for (const [place, proof] of world.proofs.entries()) {
    const { callId, pathId, from, to } = proof
    const deliver = (next: World, valid: boolean): void => {
      next.proofs.splice(place, 1)
      const device = next.devices.find(({ id }) => id === to)
      if (device?.direct?.pathId !== pathId || device.direct.callId !== callId) return
      feed(next, device, { kind: 'path-proof', callId, pathId, valid }, machine)
    }
    yield { label: `proof of ${from}`, play: (next) => deliver(next, true) }
    if (world.budgets.forgeProof > 0) {
      yield { label: `false proof to ${to}`, play: (next) => (spend(next, 'forgeProof'), deliver(next, false)) }
    }
  }
}

/** Each end by itself: what comes may be lost in one direction alone. */
function* quietMoves(world: World, index: number, direct: DirectEnd, machine: Step): Iterable<Move> {
  const { callId, pathId, quiet, stands } = direct
  if (!stands || (!quiet && world.budgets.directFallsQuiet === 0)) return
  yield {
    label: `direct path ${String(pathId)} ${quiet ? 'is back' : 'falls quiet'}`,
    play: (next) => {
      if (!quiet) spend(next, 'directFallsQuiet')
      const owner = at(next.devices, index)
      if (owner.direct) owner.direct.quiet = !quiet
      feed(next, owner, { kind: quiet ? 'direct-back' : 'direct-quiet', callId, pathId }, machine)
    },
  }
}

function isSamePath(a: DirectEnd, b: DirectEnd): boolean {
  return a.callId === b.callId && a.pathId === b.pathId
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new Error('no such place')
  return item
}
