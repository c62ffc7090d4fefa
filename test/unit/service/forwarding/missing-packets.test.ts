/** Packets that a receiver lacks (docs/protocol/group.md, section 7.1). */
import { describe, expect, it } from 'vitest'
import { groupSsrc } from '../../../../src-shared/media/ssrc.ts'
import { withoutDeparture } from '../../../../src-shared/media/departure.ts'
import { Device, ForwardedCall } from './forwarded-call.ts'

describe('packets that did not arrive', () => {
  it('come from here, or from their sender, who is asked once', () => {
    const call = new ForwardedCall(3)
    const [a, b, c] = [call.at(0), call.at(1), call.at(2)]
    call.look(b, [[a, 0]])
    call.look(c, [[a, 0]])
    for (let frame = 0; frame < 5; frame++) call.picture(a, 0, frame, { keyframe: true })
    const [, second] = b.packets
    b.seen()
    a.frames.length = 0
    const ssrc = groupSsrc(a.prefix, 0, 'video')
    call.missing(b, ssrc, [2, 900])
    call.missing(c, ssrc, [900, 901])
    expect(b.packets.map(withoutDeparture)).toEqual([second && withoutDeparture(second)])
    expect(a.frames).toEqual([
      { kind: 'missing', ssrc, sequenceNumbers: [900] },
      { kind: 'missing', ssrc, sequenceNumbers: [901] },
    ])
    a.frames.length = 0
    call.now += 100
    call.missing(b, ssrc, [900])
    expect(a.frames).toHaveLength(1)
  })

  it('of streams that nobody knows are nobody’s', () => {
    const call = new ForwardedCall(2)
    call.missing(call.at(0), groupSsrc(0x999, 0, 'video'), [1])
    call.missing(call.at(0), groupSsrc(call.at(1).prefix, 9, 'video'), [1])
    call.missing(new Device(7), groupSsrc(call.at(1).prefix, 0, 'video'), [1])
    expect(call.people.every(({ frames }) => frames.every(({ kind }) => kind === 'wanted'))).toBe(true)
  })
})
