/** What the relay says of the way of packets, to it and from it (docs/protocol/group.md, section 7.1). */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { groupSsrc } from '../../../../src-shared/media/ssrc.ts'
import { departureOf, withoutDeparture } from '../../../../src-shared/media/departure.ts'
import { parseRtcp } from '../../../../src-shared/media/rtcp.ts'
import { type Device, ForwardedCall, packetOf } from './forwarded-call.ts'

describe('when a packet left', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is said behind it, anew when it is sent again; the packet itself stays as it was', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const call = new ForwardedCall(2)
    const [a, b] = [call.at(0), call.at(1)]
    call.look(b, [[a, 0]])
    const start = performance.now()
    const sent = packetOf(a, { picture: { layer: 0, temporal: 0, keyframe: true } }, 0, 7)
    call.forward(a, sent)
    vi.advanceTimersByTime(500)
    call.missing(b, groupSsrc(a.prefix, 0, 'video'), [1])
    expect(b.packets.map((packet) => Math.round((departureOf(packet) ?? NaN) - start))).toEqual([0, 500])
    for (const packet of b.packets) expect(Buffer.from(withoutDeparture(packet))).toEqual(sent)
  })

  it('is said behind media of every kind', () => {
    const call = new ForwardedCall(2)
    const [a, b] = [call.at(0), call.at(1)]
    call.look(b, [[a, 0]])
    call.forward(a, packetOf(a, { picture: { layer: 0, temporal: 0, keyframe: true } }, 0, 7))
    call.voice(a, 20)
    for (const kind of ['screen', 'screenSound'] as const) call.forward(a, packetOf(a, {}, 0, 7, 100, kind))
    expect(b.packets).toHaveLength(4)
    for (const packet of b.packets) expect(departureOf(packet)).toBeTypeOf('number')
  })

  it('is said by the relay only: what a member padded goes nowhere', () => {
    const call = new ForwardedCall(2)
    const [a, b] = [call.at(0), call.at(1)]
    call.look(b, [[a, 0]])
    const packets = [
      packetOf(a, { picture: { layer: 0, temporal: 0, keyframe: true } }, 0, 7),
      packetOf(a, { audioLevel: { voice: true, level: 10 } }, 0, 7),
      packetOf(a, {}, 0, 7, 100, 'screen'),
    ]
    for (const packet of packets) {
      packet[0] = (packet[0] ?? 0) | 0x20
      expect(call.forward(a, packet)).toBe(0)
    }
    expect(b.packets).toEqual([])
  })
})

describe('the way to the relay', () => {
  const reports = (device: Device) =>
    device.frames.splice(0).flatMap((frame) => (frame.kind === 'arrivals' ? (parseRtcp(frame.report) ?? []) : []))

  it('is told to who sends, about all its streams, and to nobody else', () => {
    const call = new ForwardedCall(2)
    call.picture(call.at(0), 0, 1)
    call.voice(call.at(0), 40)
    call.picture(call.at(0), 1, 1)
    expect(reports(call.at(1))).toEqual([])
    const [first] = reports(call.at(0))
    expect(first).toMatchObject({
      kind: 'congestion-feedback',
      sender: 0,
      streams: [{ ssrc: groupSsrc(call.at(0).prefix, 0, 'video'), begin: 1 }],
    })
  })

  it('is not told of packets in the name of somebody else', () => {
    const call = new ForwardedCall(2)
    expect(
      call.forward(call.at(0), packetOf(call.at(1), { picture: { layer: 0, temporal: 0, keyframe: true } }, 0, 1)),
    ).toBe('foreign')
    expect(reports(call.at(0))).toEqual([])
  })
})
