/** A screen that is shared in a group’s call, and its sound (docs/protocol/group.md, section 7.1). */
import { describe, expect, it } from 'vitest'
import { groupSsrc } from '../../../../src-shared/media/ssrc.ts'
import { type Device, ForwardedCall, packetOf } from './forwarded-call.ts'

describe('a shared screen', () => {
  it('goes to all, whoever looks at what', () => {
    const call = new ForwardedCall(4)
    call.look(call.at(1), [])
    expect(call.screen(call.at(0), 10)).toBe(3)
    expect(call.people.map(({ packets }) => packets.length)).toEqual([0, 1, 1, 1])
  })

  it('comes again from here where it was lost', () => {
    const call = new ForwardedCall(3)
    const [a, b] = [call.at(0), call.at(1)]
    for (const timestamp of [10, 20, 30]) call.screen(a, timestamp)
    b.packets.splice(0)
    call.missing(b, groupSsrc(a.prefix, 0, 'screen'), [2])
    expect(b.packets.map((packet) => packet.readUInt32BE(4))).toEqual([20])
    expect(call.at(2).packets).toHaveLength(3)
  })

  it('leaves pictures less of a narrow network, and gives it back', () => {
    const call = new ForwardedCall(3)
    const [a, b, c] = [call.at(0), call.at(1), call.at(2)]
    const layers = () => {
      call.picture(a, 0, call.now, { keyframe: true, size: 400 })
      call.picture(a, 1, call.now, { keyframe: true, size: 1000 })
      return c.packets.splice(0).map((packet) => ((packet[20] ?? 0) >> 4) & 7)
    }
    const pass = (milliseconds: number, work: () => void) => {
      for (const end = call.now + milliseconds; call.now < end; call.now += 50) {
        work()
        layers()
      }
    }
    call.look(c, [[a, 1]], 900)
    pass(3000, () => undefined)
    expect(layers()).toContain(1)
    pass(3000, () => {
      for (let packets = 0; packets < 4; packets++) call.screen(b, call.now, 1000)
    })
    expect(layers()).not.toContain(1)
    pass(4000, () => undefined)
    expect(layers()).toContain(1)
  })
})

describe('the sound of a shared screen', () => {
  const sound = (call: ForwardedCall, from: Device) =>
    call.forward(from, packetOf(from, {}, 0, call.now, 100, 'screenSound'))

  it('goes to all, beside any number of voices, and takes the place of none', () => {
    const call = new ForwardedCall(9)
    for (let speaking = 1; speaking < 9; speaking++) call.voice(call.at(speaking), 20)
    expect(sound(call, call.at(0))).toBe(8)
    const heard = call.people.filter((person) => call.isHeard(person, 20))
    expect(sound(call, call.at(0))).toBe(8)
    expect(call.people.filter((person) => call.isHeard(person, 20))).toEqual(heard)
  })

  it('is not kept to be sent again', () => {
    const call = new ForwardedCall(3)
    const [a, b] = [call.at(0), call.at(1)]
    sound(call, a)
    b.packets.splice(0)
    call.missing(b, groupSsrc(a.prefix, 0, 'screenSound'), [1])
    expect(b.packets).toEqual([])
  })
})
