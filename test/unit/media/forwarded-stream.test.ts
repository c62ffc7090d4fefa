/** docs/protocol/group.md, section 7.1: what the relay left out is not lost. */
import { describe, expect, it } from 'vitest'
import { ForwardedStream } from '../../../src-shared/media/forwarded-stream.ts'
import { payloadTypeOf } from '../../../src-shared/media/payload-types.ts'
import { ReceptionStatistics } from '../../../src-shared/media/reception-statistics.ts'
import { parseRtp, type RtpPacket } from '../../../src-shared/media/rtp.ts'
import { RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { Encoder, packetizerOf } from './video-call.ts'

const INTERVAL = 33

/** Frames of two temporal layers, three packets each. */
function stream(codec: 'VP8' | 'VP9', frames: number): { packet: RtpPacket; temporal: number; frame: number }[] {
  const encoder = new Encoder('L1T2')
  const packetizer = packetizerOf(codec)
  const sender = new RtpSender({ ssrc: 2, clockRate: 90_000, random: seededRandom(codec) })
  return Array.from({ length: frames }, (_, frame) => {
    const encoded = encoder.next(codec, frame === 0, 3000)
    const packets = sender.packets({
      payloadType: payloadTypeOf(codec),
      payloads: packetizer.packetize(encoded),
      timestampUs: frame * INTERVAL * 1000,
      capturedAt: frame * INTERVAL,
      marker: true,
    })
    return packets.flatMap((bytes) => {
      const packet = parseRtp(bytes)
      return packet === undefined ? [] : [{ packet, temporal: encoded.temporal?.id ?? 0, frame }]
    })
  }).flat()
}

function leftOut(packets: readonly { packet: RtpPacket; frame: number }[], pauseAt = Infinity): number {
  const forwarded = new ForwardedStream()
  return packets.reduce((sum, { packet, frame }) => {
    return sum + forwarded.leftOutBefore(packet, frame * INTERVAL + (frame >= pauseAt ? 1000 : 0))
  }, 0)
}

describe.each(['VP8', 'VP9'] as const)('in %s', (codec) => {
  const all = stream(codec, 20)
  const base = all.filter(({ temporal }) => temporal === 0)

  it('the upper temporal layer is left out', () => {
    expect(leftOut(all)).toBe(0)
    // All but those behind the last base frame.
    expect(leftOut(base)).toBe(all.length - base.length - 3)
  })

  it('packets of a base frame are lost, whichever they are', () => {
    for (let i = 1; i < base.length - 1; i++) {
      const without = base.filter((_, at) => at !== i)
      const ofFrame = base.filter(({ frame }) => frame === base[i]?.frame)
      const isEdge = ofFrame[0] === base[i] || ofFrame.at(-1) === base[i]
      // A hole at the edge of a frame swallows the upper frame next to it: then all of it is asked for.
      expect(leftOut(without)).toBe(all.length - base.length - 3 - (isEdge ? 3 : 0))
    }
    expect(leftOut(base.filter(({ frame }) => frame !== 4))).toBe(all.length - base.length - 3 - 6)
  })

  it('packets of an upper frame are lost where the others of it come', () => {
    const upper = all.findIndex(({ temporal }) => temporal === 1)
    for (const i of [upper, upper + 1, upper + 2]) expect(leftOut(all.filter((_, at) => at !== i))).toBe(0)
  })

  it('everything is left out in a pause', () => {
    expect(
      leftOut(
        all.filter(({ frame }) => frame < 5 || frame >= 11),
        11,
      ),
    ).toBe(18)
  })
})

it('what was left out is not reported as lost, and what was lost is', () => {
  const all = stream('VP8', 20)
  const forwarded = new ForwardedStream()
  const statistics = new ReceptionStatistics(2, 90_000)
  const came = all.filter(({ temporal, frame }, i) => temporal === 0 && !(frame === 8 && i % 3 === 1))
  for (const { packet, frame } of came) {
    const now = frame * INTERVAL
    statistics.received(packet, now, forwarded.leftOutBefore(packet, now))
  }
  expect(statistics.lost).toBe(1)
})
