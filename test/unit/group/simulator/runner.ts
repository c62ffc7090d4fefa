/** What a runner does with events and effects, with the core and the directory behind it. What must hold for a single effect is checked here. */
import type { GroupEffect } from '../../../../src-shared/group/machine/effects.ts'
import type { GroupEvent } from '../../../../src-shared/group/machine/events.ts'
import { initialState } from '../../../../src-shared/group/machine/state.ts'
import { headOf, type ModelChange, read } from './chain.ts'
import { goes, send, submit, submitChain } from './room.ts'
import {
  type Device,
  GROUP,
  noMemory,
  type OneToOneMail,
  type Share,
  type Step,
  Violation,
  type World,
} from './world.ts'

const groupId = GROUP

/** Gives `event` to a device and executes what it asks for. Changes `world`. */
export function feed(world: World, device: Device, event: GroupEvent, machine: Step): void {
  const before = device.state
  const { state, effects } = machine(before, event)
  device.state = state
  device.changed = true
  if (state.call.kind !== 'inside') device.forks = []
  if (event.kind === 'member-checked' && event.result === 'trusted')
    device.trusted.push(`${event.device}/${event.join}`)
  if (event.kind === 'roster-changed' && before.call.kind === 'inside' && state.call.kind === 'inside') {
    requireAnnounced(device, event, effects)
  }
  for (const effect of effects) execute(world, device, effect)
  if (!world.prompt) return
  for (let result = takeResult(device, world); result !== undefined; result = takeResult(device, world)) {
    bring(world, device, result, machine)
  }
}

/** Where the directory may say no, what it says is a move of its own. */
function takeResult(device: Device, { budgets }: World): GroupEvent | undefined {
  const place = device.results.findIndex(({ kind }) => kind !== 'member-checked' || budgets.refuse === 0)
  return place < 0 ? undefined : device.results.splice(place, 1)[0]
}

/** R35: nobody comes or goes without a word. */
function requireAnnounced(
  device: Device,
  event: GroupEvent & { kind: 'roster-changed' },
  effects: readonly GroupEffect[],
): void {
  for (const change of event.changes) {
    if (change.kind !== 'added' && change.kind !== 'removed') continue
    const told = effects.some((effect) => effect.kind === 'announce' && effect.what === change)
    if (!told) throw new Violation(`${device.id} hides that ${change.device} was ${change.kind} (R35)`)
  }
}

/** A result is brought; the core does its work now. */
export function bring(world: World, device: Device, event: GroupEvent, machine: Step): void {
  if (event.kind === 'key-given') {
    const share = device.shares.find(([, { epoch, receiver, sender }]) => {
      return epoch === event.epoch && receiver === event.device && sender === device.id
    })
    device.shares = device.shares.filter((other) => other !== share)
    // R33: left off, as another epoch has begun.
    if (share === undefined || !device.senderKeys.includes(event.epoch)) return
    send(world, device, event.device, { kind: 'share', share: share[1] })
  }
  feed(world, device, event, machine)
}

function execute(world: World, device: Device, effect: GroupEffect): void {
  switch (effect.kind) {
    case 'prepare':
      device.join = newJoin(world, device)
      device.results.push({
        kind: 'prepared',
        groupId,
        accounts: [...new Set(world.devices.map(({ account }) => account))].filter(
          (account) => account !== device.account,
        ),
        join: device.join,
      })
      return
    case 'send-invites':
      mail(world, device, effect.accounts, {
        kind: 'invite',
        invitation: {
          groupId,
          from: device.id,
          sentAt: world.now + world.room.chain.length,
          remaining: 60_000,
          admission: 'ring',
          known: true,
          answersKnock: undefined,
        },
      })
      return
    case 'send-cancel':
      mail(world, device, effect.accounts, { kind: 'cancel', groupId, sentAt: world.now + world.room.chain.length })
      return
    case 'send-answered':
      mail(world, device, [device.account], { kind: 'answered', groupId, sentAt: world.now + world.room.chain.length })
      return
    case 'send-reply': {
      const { call } = device.state
      const to = 'from' in call ? call.from : undefined
      if (to !== undefined)
        world.mail.push({ to, event: { kind: 'reply', groupId, account: device.account, answer: effect.answer } })
      return
    }
    case 'check-member':
      device.results.push({
        kind: 'member-checked',
        groupId,
        device: effect.device,
        join: effect.join,
        result: 'trusted',
      })
      return
    case 'open-room':
      if (device.link !== 'none') throw new Violation(`${device.id} opens the room twice`)
      device.link = 'connecting'
      return
    case 'make-join':
      device.join = newJoin(world, device)
      device.results.push({ kind: 'join-made', groupId, join: device.join })
      return
    case 'send-join':
      if (device.join === undefined) throw new Violation('a Join that was not made')
      send(world, device, undefined, { kind: 'join', join: device.join, from: world.joins[device.join] ?? 0 })
      return
    case 'submit':
      submit(
        world,
        device,
        effect.entries.map((entry): ModelChange =>
          entry.op === 'create' ? { op: 'create', join: device.join ?? '' } : entry,
        ),
      )
      return
    case 'submit-chain':
      submitChain(world, device, effect.from)
      return
    case 'send-head':
      send(world, device, effect.to, { kind: 'head', length: device.chain.length, head: headOf(device.chain) })
      return
    case 'enter-epoch':
      if (device.senderKeys.includes(effect.epoch))
        throw new Violation(`${device.id} draws a second key for one epoch (R32)`)
      device.senderKeys.push(effect.epoch)
      // What is not wrapped yet for an earlier epoch is left off (R33).
      device.shares = device.shares.filter(([, share]) => share.sender !== device.id)
      return
    case 'make-member-key':
      device.privates.push(memberKeyId(device, effect.epoch))
      announceKey(world, device, effect.epoch, undefined)
      return
    case 'send-member-key':
      announceKey(world, device, effect.epoch, effect.to)
      return
    case 'give-key':
      giveKey(device, effect)
      return
    case 'request-key':
      announceKey(world, device, effect.memberKey, effect.from)
      send(world, device, effect.from, { kind: 'key-request', epoch: effect.epoch })
      return
    case 'open-share':
      openShare(device, takeShare(device, effect.share))
      return
    case 'drop-share':
      takeShare(device, effect.share)
      return
    case 'erase-receive-key':
      device.privates = device.privates.filter((id) => id !== memberKeyId(device, effect.memberKey))
      return
    case 'erase-sender-key':
      device.senderKeys = device.senderKeys.filter((epoch) => epoch !== effect.epoch)
      device.holders = device.holders.filter((holder) => !holder.startsWith(`${effect.epoch}/`))
      return
    case 'drop-epoch':
      device.heldKeys = device.heldKeys.filter((key) => !key.startsWith(`${effect.epoch}/`))
      return
    case 'send-with':
      if (!device.senderKeys.includes(effect.epoch))
        throw new Violation(`${device.id} sends with a key that it does not have`)
      device.sending = effect.epoch
      return
    case 'stop-sending':
      device.sending = undefined
      return
    case 'start-timer': {
      const { timer: name, about, delay } = effect
      device.timers = [
        ...device.timers.filter((timer) => timer.name !== name || timer.about !== about),
        { name, about, due: world.now + delay },
      ]
      return
    }
    case 'cancel-timer':
      device.timers = device.timers.filter(({ name, about }) => name !== effect.timer || about !== effect.about)
      return
    case 'cancel-all-timers':
      device.timers = []
      return
    case 'release':
      goes(world, device.id)
      Object.assign(device, { ...noMemory(), timers: device.timers })
      return
    case 'resolve-people':
    case 'send-knock':
    case 'admit-knock':
    case 'refuse-knock':
    case 'send-state':
    case 'send-media':
    case 'send-hand':
    case 'send-mute-request':
    case 'announce':
    case 'send-upgrade':
    case 'finish-one-to-one':
    case 'record':
      return
    case 'call-back':
      callBack(world, device, effect)
      return
    case 'end-return':
      endOneToOne(world, device)
      return
    case 'finish-return':
      if (device.oneToOne?.stage !== 'connected') throw new Violation(`${device.id} leaves the group for nothing (R40)`)
      device.oneToOne = { ...device.oneToOne, stage: 'moved' }
      return
  }
}

/** R40: only one other is in, and nobody who was in before has the key that names the call. */
function callBack(world: World, device: Device, { peer, epoch }: GroupEffect & { kind: 'call-back' }): void {
  const { members } = read(device.chain).roster
  if (members.length !== 2 || members[0]?.device !== device.id || members[1]?.device !== peer)
    throw new Violation(`${device.id} calls ${peer} back beside others (R40)`)
  if (!device.senderKeys.includes(epoch) || !device.heldKeys.includes(`${epoch}/${peer}`))
    throw new Violation(`${device.id} calls ${peer} back without keys (R40)`)
  if (device.oneToOne !== undefined) throw new Violation(`${device.id} is in two calls of two`)
  device.oneToOne = { with: peer, stage: 'calling' }
  world.mail.push({ to: peer, event: { kind: 'one-to-one-invite', from: device.id, epoch } })
}

/** What a device makes of the other's half of the handshake. */
export function oneToOneMail(world: World, device: Device, { kind, from, epoch }: OneToOneMail, machine: Step): void {
  const { oneToOne } = device
  const answer = (next: OneToOneMail['kind']): void => {
    world.mail.push({ to: from, event: { kind: next, from: device.id, epoch } })
  }
  const connect = (): void => {
    device.oneToOne = { with: from, stage: 'connected' }
    feed(world, device, { kind: 'one-to-one-connected', groupId }, machine)
  }
  if (kind === 'one-to-one-invite') {
    const { call } = device.state
    if (call.kind !== 'inside' || call.roster.epoch !== epoch || oneToOne !== undefined) return
    feed(world, device, { kind: 'called-back', groupId }, machine)
    const { call: after } = device.state
    if (after.kind !== 'inside' || after.returning === undefined) return
    device.oneToOne = { with: from, stage: 'calling' }
    answer('one-to-one-accept')
    return
  }
  if (oneToOne?.with !== from) return
  switch (kind) {
    case 'one-to-one-accept':
      answer('one-to-one-confirm')
      return
    case 'one-to-one-confirm':
      answer('one-to-one-record')
      connect()
      return
    case 'one-to-one-record':
      connect()
      return
    case 'one-to-one-end':
      device.oneToOne = undefined
      if (oneToOne.stage !== 'moved') feed(world, device, { kind: 'one-to-one-ended', groupId }, machine)
  }
}

function endOneToOne(world: World, device: Device): void {
  const { oneToOne } = device
  device.oneToOne = undefined
  if (oneToOne !== undefined)
    world.mail.push({ to: oneToOne.with, event: { kind: 'one-to-one-end', from: device.id, epoch: 0 } })
}

function newJoin(world: World, device: Device): string {
  const join = `${device.id}.${++device.joinsMade}`
  world.joins = { ...world.joins, [join]: device.chain.length }
  device.privates = [`${join}.0`]
  return join
}

function memberKeyId({ join }: Device, epoch: number): string {
  return `${join}.${epoch}`
}

function announceKey(world: World, device: Device, epoch: number, to: string | undefined): void {
  const id = memberKeyId(device, epoch)
  if (epoch === 0) return
  if (!world.sentKeys.some((key) => key.id === id))
    world.sentKeys = [...world.sentKeys, { device: device.id, epoch, id }]
  send(world, device, to, { kind: 'member-key', epoch, id })
}

/** R32, R33, R35. */
function giveKey(device: Device, { epoch, to, memberKey: named }: GroupEffect & { kind: 'give-key' }): void {
  const chain = device.chain.slice(0, epoch)
  const receiver = read(chain).roster.members.find((member) => member.device === to)
  if (receiver === undefined) throw new Violation(`${device.id} gives ${to} a key of an epoch that it is not in (R32)`)
  const now = read(device.chain).roster.members.find((member) => member.device === to)
  if (now?.join !== receiver.join)
    throw new Violation(`${device.id} gives ${to} a key that is older than its stay (R33)`)
  if (!device.trusted.includes(`${to}/${receiver.join}`))
    throw new Violation(`${device.id} gives ${to} a key unchecked (R35)`)
  if (device.forks.includes(`${to}/${receiver.join}`))
    throw new Violation(`${device.id} gives ${to} a key in spite of a fork (R34)`)
  if (!device.senderKeys.includes(epoch)) throw new Violation(`${device.id} gives a key that it does not have`)
  const id =
    named === 0 ? `${receiver.join}.0` : device.publics.find((key) => key.device === to && key.epoch === named)?.id
  if (id === undefined) throw new Violation(`${device.id} wraps for a MemberKey that it does not have`)
  const share: Share = { sender: device.id, epoch, head: headOf(chain), receiver: to, memberKey: id }
  const waiting = device.shares.filter(([, other]) => other.sender !== device.id || other.receiver !== to)
  const handle = 1 + Math.max(0, ...waiting.map(([taken]) => taken))
  device.shares = [...waiting, [handle, share]]
  device.holders.push(`${epoch}/${to}/${receiver.join}`)
  if (!device.results.some((event) => event.kind === 'key-given' && event.epoch === epoch && event.device === to)) {
    device.results.push({ kind: 'key-given', groupId, epoch, device: to })
  }
}

function takeShare(device: Device, handle: number): Share {
  const found = device.shares.find(([other]) => other === handle)
  if (found === undefined) throw new Violation(`${device.id} names a KeyShare that is not there`)
  device.shares = device.shares.filter((other) => other !== found)
  return found[1]
}

/** R32: what does not fit is erased without a word. */
function openShare(device: Device, { sender, epoch, head, receiver, memberKey: id }: Share): void {
  const chain = device.chain.slice(0, epoch)
  const fits =
    receiver === device.id && chain.length === epoch && headOf(chain) === head && device.privates.includes(id)
  if (!fits || !read(chain).roster.members.some((member) => member.device === sender)) return
  const name = `${epoch}/${sender}`
  if (device.heldKeys.includes(name)) return
  device.heldKeys.push(name)
  device.results.push({ kind: 'share-opened', groupId, epoch, device: sender })
}

function mail(
  world: World,
  from: Device,
  accounts: readonly string[],
  event: GroupEvent & { kind: 'invite' | 'cancel' | 'answered' },
): void {
  for (const { id, account } of world.devices) {
    if (id !== from.id && accounts.includes(account)) world.mail.push({ to: id, event })
  }
}

/** Power off: everything in memory is gone; the device comes back without a call. */
export function crash(world: World, device: Device): void {
  goes(world, device.id)
  // In the end the other side notices.
  endOneToOne(world, device)
  Object.assign(device, noMemory(), { state: initialState(device.id, device.account) })
}

/** The connection breaks; what was on its way is gone. The runner tries to come back. */
export function loseRoom(world: World, device: Device, machine: Step): void {
  goes(world, device.id)
  device.link = 'connecting'
  device.inbox = []
  feed(world, device, { kind: 'room-lost', groupId }, machine)
}
