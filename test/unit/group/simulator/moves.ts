/** Everything that may happen next: people, frames and mail in any order, losses, results, timers at any moment. */
import type { GroupEvent } from '../../../../src-shared/group/machine/events.ts'
import type { TimerName } from '../../../../src-shared/group/machine/timers.ts'
import { read } from './chain.ts'
import { comes, mayEnter } from './room.ts'
import { memberKey, receive } from './arrivals.ts'
import { bring, crash, feed, loseRoom, oneToOneMail } from './runner.ts'
import {
  type Budgets,
  copyWorld,
  type Device,
  type Frame,
  GROUP,
  type RunningTimer,
  type Step,
  VOICE,
  type World,
} from './world.ts'

export interface Move {
  readonly label: string
  /** People, losses and timers: what does not happen by itself in a fair network. */
  readonly sort: 'delivery' | 'timer' | 'act' | 'trouble'
  /** Changes the world that it is given. */
  readonly play: (world: World) => void
}

const groupId = GROUP
/**
 * They repeat for ever and change little by themselves, or do what `expire` does as well; `drain.ts` and the random walks let them run.
 */
const LEFT_OUT: readonly TimerName[] = ['heads', 'answer', 'submit-again', 'check-again', 'repeat-join', 'retire']

export function play(world: World, move: Move): World {
  const next = copyWorld(world)
  move.play(next)
  return next
}

export function* moves(world: World, machine: Step): Iterable<Move> {
  yield* deliveries(world, machine)
  for (const [index, device] of world.devices.entries()) {
    yield* people(world, index, device, machine)
    yield* troubles(world, index, device, machine)
    for (const timer of device.timers) {
      if (!LEFT_OUT.includes(timer.name)) yield fireTimer(index, device.id, timer, machine)
    }
  }
  if (world.budgets.relayRestart > 0 && world.room.devices.length > 0) {
    yield {
      label: 'the relay restarts',
      sort: 'trouble',
      play: (next) => {
        next.budgets.relayRestart--
        next.honest = false
        const there = next.devices.filter(({ link }) => link === 'open')
        next.room = { chain: [], devices: [] }
        for (const device of there) loseRoom(next, device, machine)
      },
    }
  }
}

/** What a fair network and a working device do by themselves. */
export function* deliveries(world: World, machine: Step): Iterable<Move> {
  for (const [index, device] of world.devices.entries()) {
    const { id } = device
    for (const [place, event] of device.results.entries()) {
      yield {
        label: `${id}: ${event.kind}`,
        sort: 'delivery',
        play: (next) => {
          const owner = at(next.devices, index)
          owner.results.splice(place, 1)
          bring(next, owner, event, machine)
        },
      }
    }
    if (device.link === 'connecting') yield connect(index, id, machine)
    const first = device.inbox[0]
    if (first !== undefined) {
      yield {
        label: `${id} gets ${nameOf(first)}`,
        sort: 'delivery',
        play: (next) => deliver(next, at(next.devices, index), machine),
      }
    }
  }
  for (const [place, { to, event }] of world.mail.entries()) {
    yield {
      label: `mail ${event.kind} to ${to}`,
      sort: 'delivery',
      play: (next) => {
        next.mail.splice(place, 1)
        const device = next.devices.find(({ id }) => id === to)
        if (device === undefined) throw new Error('mail to nobody')
        if (event.kind === 'invite') device.invited = true
        if ('from' in event) oneToOneMail(next, device, event, machine)
        // A device that is in a call of two is busy.
        else if (event.kind !== 'invite' || device.oneToOne === undefined) feed(next, device, event, machine)
      },
    }
  }
}

/** Heads and MemberKeys commute with most of what happens elsewhere: they are taken together with what comes behind them. */
function deliver(world: World, device: Device, machine: Step): void {
  for (let frame = device.inbox.shift(); frame !== undefined; frame = device.inbox.shift()) {
    receive(world, device, frame, machine)
    if (frame.kind !== 'message' || (frame.message.kind !== 'head' && frame.message.kind !== 'member-key')) return
  }
}

function nameOf(frame: Frame): string {
  switch (frame.kind) {
    case 'entries':
      return `${frame.initial ? 'the chain' : 'entries'}, ${frame.chain.length}`
    case 'entered':
    case 'left':
      return `"${frame.device} ${frame.kind}"`
    case 'message':
      return `${frame.message.kind} of ${frame.from}`
    case 'refused':
    case 'kicked':
      return frame.kind
  }
}

function connect(index: number, id: string, machine: Step): Move {
  return {
    label: `${id} connects`,
    sort: 'delivery',
    play: (next) => {
      const device = at(next.devices, index)
      if (mayEnter(next, device)) {
        device.link = 'open'
        comes(next, device)
      } else {
        device.link = 'none'
        feed(next, device, { kind: 'room-refused', groupId }, machine)
      }
    },
  }
}

export function fireTimer(index: number, id: string, timer: RunningTimer, machine: Step): Move {
  const { name, about } = timer
  return {
    label: `${id}: timer ${name}${about === undefined ? '' : ` ${about}`}`,
    sort: 'timer',
    play: (next) => {
      const owner = at(next.devices, index)
      owner.timers = owner.timers.filter((other) => other.name !== name || other.about !== about)
      feed(next, owner, { kind: 'timer', groupId, timer: name, about }, machine)
    },
  }
}

function* people(world: World, index: number, device: Device, machine: Step): Iterable<Move> {
  const { id, state } = device
  const by = (event: GroupEvent, budget?: keyof Budgets, label: string = event.kind): Move => ({
    label: `${id}: ${label}`,
    sort: 'act',
    play: (next) => {
      if (budget !== undefined) next.budgets[budget]--
      feed(next, at(next.devices, index), event, machine)
    },
  })
  const { call } = state
  const { budgets } = world
  switch (call.kind) {
    case 'ringing':
      yield by({ kind: 'user-accept', groupId, media: VOICE })
      yield by({ kind: 'user-decline', groupId })
      return
    case 'idle':
    case 'ended':
      if (device.invited && device.oneToOne === undefined && budgets.userJoin > 0) {
        yield by({ kind: 'user-join', groupId, media: VOICE, sentAt: 0 }, 'userJoin')
      }
      return
    case 'inside':
      if (budgets.userEnd > 0) yield by({ kind: 'user-end', groupId }, 'userEnd')
      if (budgets.remove > 0) {
        for (const other of call.people) {
          yield by({ kind: 'user-remove', groupId, device: other.device }, 'remove', `removes ${other.device}`)
        }
      }
      if (budgets.invite > 0) {
        for (const { account } of world.devices) {
          if (read(device.chain).roster.members.some((member) => member.account === account)) continue
          yield by({ kind: 'people-resolved', groupId, accounts: [account] }, 'invite', `invites ${account}`)
        }
      }
      return
    case 'founding':
    case 'joining':
    case 'knocking':
      if (budgets.userEnd > 0) yield by({ kind: 'user-end', groupId }, 'userEnd')
      return
    case 'leaving':
  }
}

function* troubles(world: World, index: number, device: Device, machine: Step): Iterable<Move> {
  const { id } = device
  const trouble = (label: string, budget: keyof Budgets, happens: (next: World, owner: Device) => void): Move => ({
    label: `${id} ${label}`,
    sort: 'trouble',
    play: (next) => {
      next.budgets[budget]--
      happens(next, at(next.devices, index))
    },
  })
  const { budgets } = world
  const { kind } = device.state.call
  if (budgets.crash > 0 && kind !== 'idle' && kind !== 'ended') yield trouble('crashes', 'crash', crash)
  if (budgets.loseRoom > 0 && device.link === 'open') {
    yield trouble('loses the room', 'loseRoom', (next, owner) => loseRoom(next, owner, machine))
  }
  if (budgets.withhold > 0 && kind === 'inside' && !device.withheld) {
    yield trouble('is kept in the dark', 'withhold', (next, owner) => {
      owner.withheld = true
      next.honest = false
    })
  }
  if (budgets.refuse > 0) {
    for (const [place, event] of device.results.entries()) {
      if (event.kind !== 'member-checked') continue
      for (const result of ['refused', 'unreachable'] as const) {
        yield trouble(`finds ${event.device} ${result}`, 'refuse', (next, owner) => {
          owner.results.splice(place, 1)
          bring(next, owner, { ...event, result }, machine)
        })
      }
    }
  }
  if (budgets.replay > 0 && (kind === 'inside' || kind === 'joining')) {
    for (const key of world.sentKeys) {
      if (key.device === id || !read(device.chain).roster.members.some((member) => member.device === key.device))
        continue
      yield trouble(`gets the MemberKey ${key.id} again`, 'replay', (next, owner) =>
        memberKey(next, owner, key.device, key.epoch, key.id, machine),
      )
    }
  }
  if (budgets.loseMail > 0) {
    for (const [place, { to, event }] of world.mail.entries()) {
      if (to !== id) continue
      yield trouble(`does not get its ${event.kind}`, 'loseMail', (next) => void next.mail.splice(place, 1))
    }
  }
}

export function found(world: World, id: string, machine: Step): void {
  const device = world.devices.find((other) => other.id === id)
  if (device === undefined) throw new Error(`no device ${id}`)
  device.invited = true
  feed(world, device, { kind: 'user-found', groupId, media: VOICE, upgrade: undefined }, machine)
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new Error('no such place')
  return item
}
