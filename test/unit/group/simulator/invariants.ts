/** What must hold in every state of the world. What must hold for each single effect is checked in `runner.ts`, where it happens. */
import { read } from './chain.ts'
import type { Inside } from '../../../../src-shared/group/machine/state.ts'
import type { TimerName } from '../../../../src-shared/group/machine/timers.ts'
import { type Device, Violation, type World } from './world.ts'

export function check(world: World): void {
  for (const device of world.devices) {
    if (!device.changed) continue
    device.changed = false
    checkTimers(device)
    checkSending(device)
    checkOneToOne(device)
    const { call } = device.state
    if (call.kind === 'inside') {
      checkPeople(device, call)
      checkKeys(device, call)
    } else if (device.sending !== undefined || device.senderKeys.length > 0 || device.heldKeys.length > 0) {
      throw new Violation(`${device.id}: keys outlive the membership`)
    }
    if ((call.kind === 'idle' || call.kind === 'ended' || call.kind === 'ringing') && device.link !== 'none') {
      throw new Violation(`${device.id}: is in the room without a yes`)
    }
  }
}

function runs({ timers }: Device, name: TimerName, about?: string): boolean {
  return timers.some((timer) => timer.name === name && timer.about === about)
}

/** Every state that is not at rest has a timer that ends it. */
function checkTimers(device: Device): void {
  const { call } = device.state
  const bounds = ((): boolean => {
    switch (call.kind) {
      case 'idle':
      case 'ended':
        return device.timers.length === 0
      case 'ringing':
        return runs(device, 'ring')
      case 'knocking':
        return runs(device, 'knock')
      case 'founding':
        return runs(device, 'set-up')
      case 'joining':
        return runs(device, 'join')
      case 'leaving':
        return runs(device, 'leave')
      case 'inside':
        return isBounded(device, call)
    }
  })()
  if (!bounds) throw new Violation(`${device.id}: nothing ends "${call.kind}"`)
}

function isBounded(device: Device, call: Inside): boolean {
  if (!runs(device, 'heads')) return false
  if (!call.roomOpen) return runs(device, 'reconnect')
  if (call.people.length === 0) return runs(device, 'alone')
  const absent = call.people.filter((person) => !call.present.includes(person.device))
  const watched = absent.every((person) => runs(device, 'lost', person.device) || runs(device, 'submit-again'))
  const company = absent.length < call.people.length
  return watched && (!company || runs(device, 'confirm') || runs(device, 'unheard'))
}

/** R40: beside the group only while the machine knows of it; then something ends that. */
function checkOneToOne({ id, oneToOne, state, timers }: Device): void {
  const returning = state.call.kind === 'inside' ? state.call.returning : undefined
  const isBeside = oneToOne !== undefined && oneToOne.stage !== 'moved'
  if (isBeside && returning === undefined) throw new Violation(`${id}: a call of two is left over (R40)`)
  const name = returning?.stage === 'calling' ? 'return-limit' : 'return-done'
  if (returning !== undefined && !timers.some((timer) => timer.name === name))
    throw new Violation(`${id}: nothing ends the return (R40)`)
}

/** R33: after a Remove nobody sends with an older key. R34, R35: whoever holds the key in use is in, trusted, and on the same branch. */
function checkSending(device: Device): void {
  const { id, sending, chain, holders, state } = device
  if (sending === undefined) return
  const later = read(chain).changes.slice(sending)
  const removed = later.find(({ kind }) => kind === 'removed')
  if (removed !== undefined) throw new Violation(`${id} sends with a key that one who was removed has (R33)`)
  if (state.call.kind !== 'inside' || !state.call.confirmed) throw new Violation(`${id} sends unconfirmed (R34)`)
  for (const holder of holders) {
    const [epoch, to, join] = holder.split('/')
    if (epoch !== String(sending)) continue
    const member = read(chain).roster.members.find((other) => other.device === to)
    if (member !== undefined && member.join !== join) continue
    if (device.forks.includes(`${to}/${join}`)) throw new Violation(`${id} sends to ${to} in spite of a fork (R34)`)
  }
}

/** R35: the person sees everybody. */
function checkPeople({ id, chain }: Device, call: Inside): void {
  const members = read(chain).roster.members.filter(({ device }) => device !== id)
  const seen = call.people.map(({ device, join }) => `${device}/${join}`).join()
  if (members.map(({ device, join }) => `${device}/${join}`).join() !== seen) {
    throw new Violation(`${id}: the person does not see who is in (R35)`)
  }
}

/** R31, R33: whatever is older than the current epoch has a timer that ends it. */
function checkKeys(device: Device, call: Inside): void {
  const { id, senderKeys, heldKeys, privates, join } = device
  const { epoch } = call.roster
  const old = senderKeys.filter((other) => other !== epoch)
  if (!senderKeys.includes(epoch)) throw new Violation(`${id}: has no key of the current epoch`)
  if (old.length > 1 || (old.length === 1 && !runs(device, 'switch')))
    throw new Violation(`${id}: keeps old sender keys (R33)`)
  for (const key of heldKeys) {
    const of = key.split('/')[0]
    if (of !== String(epoch) && !runs(device, 'expire', of) && !runs(device, 'retire', of)) {
      throw new Violation(`${id}: keeps keys of epoch ${of} (R33)`)
    }
  }
  const serving = new Map(call.held.map((held) => [`${join}.${held.receiveKey}`, held.epoch]))
  for (const key of privates) {
    if (key === `${join}.${epoch}`) continue
    const serves = serving.get(key)
    if (serves === undefined) throw new Violation(`${id}: keeps a receive key that serves nothing (R31)`)
    if (serves !== epoch && !runs(device, 'expire', String(serves)))
      throw new Violation(`${id}: keeps an old receive key (R31)`)
    const { from } = call.held.find((held) => held.epoch === serves) ?? { from: [] }
    if (from.every((other) => heldKeys.includes(`${serves}/${other}`)) && device.results.length === 0) {
      throw new Violation(`${id}: keeps a receive key that has served (R31)`)
    }
  }
}
