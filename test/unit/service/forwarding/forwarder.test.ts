/** Who gets which packets of a group's call (docs/protocol/group.md, sections 5.3 and 7.1). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Forwarder } from '../../../../src-server/relay/forwarding/forwarder.ts'
import type { RoomMember } from '../../../../src-server/relay/room.ts'
import { groupSsrc, type MediaKind } from '../../../../src-shared/media/ssrc.ts'
import { forwardingElements } from '../../../../src-shared/media/forwarding.ts'
import { buildRtp } from '../../../../src-shared/media/rtp.ts'
import { departureOf, withoutDeparture } from '../../../../src-shared/media/departure.ts'
import { parseRtcp } from '../../../../src-shared/media/rtcp.ts'
import { parseRelayFrame, type RelayFrame } from '../../../../src-shared/protocol/relay-frame.ts'

class Device implements RoomMember {
  readonly certHash = new Uint8Array(32)
  readonly accountPub = new Uint8Array(32)
  readonly address: string
  readonly prefix: number
  readonly frames: RelayFrame[] = []
  readonly packets: Buffer[] = []
  sequence = 0

  constructor(number: number) {
    this.prefix = 0x100 + number
    this.address = String(number).padStart(16, '0')
  }

  sendFrame(bytes: Uint8Array): void {
    const frame = parseRelayFrame(bytes)
    if (frame !== undefined) this.frames.push(frame)
  }

  sendPacket(packet: Buffer): void {
    this.packets.push(packet)
  }

  congested(): boolean {
    return false
  }

  /** Layer and frame of what it got of pictures since the last time. */
  seen(): string[] {
    return this.packets
      .splice(0)
      .map((packet) => `${String(((packet[20] ?? 0) >> 4) & 7)}:${String(packet.readUInt32BE(4))}`)
  }

  wanted(): Extract<RelayFrame, { kind: 'wanted' }>[] {
    return this.frames.splice(0).flatMap((frame) => (frame.kind === 'wanted' ? [frame] : []))
  }
}

let now = 0
let forwarder: Forwarder
let people: Device[]

function enter(count: number): void {
  people = Array.from({ length: count }, (_, number) => new Device(number + 1))
  forwarder.setParticipants(
    people.map((member) => ({ member, ssrcPrefix: member.prefix })),
    now,
  )
}

const at = (index: number): Device => {
  const device = people[index]
  if (device === undefined) throw new Error('nobody')
  return device
}

function packetOf(
  from: Device,
  about: Parameters<typeof forwardingElements>[0],
  stream: number,
  timestamp: number,
  size = 100,
  kind: MediaKind = about.audioLevel === undefined ? 'video' : 'audio',
): Buffer {
  return Buffer.from(
    buildRtp({
      payloadType: 96,
      marker: false,
      sequenceNumber: (from.sequence += 1),
      timestamp,
      ssrc: groupSsrc(from.prefix, stream, kind),
      csrcs: [],
      extensions: forwardingElements(about),
      payload: new Uint8Array(size),
    }),
  )
}

function picture(from: Device, layer: number, timestamp: number, { keyframe = false, temporal = 0, size = 100 } = {}) {
  const packet = packetOf(from, { picture: { layer, temporal, keyframe } }, layer, timestamp, size)
  return forwarder.forward(from, packet, now)
}

const voice = (from: Device, level: number) =>
  forwarder.forward(from, packetOf(from, { audioLevel: { voice: level < 60, level } }, 0, now), now)

function screen(from: Device, timestamp: number, size = 100): number | 'foreign' {
  return forwarder.forward(from, packetOf(from, {}, 0, timestamp, size, 'screen'), now)
}

const isHeard = (from: Device, level: number) => voice(from, level) !== 0

function look(receiver: Device, pictures: readonly (readonly [Device, number])[], downlink = 0): void {
  const wants = pictures.map(([member, layer]) => ({ member: member.address, layer }))
  forwarder.look(receiver, { downlink, pictures: wants }, now)
}

beforeEach(() => {
  now = 1_000_000
  forwarder = new Forwarder()
})

describe('a picture', () => {
  it('goes only to who looks at it, in one layer', () => {
    enter(3)
    const [a, b, c] = [at(0), at(1), at(2)]
    look(b, [[a, 1]])
    expect(a.wanted()).toMatchObject([{ layers: [] }, { layers: [1] }])
    expect(picture(a, 0, 10, { keyframe: true })).toBe(1)
    expect(picture(a, 1, 10, { keyframe: true })).toBe(1)
    picture(a, 0, 20)
    picture(a, 1, 20)
    expect(b.seen()).toEqual(['0:10', '1:10', '1:20'])
    expect([a.packets, c.packets]).toEqual([[], []])
  })

  it('changes its layer with a keyframe that begins, asked for once for all who wait', () => {
    enter(4)
    const [a, b, c, d] = [at(0), at(1), at(2), at(3)]
    for (const receiver of [b, c]) look(receiver, [[a, 0]])
    look(d, [[a, 1]])
    for (const layer of [0, 1]) picture(a, layer, 10, { keyframe: true })
    for (const device of people) device.seen()
    a.wanted()
    look(b, [[a, 1]])
    look(c, [[a, 1]])
    expect(a.wanted()).toMatchObject([{ keyframes: [1] }])
    // The rest of a frame is nothing to begin with.
    picture(a, 1, 10, { keyframe: true })
    picture(a, 1, 20)
    picture(a, 0, 20)
    expect(b.seen()).toEqual(['0:20'])
    expect(d.packets).toHaveLength(2)
    picture(a, 1, 30, { keyframe: true })
    picture(a, 1, 30, { keyframe: true })
    picture(a, 0, 30)
    picture(a, 1, 40)
    expect(b.seen().map((seen) => seen.split(':')[1])).toEqual(['30', '30', '40'])
    // Nobody needs the small one any more, after a while.
    now += 1000
    picture(a, 1, 50)
    expect(a.wanted()).toEqual([])
    now += 1500
    picture(a, 1, 60)
    expect(a.wanted()).toMatchObject([{ layers: [1] }])
  })

  it('falls back to what its sender sends, and returns', () => {
    enter(2)
    const [a, b] = [at(0), at(1)]
    look(b, [[a, 2]])
    picture(a, 0, 10, { keyframe: true })
    picture(a, 0, 20)
    expect(b.seen()).toHaveLength(2)
    now += 600
    // The wanted one begins.
    picture(a, 2, 30, { keyframe: true })
    picture(a, 0, 30)
    expect(b.seen().map((seen) => seen.split(':')[1])).toEqual(['30'])
    // And ends.
    now += 600
    picture(a, 0, 40, { keyframe: true })
    expect(b.seen()).toHaveLength(1)
  })

  it('that cannot go on is asked for sparingly, however often somebody asks', () => {
    enter(2)
    const [a, b] = [at(0), at(1)]
    look(b, [[a, 0]])
    picture(a, 0, 10, { keyframe: true })
    now += 1000
    a.wanted()
    for (let i = 0; i < 100; i++) {
      now += 20
      forwarder.keyframe(b, a.address, now)
    }
    expect(a.wanted().filter(({ keyframes }) => keyframes.includes(0))).toHaveLength(2)
    forwarder.keyframe(a, a.address, now)
    forwarder.keyframe(b, 'ffffffffffffffff', now)
    expect(a.wanted()).toEqual([])
  })

  it('of more layers than it has, or without a word about them, harms nobody', () => {
    enter(2)
    const [a, b] = [at(0), at(1)]
    look(b, [[a, 2]])
    for (let layer = 0; layer < 8; layer++) picture(a, layer, 10, { keyframe: true })
    const mute = packetOf(a, {}, 3, 20)
    expect(forwarder.forward(a, mute, now)).toBe(0)
    expect(forwarder.forward(a, Buffer.alloc(9), now)).toBe('foreign')
    expect(b.seen().length).toBeLessThan(4)
  })
})

describe('a network that does not carry everything', () => {
  const FRAME = 33

  /** All send all their layers for a while. */
  function play(ms: number): void {
    for (const end = now + ms; now < end; now += FRAME) {
      for (const device of people) {
        for (const [layer, size] of [600, 2000, 5000].entries()) {
          const keyframe = now % 990 < FRAME
          picture(device, layer, now, { keyframe, temporal: Math.floor(now / FRAME) % 2, size })
        }
      }
    }
  }

  it('gets every picture small before one is large, and the first one first', () => {
    enter(4)
    const [a, b, c, d] = [at(0), at(1), at(2), at(3)]
    const all = [
      [b, 2],
      [c, 2],
      [d, 2],
    ] as const
    look(a, all)
    play(2500)
    a.packets.length = 0
    const layers = () => {
      const counts = new Map<string, number>()
      for (const packet of a.packets.splice(0)) {
        const name = `${String(packet.readUInt32BE(8) >>> 8)}/${String(((packet[20] ?? 0) >> 4) & 7)}`
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
      return counts
    }
    play(2000)
    expect([...layers().keys()].sort()).toEqual([b, c, d].map(({ prefix }) => `${String(prefix)}/2`).sort())
    // Some 150, 500 and 1200 kbit/s each: room for one large and two small.
    look(a, all, 2100)
    play(1500)
    layers()
    play(2000)
    expect([...layers().keys()].sort()).toEqual([
      `${String(b.prefix)}/2`,
      `${String(c.prefix)}/0`,
      `${String(d.prefix)}/0`,
    ])
    // Hardly for anything: every second frame of the smallest, or nothing.
    look(a, all, 500)
    play(1500)
    layers()
    play(2000)
    const few = layers()
    expect([...few.keys()].every((name) => name.endsWith('/0'))).toBe(true)
    expect(Math.min(...few.values())).toBeLessThan(40)
  })
})

describe('voices', () => {
  it('of a few are all heard', () => {
    enter(6)
    for (const device of people) expect(voice(device, 127)).toBe(5)
  })

  it('of many are the five loudest, who keep their places through pauses of speech', () => {
    enter(10)
    const heard = () => people.map((device) => isHeard(device, people.indexOf(device) < 5 ? 30 : 90))
    for (let i = 0; i < 10; i++, now += 20) heard()
    expect(heard()).toEqual(people.map((_, i) => i < 5))
    // A pause of half a second.
    for (let i = 0; i < 25; i++, now += 20) for (const device of people) voice(device, 90)
    expect(people.map((device) => isHeard(device, 90))).toEqual(people.map((_, i) => i < 5))
    // Somebody else begins to speak, and is heard from the first word on.
    expect(voice(at(9), 25)).toBe(9)
    expect(people.filter((device) => isHeard(device, 90))).toHaveLength(5)
  })

  it('of who is gone take nobody’s place', () => {
    enter(8)
    for (let i = 0; i < 5; i++) voice(at(i), 10)
    now += 3000
    for (let i = 3; i < 8; i++) expect(voice(at(i), 60)).toBe(7)
  })
})

describe('when a packet left', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is said behind it, anew when it is sent again; the packet itself stays as it was', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    enter(2)
    const [a, b] = [at(0), at(1)]
    look(b, [[a, 0]])
    const start = performance.now()
    const sent = packetOf(a, { picture: { layer: 0, temporal: 0, keyframe: true } }, 0, 7)
    forwarder.forward(a, sent, now)
    vi.advanceTimersByTime(500)
    forwarder.missing(b, groupSsrc(a.prefix, 0, 'video'), [1], now)
    expect(b.packets.map((packet) => Math.round((departureOf(packet) ?? NaN) - start))).toEqual([0, 500])
    for (const packet of b.packets) expect(Buffer.from(withoutDeparture(packet))).toEqual(sent)
  })

  it('is said behind media of every kind', () => {
    enter(2)
    const [a, b] = [at(0), at(1)]
    look(b, [[a, 0]])
    forwarder.forward(a, packetOf(a, { picture: { layer: 0, temporal: 0, keyframe: true } }, 0, 7), now)
    voice(a, 20)
    for (const kind of ['screen', 'screenSound'] as const) forwarder.forward(a, packetOf(a, {}, 0, 7, 100, kind), now)
    expect(b.packets).toHaveLength(4)
    for (const packet of b.packets) expect(departureOf(packet)).toBeTypeOf('number')
  })

  it('is said by the relay only: what a member padded goes nowhere', () => {
    enter(2)
    const [a, b] = [at(0), at(1)]
    look(b, [[a, 0]])
    const packets = [
      packetOf(a, { picture: { layer: 0, temporal: 0, keyframe: true } }, 0, 7),
      packetOf(a, { audioLevel: { voice: true, level: 10 } }, 0, 7),
      packetOf(a, {}, 0, 7, 100, 'screen'),
    ]
    for (const packet of packets) {
      packet[0] = (packet[0] ?? 0) | 0x20
      expect(forwarder.forward(a, packet, now)).toBe(0)
    }
    expect(b.packets).toEqual([])
  })
})

describe('packets that did not arrive', () => {
  it('come from here, or from their sender, who is asked once', () => {
    enter(3)
    const [a, b, c] = [at(0), at(1), at(2)]
    look(b, [[a, 0]])
    look(c, [[a, 0]])
    for (let frame = 0; frame < 5; frame++) picture(a, 0, frame, { keyframe: true })
    const [, second] = b.packets
    b.seen()
    a.frames.length = 0
    const ssrc = groupSsrc(a.prefix, 0, 'video')
    forwarder.missing(b, ssrc, [2, 900], now)
    forwarder.missing(c, ssrc, [900, 901], now)
    expect(b.packets.map(withoutDeparture)).toEqual([second && withoutDeparture(second)])
    expect(a.frames).toEqual([
      { kind: 'missing', ssrc, sequenceNumbers: [900] },
      { kind: 'missing', ssrc, sequenceNumbers: [901] },
    ])
    a.frames.length = 0
    now += 100
    forwarder.missing(b, ssrc, [900], now)
    expect(a.frames).toHaveLength(1)
  })

  it('of streams that nobody knows are nobody’s', () => {
    enter(2)
    forwarder.missing(at(0), groupSsrc(0x999, 0, 'video'), [1], now)
    forwarder.missing(at(0), groupSsrc(at(1).prefix, 9, 'video'), [1], now)
    forwarder.missing(new Device(7), groupSsrc(at(1).prefix, 0, 'video'), [1], now)
    expect(people.every(({ frames }) => frames.every(({ kind }) => kind === 'wanted'))).toBe(true)
  })
})

describe('the sound of a shared screen', () => {
  const sound = (from: Device, size = 100) =>
    forwarder.forward(from, packetOf(from, {}, 0, now, size, 'screenSound'), now)

  it('goes to all, beside any number of voices, and takes the place of none', () => {
    enter(9)
    for (let speaking = 1; speaking < 9; speaking++) voice(at(speaking), 20)
    expect(sound(at(0))).toBe(8)
    const heard = people.filter((person) => isHeard(person, 20))
    expect(sound(at(0))).toBe(8)
    expect(people.filter((person) => isHeard(person, 20))).toEqual(heard)
  })

  it('is not kept to be sent again', () => {
    enter(3)
    const [a, b] = [at(0), at(1)]
    sound(a)
    b.packets.splice(0)
    forwarder.missing(b, groupSsrc(a.prefix, 0, 'screenSound'), [1], now)
    expect(b.packets).toEqual([])
  })
})

describe('a shared screen', () => {
  it('goes to all, whoever looks at what', () => {
    enter(4)
    look(at(1), [])
    expect(screen(at(0), 10)).toBe(3)
    expect(people.map(({ packets }) => packets.length)).toEqual([0, 1, 1, 1])
  })

  it('comes again from here where it was lost', () => {
    enter(3)
    const [a, b] = [at(0), at(1)]
    for (const timestamp of [10, 20, 30]) screen(a, timestamp)
    b.packets.splice(0)
    forwarder.missing(b, groupSsrc(a.prefix, 0, 'screen'), [2], now)
    expect(b.packets.map((packet) => packet.readUInt32BE(4))).toEqual([20])
    expect(at(2).packets).toHaveLength(3)
  })

  it('leaves pictures less of a narrow network, and gives it back', () => {
    enter(3)
    const [a, b, c] = [at(0), at(1), at(2)]
    const layers = () => {
      picture(a, 0, now, { keyframe: true, size: 400 })
      picture(a, 1, now, { keyframe: true, size: 1000 })
      return c.packets.splice(0).map((packet) => ((packet[20] ?? 0) >> 4) & 7)
    }
    const pass = (milliseconds: number, work: () => void) => {
      for (const end = now + milliseconds; now < end; now += 50) {
        work()
        layers()
      }
    }
    look(c, [[a, 1]], 900)
    pass(3000, () => undefined)
    expect(layers()).toContain(1)
    pass(3000, () => {
      for (let packets = 0; packets < 4; packets++) screen(b, now, 1000)
    })
    expect(layers()).not.toContain(1)
    pass(4000, () => undefined)
    expect(layers()).toContain(1)
  })
})

it('begins anew with who comes anew', () => {
  enter(2)
  const [a, b] = [at(0), at(1)]
  look(b, [[a, 0]])
  a.wanted()
  const again = [
    { member: a, ssrcPrefix: 0x777 },
    { member: b, ssrcPrefix: b.prefix },
  ]
  forwarder.setParticipants(again, now)
  expect(a.wanted()).toMatchObject([{ layers: [0] }])
  expect(picture(a, 0, 1, { keyframe: true })).toBe('foreign')
  forwarder.setParticipants(again.slice(1), now)
  expect(picture(a, 0, 1, { keyframe: true })).toBe(0)
})

describe('the way to the relay', () => {
  const reports = (device: Device) =>
    device.frames.splice(0).flatMap((frame) => (frame.kind === 'arrivals' ? (parseRtcp(frame.report) ?? []) : []))

  it('is told to who sends, about all its streams, and to nobody else', () => {
    enter(2)
    picture(at(0), 0, 1)
    voice(at(0), 40)
    picture(at(0), 1, 1)
    expect(reports(at(1))).toEqual([])
    const [first] = reports(at(0))
    expect(first).toMatchObject({
      kind: 'congestion-feedback',
      sender: 0,
      streams: [{ ssrc: groupSsrc(at(0).prefix, 0, 'video'), begin: 1 }],
    })
  })

  it('is not told of packets in the name of somebody else', () => {
    enter(2)
    expect(
      forwarder.forward(at(0), packetOf(at(1), { picture: { layer: 0, temporal: 0, keyframe: true } }, 0, 1), now),
    ).toBe('foreign')
    expect(reports(at(0))).toEqual([])
  })
})
