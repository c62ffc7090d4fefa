/** docs/protocol/group.md, section 7.1: RTCP of a group. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Reception } from '../../../src-renderer/media-worker/reception.ts'
import { Reports } from '../../../src-renderer/media-worker/reports.ts'
import { buildRtcp, parseRtcp, type RtcpPacket } from '../../../src-shared/media/rtcp.ts'
import { MAX_PACKET_LENGTH, type RtpPacket } from '../../../src-shared/media/rtp.ts'
import { RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const stream = (ssrc: number) => new RtpSender({ ssrc, clockRate: 90_000, random: seededRandom(String(ssrc)) })

function rtp(ssrc: number): RtpPacket {
  const payload = new Uint8Array(9)
  return { payloadType: 96, marker: true, sequenceNumber: 5, timestamp: 0, ssrc, csrcs: [], extensions: [], payload }
}

describe('the reports of a member', () => {
  let sent: Uint8Array[]
  let asked: number[]
  let reports: Reports
  const layers = [stream(0x102), stream(0x106), stream(0x10a)] as const

  beforeEach(() => {
    vi.useFakeTimers()
    sent = []
    asked = []
    reports = new Reports(
      {
        audio: stream(0x101),
        video: layers[0],
        screen: stream(0x103),
        screenSound: stream(0x100),
        upper: layers.slice(1),
      },
      {
        send: (_, compound) => sent.push(compound),
        keyframeRequested: (ssrc) => asked.push(ssrc),
        decodableThere: () => undefined,
        packetsMissing: (ssrc) => asked.push(ssrc),
      },
    )
  })

  afterEach(() => {
    reports.stop()
    vi.useRealTimers()
  })

  const others = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const reception = new Reception({ senderReport: () => undefined })
      reception.received('video', rtp(0x1000 + 4 * i + 2), 0, 0)
      reports.add(reception)
      return reception
    })
  const blocksOf = (packets: readonly RtcpPacket[]) =>
    packets.flatMap((packet) =>
      packet.kind === 'receiver-report' || packet.kind === 'sender-report' ? packet.reports : [],
    )
  const report = (afterMs = 1000) => {
    reports.start()
    vi.advanceTimersByTime(afterMs)
    const compound = sent.at(-1) ?? new Uint8Array()
    expect(compound.length).toBeLessThanOrEqual(MAX_PACKET_LENGTH)
    const packets = parseRtcp(compound)
    if (packets === undefined) throw new Error('malformed')
    return packets
  }

  it('have a block for each stream that comes in, and those that found no room come first the next time', () => {
    others(32)
    const first = blocksOf(report(4000)).map(({ ssrc }) => ssrc)
    const second = blocksOf(report(4000)).map(({ ssrc }) => ssrc)
    expect([first.length, second.length]).toEqual([31, 31])
    expect(new Set([...first, ...second]).size).toBe(32)
  })

  it('come more seldom the more there are, and as often as in a call of two among a few', () => {
    const countIn = (seconds: number) => {
      sent = []
      vi.advanceTimersByTime(seconds * 1000)
      return sent.length
    }
    reports.start()
    others(8)
    expect(countIn(12)).toBe(12 + 6)
    others(24)
    countIn(8)
    expect(countIn(24)).toBe(6 + 3)
  })

  it('forget who has left', () => {
    const [gone] = others(3)
    if (gone !== undefined) reports.remove(gone)
    expect(blocksOf(report())).toHaveLength(2)
  })

  it('say of each layer what was sent of it', () => {
    const frame = { payloadType: 96, payloads: [new Uint8Array(9)], timestampUs: 0, capturedAt: 0, marker: true }
    for (const layer of [layers[0], layers[2]]) layer.packets(frame)
    const told = report().flatMap((packet) => (packet.kind === 'sender-report' ? [packet.ssrc] : []))
    expect(told).toEqual([0x102, 0x10a])
  })

  it('are taken for what is said of any own layer, and of no other stream', () => {
    const [from] = others(1)
    const block = {
      ssrc: 0x10a,
      fractionLost: 128,
      cumulativeLost: 1,
      extendedHighestSequence: 1,
      jitter: 0,
      // Sent at 500 ms, and kept for 250.
      lastSenderReport: 0x8000,
      delaySinceLastSenderReport: 0x4000,
    }
    const say = (...packets: RtcpPacket[]) => reports.take('video', buildRtcp(packets), 1000, from)
    say({ kind: 'receiver-report', ssrc: 0x1002, reports: [{ ...block, ssrc: 0x1006 }] })
    expect(from?.roundTrip).toBeUndefined()
    say({ kind: 'receiver-report', ssrc: 0x1002, reports: [{ ...block, ssrc: 0x1006 }, block] })
    expect(from?.roundTrip).toBeCloseTo(250, 0)
    for (const media of [0x106, 0x1006, 0x102, 0x101]) say({ kind: 'picture-loss', sender: 0x1002, media })
    say({ kind: 'negative-acknowledgement', sender: 0x1002, media: 0x10a, lost: [3] })
    expect(asked).toEqual([0x106, 0x102, 0x10a])
  })
})
