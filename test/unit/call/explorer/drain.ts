/**
 * From any state: everybody stops acting, messages arrive, timers run out in the order of their length. Then either nobody is in a call,
 * or two are connected in the same one and hear each other.
 */
import { TIMERS } from '../../../../src-shared/call/machine/timers.ts'
import { fingerprint } from './fingerprint.ts'
import { fireTimer, moves, play } from './moves.ts'
import { check } from './invariants.ts'
import { type Device, NO_BUDGETS, type Step, timerOf, Violation, type World } from './world.ts'

const ROUNDS = 60

/** `known`: worlds that were seen to come to rest. */
export function drain(start: World, machine: Step, known: Set<number>): void {
  let world: World = { ...start, budgets: { ...NO_BUDGETS } }
  const passed: number[] = []
  const due = new Map<string, number>()
  let now = 0
  for (let round = 0; round < ROUNDS; round++) {
    world = settle(world, machine)
    const print = fingerprint(world)
    passed.push(print)
    if (known.has(print) || world.devices.every(isAtRest)) {
      for (const seen of passed) known.add(seen)
      return
    }
    const heard = new Set<string>()
    world = exchangeKeepAlives(world, machine, heard)
    const waiting = soonest(world, heard, due, now)
    if (waiting === undefined) {
      requirePairs(world)
      for (const seen of passed) known.add(seen)
      return
    }
    now = waiting.at
    due.delete(`${waiting.id}/${waiting.name}`)
    world = play(world, fireTimer(waiting.index, waiting.id, waiting.name, machine), machine)
    check(world)
  }
  throw new Violation('does not come to rest')
}

/** Delivers all that is under way: no user, no timer, no loss. */
function settle(start: World, machine: Step, handedOn?: (label: string) => void): World {
  let world = start
  for (let moved = 0; moved < 400; moved++) {
    const move = firstDelivery(world, machine)
    if (move === undefined) return world
    handedOn?.(move.label)
    world = play(world, move, machine)
    check(world)
  }
  throw new Violation('messages without end')
}

function firstDelivery(world: World, machine: Step) {
  for (const move of moves(world, machine)) {
    if (!/: (user-|timer |killed|hide-)/.test(move.label)) return move
  }
  return undefined
}

function isAtRest({ state: { call } }: Device): boolean {
  return call.kind === 'idle' || call.kind === 'ended'
}

function exchangeKeepAlives(start: World, machine: Step, heard: Set<string>): World {
  let world = start
  for (const [index, device] of start.devices.entries()) {
    const name = device.timers.find((timer) => timer.endsWith('/keep-alive'))
    if (name !== undefined) world = play(world, fireTimer(index, device.id, name, machine), machine)
  }
  // The runner repeats what stays unacknowledged with the KeepAlives.
  for (const stream of world.streams) {
    const sender = world.devices.find(({ id }) => id === stream.from)
    const open = sender?.links.some((link) => link.callId === stream.callId && link.open) ?? false
    if (open) for (const record of stream.records) record.relay = true
  }
  return settle(world, machine, (label) => {
    const sign = /^keep-alive of (\S+ in \S+)/.exec(label)?.[1]
    if (sign !== undefined) heard.add(sign)
  })
}

interface Waiting {
  readonly index: number
  readonly id: string
  readonly name: string
  readonly at: number
}

/** The timer that runs out next; one that was not there before starts now. Who hears KeepAlives is not silent. */
function soonest(world: World, heard: ReadonlySet<string>, due: Map<string, number>, now: number): Waiting | undefined {
  let first: Waiting | undefined
  for (const [index, { id, timers, state }] of world.devices.entries()) {
    for (const name of timers) {
      const { timer } = timerOf(name)
      if (timer === 'keep-alive' || timer === 'rekey' || timer === 'old-keys') continue
      const { call } = state
      const silence = timer === 'silence' || timer === 'direct-silence'
      if (silence && call.kind === 'connected' && heard.has(`${call.device} in ${call.callId}`)) continue
      const key = `${id}/${name}`
      const at = due.get(key) ?? now + TIMERS[timer]
      due.set(key, at)
      if (first === undefined || at < first.at) first = { index, id, name, at }
    }
  }
  return first
}

function requirePairs(world: World): void {
  for (const { id, state } of world.devices) {
    const { call } = state
    if (call.kind === 'idle' || call.kind === 'ended') continue
    if (call.kind !== 'connected') throw new Violation(`${id} is left in "${call.kind}"`)
    const peer = world.devices.find((other) => other.id === call.device)?.state.call
    if (peer?.kind !== 'connected' || peer.callId !== call.callId || peer.device !== id) {
      throw new Violation(`${id} is left in a half-open call`)
    }
    if (!call.live) throw new Violation(`${id} reconnects for ever`)
  }
}
