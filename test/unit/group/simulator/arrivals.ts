/** What the room hands on, as a runner with the core makes it events. */
import { type Chain, headOf, read } from './chain.ts'
import { feed } from './runner.ts'
import { type Device, deviceOf, type Frame, GROUP, type Message, type Step, type World } from './world.ts'

const groupId = GROUP

export function receive(world: World, device: Device, frame: Frame, machine: Step): void {
  switch (frame.kind) {
    case 'entries':
      entries(world, device, frame.chain, frame.initial, machine)
      return
    case 'entered':
    case 'left':
      feed(world, device, { kind: frame.kind, groupId, device: frame.device }, machine)
      return
    case 'refused':
      feed(world, device, { kind: 'submit-refused', groupId, retry: true, length: frame.length }, machine)
      return
    case 'kicked':
      device.link = 'connecting'
      device.inbox = []
      feed(world, device, { kind: 'room-lost', groupId }, machine)
      return
    case 'message':
      message(world, device, frame.from, frame.message, machine)
  }
}

function entries(world: World, device: Device, chain: Chain, initial: boolean, machine: Step): void {
  const own = device.chain
  const continues = own.length === 0 || (chain.length >= own.length && chain[own.length - 1]?.head === headOf(own))
  const known = chain.length === 0 || own[chain.length - 1]?.head === headOf(chain)
  if (continues && chain.length > own.length) {
    device.chain = chain
    const { roster, changes } = read(chain)
    feed(world, device, { kind: 'roster-changed', groupId, roster, changes: changes.slice(own.length) }, machine)
  } else if (!known) {
    feed(world, device, { kind: 'room-forked', groupId }, machine)
  } else if (!initial) {
    feed(world, device, { kind: 'room-length', groupId, length: chain.length }, machine)
  }
  if (!initial && !(device.emptyRoom && chain.length > 0)) return
  device.emptyRoom = chain.length === 0
  const state = chain.length === 0 ? 'none' : read(chain).roster.members.length === 0 ? 'closed' : 'good'
  feed(world, device, { kind: 'room-entered', groupId, length: chain.length, chain: state }, machine)
}

function message(world: World, device: Device, from: string, sent: Message, machine: Step): void {
  const { roster } = read(device.chain)
  const member = roster.members.find((other) => other.device === from)
  switch (sent.kind) {
    case 'join': {
      const { account } = deviceOf(world, from)
      const { used, lastChange } = read(device.chain)
      if (used.has(sent.join) || (lastChange.get(from) ?? -1) >= sent.from || !roster.invited.includes(account)) return
      feed(
        world,
        device,
        { kind: 'join-arrived', groupId, device: from, account, join: sent.join, byLink: false },
        machine,
      )
      return
    }
    case 'member-key':
      if (member === undefined) return
      memberKey(world, device, from, sent.epoch, sent.id, machine)
      return
    case 'share': {
      const handle = 1 + Math.max(0, ...device.shares.map(([taken]) => taken))
      device.shares = [...device.shares, [handle, sent.share]]
      feed(world, device, { kind: 'share-arrived', groupId, epoch: sent.share.epoch, share: handle }, machine)
      return
    }
    case 'head': {
      if (member === undefined) return
      const { length, head } = sent
      const mine = device.chain[length - 1]?.head
      const relation =
        length > device.chain.length
          ? 'ahead'
          : mine !== head
            ? 'fork'
            : length === device.chain.length
              ? 'same'
              : 'behind'
      if (relation === 'fork' && device.state.call.kind === 'inside') device.forks.push(`${from}/${member.join}`)
      feed(world, device, { kind: 'head', groupId, device: from, relation, length }, machine)
      return
    }
    case 'key-request':
      if (member !== undefined)
        feed(world, device, { kind: 'key-request', groupId, device: from, epoch: sent.epoch }, machine)
  }
}

export function memberKey(world: World, device: Device, from: string, epoch: number, id: string, machine: Step): void {
  device.publics = [
    ...device.publics.filter((key) => key.device !== from || key.epoch !== epoch),
    { device: from, epoch, id },
  ]
  feed(world, device, { kind: 'member-key', groupId, device: from, epoch }, machine)
}
