/** Who hears whom in the room of a call (docs/protocol/service.md, section 5). */
import { describe, expect, it } from 'vitest'
import { Budget } from '../../../src-server/relay/budget.ts'
import { CallRoom } from '../../../src-server/relay/call-room.ts'
import type { RoomMember } from '../../../src-server/relay/room.ts'
import { memberAddress, parseRelayFrame, type RelayFrame } from '../../../src-shared/protocol/relay-frame.ts'
import { heldValues } from '../../support/held-values.ts'

const certHash = (name: string) => Buffer.from(name.padEnd(32))
const address = (name: string) => memberAddress(certHash(name))

function member(name: string) {
  const frames: (RelayFrame | undefined)[] = []
  const packets: string[] = []
  const self: RoomMember = {
    certHash: certHash(name),
    accountPub: certHash('account'),
    address: address(name),
    sendFrame: (frame) => frames.push(parseRelayFrame(frame)),
    sendPacket: (packet) => packets.push(packet.toString()),
    congested: () => false,
  }
  return { self, frames, packets }
}

function call() {
  const room = new CallRoom(certHash('caller'))
  const [caller, callee, other] = [member('caller'), member('callee'), member('other')]
  for (const { self } of [caller, callee, other]) room.enter(self)
  return { room, caller, callee, other }
}

describe('packets', () => {
  it('go to the receivers that the sender names, and to nobody else', () => {
    const { room, caller, callee, other } = call()
    room.packet(callee.self, Buffer.from('before'))
    room.frame(callee.self, { kind: 'receivers', receivers: [caller.self.address, callee.self.address] })
    room.packet(callee.self, Buffer.from('to the caller'))
    expect(caller.packets).toEqual(['to the caller'])
    expect([...callee.packets, ...other.packets]).toEqual([])
  })

  it('reach a called device only after it agreed', () => {
    const { room, caller, callee, other } = call()
    room.frame(caller.self, { kind: 'receivers', receivers: [callee.self.address, other.self.address] })
    room.packet(caller.self, Buffer.from('unwanted'))
    room.frame(callee.self, { kind: 'message', peer: caller.self.address, message: Buffer.from('accept') })
    room.packet(caller.self, Buffer.from('wanted'))
    expect(callee.packets).toEqual(['wanted'])
    expect(other.packets).toEqual([])
  })

  it('take naming the sender as a receiver for agreement', () => {
    const { room, caller, callee } = call()
    room.frame(caller.self, { kind: 'receivers', receivers: [callee.self.address] })
    room.frame(callee.self, { kind: 'receivers', receivers: [caller.self.address] })
    room.packet(caller.self, Buffer.from('back again'))
    expect(callee.packets).toEqual(['back again'])
  })
})

describe('messages', () => {
  it('reach the one they name, under the name of the sender', () => {
    const { room, caller, callee, other } = call()
    room.frame(callee.self, { kind: 'message', peer: caller.self.address, message: Buffer.from('accept') })
    expect(caller.frames).toEqual([
      { kind: 'message', peer: callee.self.address, message: new Uint8Array(Buffer.from('accept')) },
    ])
    expect(other.frames).toEqual([])
  })

  it('go nowhere for who is not there, without a word to the sender (R19)', () => {
    const { room, caller } = call()
    room.frame(caller.self, { kind: 'message', peer: address('nobody'), message: Buffer.from('anyone?') })
    room.frame(caller.self, { kind: 'message', peer: caller.self.address, message: Buffer.from('me?') })
    expect(caller.frames).toEqual([])
  })
})

describe('leaving', () => {
  it('is told to those whom the one who left spoke to, once', () => {
    const { room, caller, callee, other } = call()
    room.frame(callee.self, { kind: 'message', peer: caller.self.address, message: Buffer.from('accept') })
    room.leave(callee.self)
    room.leave(callee.self)
    expect(caller.frames.slice(1)).toEqual([{ kind: 'left', peer: callee.self.address }])
    expect(other.frames).toEqual([])
  })

  it('of a called device that has not answered is told to nobody, whoever spoke to it (R19)', () => {
    const { room, caller, callee } = call()
    room.frame(caller.self, { kind: 'message', peer: callee.self.address, message: Buffer.from('anyone?') })
    room.leave(callee.self)
    expect(caller.frames).toEqual([])
  })

  it('is not told when a new connection of the device has taken its place', () => {
    const { room, caller, callee } = call()
    room.frame(callee.self, { kind: 'message', peer: caller.self.address, message: Buffer.from('accept') })
    const again = member('callee')
    expect(room.enter(again.self)).toBe(callee.self)
    room.leave(callee.self)
    room.frame(caller.self, { kind: 'message', peer: callee.self.address, message: Buffer.from('still there?') })
    expect(caller.frames).toHaveLength(1)
    expect(again.frames).toHaveLength(1)
    expect(room.size).toBe(3)
  })

  it('leaves an earlier connection without a voice', () => {
    const { room, caller, callee } = call()
    room.enter(member('callee').self)
    room.frame(callee.self, { kind: 'receivers', receivers: [caller.self.address] })
    room.frame(callee.self, { kind: 'message', peer: caller.self.address, message: Buffer.from('old') })
    room.packet(callee.self, Buffer.from('old'))
    expect([...caller.frames, ...caller.packets]).toEqual([])
  })
})

describe('the room', () => {
  it('remembers no more of those whom a member names than it can hold', () => {
    const { room, callee } = call()
    const name = (from: number) => {
      for (let index = from; index < from + 100; index++) {
        const peer = index.toString(16).padStart(16, '0')
        room.frame(callee.self, { kind: 'message', peer, message: new Uint8Array() })
        room.frame(callee.self, { kind: 'receivers', receivers: [peer] })
      }
      return heldValues(room)
    }
    expect(name(100)).toBe(name(0))
  })

  it('takes 17 devices, and each of them again', () => {
    const { room, callee } = call()
    for (let index = room.size; index < 17; index++) room.enter(member(`${String(index)} device`).self)
    expect(room.admits(member('one more').self)).toBe(false)
    expect(room.admits(callee.self)).toBe(true)
    // Another device with the same first 8 bytes.
    expect(room.admits({ ...callee.self, certHash: certHash('callee     x') })).toBe(false)
  })

  it('takes no frames of a group', () => {
    const { room, caller, callee } = call()
    const peer = callee.self.address
    expect(room.frame(caller.self, { kind: 'submit', entries: [new Uint8Array()] })).toBe(false)
    expect(room.frame(caller.self, { kind: 'left', peer })).toBe(false)
    expect(room.frame(caller.self, { kind: 'entered', peer })).toBe(false)
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
