/** The relay's room (docs/protocol/group.md, section 5): it orders the chain, refuses what does not follow or does not count, and copies messages. */
import { appendCounting, type Chain, headOf, type ModelChange, read } from './chain.ts'
import { type Device, deviceOf, type Frame, type Message, type World } from './world.ts'

export function send(world: World, from: Device, to: string | undefined, message: Message): void {
  if (!world.room.devices.includes(from.id)) return
  for (const id of world.room.devices) {
    if (id === from.id || (to !== undefined && id !== to)) continue
    push(deviceOf(world, id), { kind: 'message', from: from.id, message })
  }
}

function push(device: Device, frame: Frame): void {
  device.inbox.push(frame)
}

/** Signed behind the device's own chain; appended if the room's is the same. */
export function submit(world: World, device: Device, changes: readonly ModelChange[]): void {
  const grown = appendCounting(device.chain, device.id, changes, (join) => world.joins[join] ?? 0)
  if (grown.length === device.chain.length) return
  const present = changes.some(
    (change) => change.op === 'remove' && change.reason === 'lost' && world.room.devices.includes(change.device),
  )
  offer(world, device, grown, headOf(device.chain), present)
}

export function submitChain(world: World, device: Device, from: number): void {
  offer(world, device, device.chain, from === 0 ? '' : (device.chain[from - 1]?.head ?? ''), false)
}

function offer(world: World, device: Device, grown: Chain, behind: string, refused: boolean): void {
  const { room } = world
  if (!room.devices.includes(device.id)) return
  if (refused || headOf(room.chain) !== behind) {
    push(device, { kind: 'refused', length: room.chain.length })
    return
  }
  room.chain = grown
  for (const id of room.devices) {
    const other = deviceOf(world, id)
    if (!other.withheld) push(other, { kind: 'entries', chain: grown, initial: false })
  }
  for (const id of [...room.devices]) {
    if (mayEnter(world, deviceOf(world, id))) continue
    push(deviceOf(world, id), { kind: 'kicked' })
    goes(world, id)
  }
}

export function mayEnter({ room }: World, { account }: Device): boolean {
  if (room.chain.length === 0) return true
  const { members, invited } = read(room.chain).roster
  return members.some((member) => member.account === account) || invited.includes(account)
}

export function comes(world: World, device: Device): void {
  const others = [...world.room.devices]
  world.room.devices.push(device.id)
  // Who is kept in the dark gets what it has.
  const chain = device.withheld ? device.chain : world.room.chain
  push(device, { kind: 'entries', chain, initial: true })
  for (const id of others) {
    push(device, { kind: 'entered', device: id })
    push(deviceOf(world, id), { kind: 'entered', device: device.id })
  }
}

/** What is on its way to it may still arrive, unless the caller empties its inbox. */
export function goes(world: World, id: string): void {
  const { room } = world
  if (!room.devices.includes(id)) return
  room.devices = room.devices.filter((other) => other !== id)
  for (const other of room.devices) push(deviceOf(world, other), { kind: 'left', device: id })
}
