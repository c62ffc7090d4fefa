/** Whose voices of a group’s call are passed on (docs/protocol/group.md, section 7.1). */
import { describe, expect, it } from 'vitest'
import { ForwardedCall } from './forwarded-call.ts'

describe('voices', () => {
  it('of a few are all heard', () => {
    const call = new ForwardedCall(6)
    for (const device of call.people) expect(call.voice(device, 127)).toBe(5)
  })

  it('of many are the five loudest, who keep their places through pauses of speech', () => {
    const call = new ForwardedCall(10)
    const heard = () => call.people.map((device) => call.isHeard(device, call.people.indexOf(device) < 5 ? 30 : 90))
    for (let i = 0; i < 10; i++, call.now += 20) heard()
    expect(heard()).toEqual(call.people.map((_, i) => i < 5))
    // A pause of half a second.
    for (let i = 0; i < 25; i++, call.now += 20) for (const device of call.people) call.voice(device, 90)
    expect(call.people.map((device) => call.isHeard(device, 90))).toEqual(call.people.map((_, i) => i < 5))
    // Somebody else begins to speak, and is heard from the first word on.
    expect(call.voice(call.at(9), 25)).toBe(9)
    expect(call.people.filter((device) => call.isHeard(device, 90))).toHaveLength(5)
  })

  it('of who is gone take nobody’s place', () => {
    const call = new ForwardedCall(8)
    for (let i = 0; i < 5; i++) call.voice(call.at(i), 10)
    call.now += 3000
    for (let i = 3; i < 8; i++) expect(call.voice(call.at(i), 60)).toBe(7)
  })
})
