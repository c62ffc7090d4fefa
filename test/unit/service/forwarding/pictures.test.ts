/** Who gets which pictures of a group’s call (docs/protocol/group.md, sections 5.3 and 7.1). */
import { describe, expect, it } from 'vitest'
import { ForwardedCall, packetOf } from './forwarded-call.ts'

describe('a picture', () => {
  it('goes only to who looks at it, in one layer', () => {
    const call = new ForwardedCall(3)
    const [a, b, c] = [call.at(0), call.at(1), call.at(2)]
    call.look(b, [[a, 1]])
    expect(a.wanted()).toMatchObject([{ layers: [] }, { layers: [1] }])
    expect(call.picture(a, 0, 10, { keyframe: true })).toBe(1)
    expect(call.picture(a, 1, 10, { keyframe: true })).toBe(1)
    call.picture(a, 0, 20)
    call.picture(a, 1, 20)
    expect(b.seen()).toEqual(['0:10', '1:10', '1:20'])
    expect([a.packets, c.packets]).toEqual([[], []])
  })

  it('changes its layer with a keyframe that begins, asked for once for all who wait', () => {
    const call = new ForwardedCall(4)
    const [a, b, c, d] = [call.at(0), call.at(1), call.at(2), call.at(3)]
    for (const receiver of [b, c]) call.look(receiver, [[a, 0]])
    call.look(d, [[a, 1]])
    for (const layer of [0, 1]) call.picture(a, layer, 10, { keyframe: true })
    for (const device of call.people) device.seen()
    a.wanted()
    call.look(b, [[a, 1]])
    call.look(c, [[a, 1]])
    expect(a.wanted()).toMatchObject([{ keyframes: [1] }])
    // The rest of a frame is nothing to begin with.
    call.picture(a, 1, 10, { keyframe: true })
    call.picture(a, 1, 20)
    call.picture(a, 0, 20)
    expect(b.seen()).toEqual(['0:20'])
    expect(d.packets).toHaveLength(2)
    call.picture(a, 1, 30, { keyframe: true })
    call.picture(a, 1, 30, { keyframe: true })
    call.picture(a, 0, 30)
    call.picture(a, 1, 40)
    expect(b.seen().map((seen) => seen.split(':')[1])).toEqual(['30', '30', '40'])
    // Nobody needs the small one any more, after a while.
    call.now += 1000
    call.picture(a, 1, 50)
    expect(a.wanted()).toEqual([])
    call.now += 1500
    call.picture(a, 1, 60)
    expect(a.wanted()).toMatchObject([{ layers: [1] }])
  })

  it('falls back to what its sender sends, and returns', () => {
    const call = new ForwardedCall(2)
    const [a, b] = [call.at(0), call.at(1)]
    call.look(b, [[a, 2]])
    call.picture(a, 0, 10, { keyframe: true })
    call.picture(a, 0, 20)
    expect(b.seen()).toHaveLength(2)
    call.now += 600
    // The wanted one begins.
    call.picture(a, 2, 30, { keyframe: true })
    call.picture(a, 0, 30)
    expect(b.seen().map((seen) => seen.split(':')[1])).toEqual(['30'])
    // And ends.
    call.now += 600
    call.picture(a, 0, 40, { keyframe: true })
    expect(b.seen()).toHaveLength(1)
  })

  it('that cannot go on is asked for sparingly, however often somebody asks', () => {
    const call = new ForwardedCall(2)
    const [a, b] = [call.at(0), call.at(1)]
    call.look(b, [[a, 0]])
    call.picture(a, 0, 10, { keyframe: true })
    call.now += 1000
    a.wanted()
    for (let i = 0; i < 100; i++) {
      call.now += 20
      call.forwarder.keyframe(b, a.address, call.now)
    }
    expect(a.wanted().filter(({ keyframes }) => keyframes.includes(0))).toHaveLength(2)
    call.forwarder.keyframe(a, a.address, call.now)
    call.forwarder.keyframe(b, 'ffffffffffffffff', call.now)
    expect(a.wanted()).toEqual([])
  })

  it('of more layers than it has, or without a word about them, harms nobody', () => {
    const call = new ForwardedCall(2)
    const [a, b] = [call.at(0), call.at(1)]
    call.look(b, [[a, 2]])
    for (let layer = 0; layer < 8; layer++) call.picture(a, layer, 10, { keyframe: true })
    const mute = packetOf(a, {}, 3, 20)
    expect(call.forward(a, mute)).toBe(0)
    expect(call.forward(a, Buffer.alloc(9))).toBe('foreign')
    expect(b.seen().length).toBeLessThan(4)
  })
})

describe('a network that does not carry everything', () => {
  const FRAME = 33

  /** All send all their layers for a while. */
  function play(call: ForwardedCall, ms: number): void {
    for (const end = call.now + ms; call.now < end; call.now += FRAME) {
      for (const device of call.people) {
        for (const [layer, size] of [600, 2000, 5000].entries()) {
          const keyframe = call.now % 990 < FRAME
          call.picture(device, layer, call.now, { keyframe, temporal: Math.floor(call.now / FRAME) % 2, size })
        }
      }
    }
  }

  it('gets every picture small before one is large, and the first one first', () => {
    const call = new ForwardedCall(4)
    const [a, b, c, d] = [call.at(0), call.at(1), call.at(2), call.at(3)]
    const all = [
      [b, 2],
      [c, 2],
      [d, 2],
    ] as const
    call.look(a, all)
    play(call, 2500)
    a.packets.length = 0
    const layers = () => {
      const counts = new Map<string, number>()
      for (const packet of a.packets.splice(0)) {
        const name = `${String(packet.readUInt32BE(8) >>> 8)}/${String(((packet[20] ?? 0) >> 4) & 7)}`
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
      return counts
    }
    play(call, 2000)
    expect([...layers().keys()].sort()).toEqual([b, c, d].map(({ prefix }) => `${String(prefix)}/2`).sort())
    // Some 150, 500 and 1200 kbit/s each: room for one large and two small.
    call.look(a, all, 2100)
    play(call, 1500)
    layers()
    play(call, 2000)
    expect([...layers().keys()].sort()).toEqual([
      `${String(b.prefix)}/2`,
      `${String(c.prefix)}/0`,
      `${String(d.prefix)}/0`,
    ])
    // Hardly for anything: every second frame of the smallest, or nothing.
    call.look(a, all, 500)
    play(call, 1500)
    layers()
    play(call, 2000)
    const few = layers()
    expect([...few.keys()].every((name) => name.endsWith('/0'))).toBe(true)
    expect(Math.min(...few.values())).toBeLessThan(40)
  })
})

it('begins anew with who comes anew', () => {
  const call = new ForwardedCall(2)
  const [a, b] = [call.at(0), call.at(1)]
  call.look(b, [[a, 0]])
  a.wanted()
  const again = [
    { member: a, ssrcPrefix: 0x777 },
    { member: b, ssrcPrefix: b.prefix },
  ]
  call.forwarder.setParticipants(again, call.now)
  expect(a.wanted()).toMatchObject([{ layers: [0] }])
  expect(call.picture(a, 0, 1, { keyframe: true })).toBe('foreign')
  call.forwarder.setParticipants(again.slice(1), call.now)
  expect(call.picture(a, 0, 1, { keyframe: true })).toBe(0)
})
