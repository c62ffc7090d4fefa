/**
 * From any state: people stop acting, the network is fair, timers run out in the order of their time. Then whoever is still in the call
 * has one roster, one epoch and everybody's key of it; nobody is on the way in or out; and nobody who is gone is still a member.
 */
import { type Ms, SECOND, type UnixMs } from '../../../../src-shared/base/time.ts'
import { TIMERS } from '../../../../src-shared/group/machine/timers.ts'
import { headOf, read } from './chain.ts'
import { fingerprint } from './fingerprint.ts'
import { check } from './invariants.ts'
import { deliveries, fireTimer, type Move } from './moves.ts'
import { copyWorld, type Device, NO_BUDGETS, type Step, Violation, type World } from './world.ts'

/** The longest way: one who is kept in the dark takes itself for alone for 5 min, goes, and is removed as lost. */
const HORIZON = 420 * SECOND
const DELIVERIES = 3000

/** `known`: worlds that were seen to come together. */
export function drain(start: World, machine: Step, known: Set<string>, told?: (label: string) => void): void {
  const world: World = { ...copyWorld(start), budgets: { ...NO_BUDGETS } }
  const until = start.now + HORIZON
  const passed: string[] = []
  for (;;) {
    deliverAll(world, machine, start.now, told)
    if (whyApart(world) === undefined) break
    const print = fingerprint(world)
    if (known.has(print)) break
    passed.push(print)
    const next = soonest(world)
    if (next === undefined || next.due > until) throw new Violation(`does not come together: ${whyApart(world) ?? ''}`)
    world.now = Math.max(world.now, next.due)
    perform(world, fireTimer(next.index, next.id, next.timer, machine), start.now, told)
  }
  for (const seen of passed) known.add(seen)
}

/** Changes `world`, unlike `play`. */
function perform(world: World, move: Move, since: UnixMs, told?: (label: string) => void): void {
  told?.(`${world.now} ${move.label}`)
  const before = world.devices.map(({ state }) => state.call)
  move.play(world)
  check(world)
  if (world.honest) requireFaith(world, before, world.now - since)
}

/**
 * In a fair network who is in stays in, and who is to be let in is: no timer that ends a call may run out before what it waits for
 * comes. One that began to run before the network was fair proves nothing.
 */
function requireFaith(world: World, before: readonly Device['state']['call'][], fair: Ms): void {
  const others = (device: Device): boolean =>
    world.devices.some((other) => other !== device && other.state.call.kind === 'inside')
  for (const [index, device] of world.devices.entries()) {
    const { call } = device.state
    const was = before[index]
    const reason = call.kind === 'ended' || call.kind === 'leaving' ? call.reason : undefined
    if (was === call || reason === undefined) continue
    const lost =
      was?.kind === 'inside' && (reason === 'connection-lost' || reason === 'insecure' || reason === 'failed')
    const outside = fair >= TIMERS.join && was?.kind === 'joining' && reason !== 'removed' && others(device)
    if (lost || outside) throw new Violation(`${device.id} gives up (${reason})`)
  }
}

export function deliverAll(
  world: World,
  machine: Step,
  since: UnixMs = world.now,
  told?: (label: string) => void,
): void {
  for (let moved = 0; moved < DELIVERIES; moved++) {
    const [move] = deliveries(world, machine)
    if (move === undefined) return
    perform(world, move, since, told)
  }
  throw new Violation('messages without end')
}

export function soonest(world: World) {
  let first: { index: number; id: string; timer: Device['timers'][number]; due: number } | undefined
  for (const [index, { id, timers }] of world.devices.entries()) {
    for (const timer of timers) {
      if (first === undefined || timer.due < first.due) first = { index, id, timer, due: timer.due }
    }
  }
  return first
}

/** `undefined`: all is well. */
export function whyApart(world: World): string | undefined {
  const inside = world.devices.filter(({ state }) => state.call.kind === 'inside')
  for (const { id, state } of world.devices) {
    const { kind } = state.call
    if (kind !== 'idle' && kind !== 'ended' && kind !== 'inside') return `${id} is "${kind}"`
  }
  for (const { id, oneToOne } of world.devices) {
    if (oneToOne === undefined) continue
    const other = world.devices.find((device) => device.id === oneToOne.with)?.oneToOne
    if (oneToOne.stage !== 'moved') return `${id} has two calls`
    if (other?.with !== id || other.stage !== 'moved') return `${id} is alone in a call of two`
  }
  const [first] = inside
  if (first === undefined) return undefined
  for (const device of inside) {
    const apart = whyNotOne(world, device, first, inside)
    if (apart !== undefined) return `${device.id} ${apart}`
  }
  return undefined
}

function whyNotOne(world: World, device: Device, first: Device, inside: readonly Device[]): string | undefined {
  const { call } = device.state
  if (call.kind !== 'inside') return undefined
  if (!call.roomOpen) return 'is out of the room'
  if (headOf(device.chain) !== headOf(first.chain)) return `has another roster than ${first.id}`
  if (headOf(device.chain) !== headOf(world.room.chain)) return 'has another roster than the room'
  const { members } = read(device.chain).roster
  const gone = members.find(
    (member) => !inside.some((other) => other.id === member.device && other.join === member.join),
  )
  if (gone !== undefined) return `takes ${gone.device} for a member`
  if (members.length !== inside.length) return 'does not know all members'
  if (call.wanted.length > 0) return `still wants ${JSON.stringify(call.wanted)}`
  const refused = (a: Device, b: string): boolean =>
    a.state.call.kind === 'inside' &&
    a.state.call.people.some((person) => person.device === b && person.trust === 'refused')
  for (const other of inside) {
    if (other === device || refused(other, device.id)) continue
    if (!device.heldKeys.includes(`${call.roster.epoch}/${other.id}`)) return `has no key of ${other.id}`
  }
  // One who is not trusted may hold nothing; all others hear this device.
  if (call.people.length > 0 && device.sending !== call.roster.epoch) return 'does not send'
  if (call.own.length > 1) return 'keeps an old sender key'
  return undefined
}
