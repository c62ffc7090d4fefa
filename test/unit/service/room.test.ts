/** Who hears whom in a room of the relay (docs/protocol/service.md, section 5). */
import { describe, expect, it } from 'vitest'
import { Budget } from '../../../src-server/relay/budget.ts'
import { Room, type RoomMember } from '../../../src-server/relay/room.ts'
import type { RelayFrame } from '../../../src-shared/protocol/relay-frame.ts'

const address = (name: string) => Buffer.from(name.padEnd(8)).toString('hex')

function member(name: string, host = false) {
  const frames: RelayFrame[] = []
  const packets: string[] = []
  const self: RoomMember = {
    device: name,
    address: address(name),
    host,
    sendFrame: (frame) => frames.push(frame),
    sendPacket: (packet) => packets.push(Buffer.from(packet).toString()),
  }
  return { self, frames, packets }
}

function call() {
  const room = new Room()
  const [caller, callee, other] = [member('caller', true), member('callee'), member('other')]
  for (const { self } of [caller, callee, other]) room.enter(self)
  return { room, caller, callee, other }
}

describe('packets', () => {
  it('go to the receivers that the sender names, and to nobody else', () => {
    const { room, caller, callee, other } = call()
    room.packet(callee.self, Buffer.from('before'))
    room.setReceivers(callee.self, [caller.self.address, callee.self.address])
    room.packet(callee.self, Buffer.from('to the caller'))
    expect(caller.packets).toEqual(['to the caller'])
    expect([...callee.packets, ...other.packets]).toEqual([])
  })

  it('reach a called device only after it agreed', () => {
    const { room, caller, callee, other } = call()
    room.setReceivers(caller.self, [callee.self.address, other.self.address])
    room.packet(caller.self, Buffer.from('unwanted'))
    room.message(callee.self, caller.self.address, Buffer.from('accept'))
    room.packet(caller.self, Buffer.from('wanted'))
    expect(callee.packets).toEqual(['wanted'])
    expect(other.packets).toEqual([])
  })

  it('take naming the sender as a receiver for agreement', () => {
    const { room, caller, callee } = call()
    room.setReceivers(caller.self, [callee.self.address])
    room.setReceivers(callee.self, [caller.self.address])
    room.packet(caller.self, Buffer.from('back again'))
    expect(callee.packets).toEqual(['back again'])
  })
})

describe('messages', () => {
  it('reach the one they name, under the name of the sender', () => {
    const { room, caller, callee, other } = call()
    room.message(callee.self, caller.self.address, Buffer.from('accept'))
    expect(caller.frames).toEqual([{ kind: 'message', peer: callee.self.address, message: Buffer.from('accept') }])
    expect(other.frames).toEqual([])
  })

  it('go nowhere for who is not there, without a word to the sender (R19)', () => {
    const { room, caller } = call()
    room.message(caller.self, address('nobody'), Buffer.from('anyone?'))
    room.message(caller.self, caller.self.address, Buffer.from('me?'))
    expect(caller.frames).toEqual([])
  })
})

describe('leaving', () => {
  it('is told to those who spoke with the one who left, once', () => {
    const { room, caller, callee, other } = call()
    room.message(callee.self, caller.self.address, Buffer.from('accept'))
    room.leave(callee.self)
    room.leave(callee.self)
    expect(caller.frames.slice(1)).toEqual([{ kind: 'left', peer: callee.self.address }])
    expect(other.frames).toEqual([])
  })

  it('is not told when a new connection of the device has taken its place', () => {
    const { room, caller, callee } = call()
    room.message(callee.self, caller.self.address, Buffer.from('accept'))
    const again = member('callee')
    expect(room.enter(again.self)).toBe(callee.self)
    room.leave(callee.self)
    room.message(caller.self, callee.self.address, Buffer.from('still there?'))
    expect(caller.frames).toHaveLength(1)
    expect(again.frames).toHaveLength(1)
    expect(room.size).toBe(3)
  })

  it('leaves an earlier connection without a voice', () => {
    const { room, caller, callee } = call()
    room.enter(member('callee').self)
    room.setReceivers(callee.self, [caller.self.address])
    room.message(callee.self, caller.self.address, Buffer.from('old'))
    room.packet(callee.self, Buffer.from('old'))
    expect([...caller.frames, ...caller.packets]).toEqual([])
  })
})

describe('Budget', () => {
  it('gives the burst at once and then the rate', () => {
    const budget = new Budget(10, 20, 0)
    const taken = Array.from({ length: 30 }, () => budget.take(1, 0)).filter(Boolean)
    expect(taken).toHaveLength(20)
    expect(budget.take(1, 99)).toBe(false)
    expect(budget.take(1, 100)).toBe(true)
    expect(budget.take(11, 1000)).toBe(false)
    expect(budget.take(9, 1000)).toBe(true)
  })

  it('does not fill when the clock goes back', () => {
    const budget = new Budget(10, 1, 1000)
    expect(budget.take(1, 1000)).toBe(true)
    expect(budget.take(1, 0)).toBe(false)
    expect(budget.take(1, 100)).toBe(true)
  })
})
