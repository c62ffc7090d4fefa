import { describe, expect, it } from 'vitest'
import { msOfNtp, ntpOf, shortNtp } from '../../../src-shared/media/ntp.ts'
import { PlayoutSync } from '../../../src-shared/media/playout-sync.ts'
import { ReceptionStatistics, roundTripOf } from '../../../src-shared/media/reception-statistics.ts'
import type { ReportBlock } from '../../../src-shared/media/rtcp-reports.ts'
import { parseRtp } from '../../../src-shared/media/rtp.ts'
import { type OutgoingMedia, RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const BLOCK: ReportBlock = {
  ssrc: 5,
  fractionLost: 0,
  cumulativeLost: 0,
  extendedHighestSequence: 0,
  jitter: 0,
  lastSenderReport: 0,
  delaySinceLastSenderReport: 0,
}

describe('NTP times', () => {
  it('keep milliseconds, and show their middle bits', () => {
    for (const ms of [0, 1, 999, 1000, 123_456_789.5, 2 ** 40])
      expect(msOfNtp(ntpOf(ms)) % (2 ** 32 * 1000)).toBeCloseTo(ms, 3)
    expect(shortNtp({ seconds: 0xb44d_b705, fraction: 0x2000_0000 })).toBe(0xb705_2000)
  })

  it('give the round trip of the example in RFC 3550 section 6.4.1', () => {
    // A = 0xb710:8000 (46864.500 s), LSR = 0xb705:2000, DLSR = 0x0005:4000 (5.250 s): 6.125 s.
    const block = { ...BLOCK, lastSenderReport: 0xb705_2000, delaySinceLastSenderReport: 0x0005_4000 }
    expect(roundTripOf(block, 46_864_500)).toBe(6125)
    // In another round of the seconds, too.
    expect(roundTripOf(block, 46_864_500 + 0x1_0000 * 1000)).toBe(6125)
  })

  it('give no round trip before a report, nor an absurd one', () => {
    expect(roundTripOf(BLOCK, 1000)).toBeUndefined()
    const block = { ...BLOCK, lastSenderReport: shortNtp(ntpOf(10_000)) }
    expect(roundTripOf({ ...block, delaySinceLastSenderReport: 65_536 }, 11_050)).toBeCloseTo(50, 1)
    expect(roundTripOf({ ...block, delaySinceLastSenderReport: 65_536 }, 10_998)).toBe(0)
    expect(roundTripOf({ ...block, delaySinceLastSenderReport: 65_536 }, 10_900)).toBeUndefined()
    expect(roundTripOf({ ...block, delaySinceLastSenderReport: 0xffff_ffff }, 11_000)).toBeDefined()
    expect(roundTripOf(block, 100_000)).toBeUndefined()
  })
})

describe('a reception report', () => {
  const packet = (sequenceNumber: number, timestamp = 0) => ({
    sequenceNumber: sequenceNumber & 0xffff,
    timestamp: timestamp >>> 0,
  })

  it('counts losses over the wrap of the numbers, in all and of the interval (RFC 3550 appendix A.3)', () => {
    const statistics = new ReceptionStatistics(5, 48_000)
    expect(statistics.report(0)).toBeUndefined()
    for (let i = 0; i < 100; i++) if (i % 10 !== 3) statistics.received(packet(65_500 + i), i * 20)
    const first = statistics.report(2000)
    expect(first).toMatchObject({ ssrc: 5, cumulativeLost: 10, fractionLost: Math.floor(256 / 10) })
    expect((first?.extendedHighestSequence ?? 0) & 0xffff).toBe((65_500 + 99) & 0xffff)
    for (let i = 100; i < 200; i++) statistics.received(packet(65_500 + i), i * 20)
    const second = statistics.report(4000)
    expect(second).toMatchObject({ cumulativeLost: 10, fractionLost: 0 })
    expect((second?.extendedHighestSequence ?? 0) - (first?.extendedHighestSequence ?? 0)).toBe(100)
    expect(statistics.report(5000)).toMatchObject({ fractionLost: 0, cumulativeLost: 10 })
    expect(statistics.lost).toBe(10)
  })

  it('goes below zero with duplicates, within 24 bits', () => {
    const statistics = new ReceptionStatistics(5, 48_000)
    for (let i = 0; i < 20; i++) statistics.received(packet(7), 0)
    expect(statistics.report(0)).toMatchObject({ cumulativeLost: -19, fractionLost: 0 })
  })

  it('begins anew when the numbers jump, as two packets in a row say (RFC 3550 appendix A.1)', () => {
    const statistics = new ReceptionStatistics(5, 48_000)
    for (let i = 0; i < 50; i++) statistics.received(packet(i), 0)
    statistics.received(packet(30_000), 0)
    expect(statistics.report(0)).toMatchObject({ cumulativeLost: 0 })
    statistics.received(packet(30_001), 0)
    statistics.received(packet(30_002), 0)
    expect(statistics.report(0)).toMatchObject({ cumulativeLost: 0 })
  })

  it('measures jitter as RFC 3550 appendix A.8 does', () => {
    const statistics = new ReceptionStatistics(5, 48_000)
    let jitter = 0
    let before: number | undefined
    for (let i = 0; i < 500; i++) {
      const arrival = i * 20 + (i % 7)
      statistics.received(packet(i, 0xffff_f000 + i * 960), arrival)
      const transit = arrival * 48 - i * 960
      if (before !== undefined) jitter += (Math.abs(transit - before) - jitter) / 16
      before = transit
    }
    expect(statistics.report(0)?.jitter).toBe(Math.floor(jitter))
    expect(statistics.jitterMs).toBeCloseTo(jitter / 48)
    // Hostile timestamps leave it within its 32 bits.
    for (let i = 0; i < 1000; i++) statistics.received(packet(500 + i, i % 2 === 0 ? 0 : 0x7fff_ffff), 1e12)
    expect(statistics.report(0)?.jitter).toBeLessThanOrEqual(0xffff_ffff)
  })

  it('names the last sender report and how long ago it came', () => {
    const statistics = new ReceptionStatistics(5, 48_000)
    statistics.received(packet(1), 0)
    expect(statistics.report(50)).toMatchObject({ lastSenderReport: 0, delaySinceLastSenderReport: 0 })
    statistics.senderReport(ntpOf(7000), 100)
    const block = statistics.report(600)
    expect(block).toMatchObject({ lastSenderReport: shortNtp(ntpOf(7000)), delaySinceLastSenderReport: 32_768 })
    expect(roundTripOf(block ?? BLOCK, 7000 + 500 + 80)).toBeCloseTo(80, 1)
  })
})

describe('a sender', () => {
  const make = (seed: string): RtpSender => new RtpSender({ ssrc: 6, clockRate: 90_000, random: seededRandom(seed) })
  const media = (timestampUs: number, capturedAt: number, count = 1): OutgoingMedia => ({
    payloadType: 96,
    payloads: Array.from({ length: count }, () => new Uint8Array(100)),
    timestampUs,
    capturedAt,
    marker: true,
  })
  const parsed = (sender: RtpSender, what: OutgoingMedia) =>
    sender.packets(what).map((bytes) => parseRtp(bytes) ?? expect.fail('own packet'))

  it('numbers its packets in a row, from below 2^15, and marks the last of a frame', () => {
    const sender = make('a')
    const packets = [parsed(sender, media(0, 0, 3)), parsed(sender, media(33_000, 33, 2))].flat()
    const [first] = packets
    expect(first?.sequenceNumber).toBeLessThan(0x8000)
    expect(packets.map(({ sequenceNumber }) => sequenceNumber - (first?.sequenceNumber ?? 0))).toEqual([0, 1, 2, 3, 4])
    expect(packets.map(({ marker }) => marker)).toEqual([false, false, true, false, true])
    expect(packets.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) >>> 0)).toEqual([0, 0, 0, 2970, 2970])
    expect(make('b').packets(media(0, 0))).not.toEqual(make('a').packets(media(0, 0)))
  })

  it('wraps numbers and timestamps', () => {
    const sender = make('c')
    let before = parsed(sender, media(0, 0))[0]
    for (let i = 1; i < 70_000; i++) {
      const next = parsed(sender, media(i * 1e6, i * 1000))[0]
      if (
        ((next?.sequenceNumber ?? 0) - (before?.sequenceNumber ?? 0)) % 0x1_0000 !==
        (next?.sequenceNumber === 0 ? -0xffff : 1)
      )
        throw new Error('number')
      if (((next?.timestamp ?? 0) - (before?.timestamp ?? 0)) >>> 0 !== 90_000) throw new Error('timestamp')
      before = next
    }
    expect(sender.packetCount).toBe(70_000)
  })

  it('reports on one clock with its timestamps, also where the source began anew or drifts (RFC 3550 section 6.4.1)', () => {
    const sender = make('d')
    expect(sender.senderReport(0, [])).toBeUndefined()
    // 200 ppm fast, capture times uneven by 8 ms, begins at an hour; after ten minutes another camera begins at zero.
    let last = { timestamp: 0, at: 0 }
    for (let at = 0; at < 1_200_000; at += 40) {
      const source = at < 600_000 ? 3_600_000 + at * 1.0002 : (at - 600_000) * 0.9999
      const capturedAt = 5000 + at + (at % 200) / 25
      const [packet] = parsed(sender, media(Math.round(source * 1000), capturedAt))
      if (at > 0 && at !== 600_000) {
        const step = ((packet?.timestamp ?? 0) - last.timestamp) | 0
        if (step < 3590 || step > 3610) throw new Error(`step of ${String(step)} at ${String(at)}`)
      }
      last = { timestamp: packet?.timestamp ?? 0, at: 5000 + at }
      const info = sender.senderReport(last.at, [])?.info
      const difference = ((info?.rtpTimestamp ?? 0) - last.timestamp) | 0
      // Within 10 ms of when it was captured, all the time.
      if (Math.abs(difference) > 900) throw new Error(`report off by ${String(difference)} at ${String(at)}`)
    }
    expect(sender.senderReport(last.at, [BLOCK])).toMatchObject({
      kind: 'sender-report',
      ssrc: 6,
      info: { ntp: ntpOf(last.at), packetCount: 30_000, octetCount: 3_000_000 },
      reports: [BLOCK],
    })
  })

  it('refuses to make a packet above the limit of the profile', () => {
    const payloads = [new Uint8Array(1188), new Uint8Array(1189)]
    expect(make('e').packets({ ...media(0, 0), payloads: payloads.slice(0, 1) })[0]).toHaveLength(1200)
    expect(() => make('e').packets({ ...media(0, 0), payloads })).toThrow(RangeError)
  })
})

describe('lip sync', () => {
  const info = (ntpMs: number, rtpTimestamp: number) => ({
    ntp: ntpOf(ntpMs),
    rtpTimestamp: rtpTimestamp >>> 0,
    packetCount: 1,
    octetCount: 1,
  })

  /** Both captured at sender's 10 000; the picture's plan is `late` behind the sound's. */
  const synced = (
    late: number,
  ): {
    sync: PlayoutSync
    audio: { rtpTimestamp: number; at: number }
    video: { rtpTimestamp: number; at: number }
  } => {
    const sync = new PlayoutSync()
    sync.senderReport('audio', info(9000, -48_000))
    sync.senderReport('video', info(9500, 777 - 45_000))
    return { sync, audio: { rtpTimestamp: 0, at: 50_000 }, video: { rtpTimestamp: 777, at: 50_000 + late } }
  }

  it('tells how much later the picture is than the sound', () => {
    for (const late of [-300, 0, 45, 500]) {
      const { sync, audio, video } = synced(late)
      expect(sync.skew(audio, video)).toBeCloseTo(late, 3)
    }
  })

  it('delays the one that is ahead, gently, and rests there', () => {
    for (const late of [250, -250]) {
      const { sync, audio, video } = synced(late)
      let delays = sync.update(audio, video, 0)
      expect(delays).toEqual({ audio: 0, video: 0 })
      for (let now = 100; now <= 20_000; now += 100) {
        const next = sync.update(audio, video, now)
        expect(Math.abs(next.audio - delays.audio) + Math.abs(next.video - delays.video)).toBeLessThanOrEqual(4 + 1e-9)
        delays = next
      }
      const [delayed, other] = late > 0 ? [delays.audio, delays.video] : [delays.video, delays.audio]
      expect(other).toBe(0)
      expect(Math.abs(delayed - 250)).toBeLessThanOrEqual(10)
    }
  })

  it('does nothing without both reports, and with a report that is absurd', () => {
    const { sync, audio, video } = synced(250)
    for (let now = 0; now <= 10_000; now += 100) sync.update(audio, video, now)
    sync.senderReport('video', info(9_500_000, 3))
    for (let now = 10_000; now <= 30_000; now += 100) sync.update(audio, video, now)
    expect(sync.update(audio, video, 30_100)).toEqual({ audio: 0, video: 0 })
    sync.forget('audio')
    expect(sync.skew(audio, video)).toBeUndefined()
    sync.forget('video')
    expect(sync.update(undefined, video, 30_200)).toEqual({ audio: 0, video: 0 })
  })

  it('works on the plans of two streams of one sender, end to end', () => {
    const random = seededRandom('sync')
    const sound = new RtpSender({ ssrc: 5, clockRate: 48_000, random })
    const picture = new RtpSender({ ssrc: 6, clockRate: 90_000, random })
    const sync = new PlayoutSync()
    const one = { payloads: [new Uint8Array(10)], marker: true }
    let audioStamp = 0
    let videoStamp = 0
    for (let at = 0; at <= 5000; at += 20) {
      audioStamp =
        parseRtp(
          sound.packets({ ...one, payloadType: 111, timestampUs: 9e9 + at * 1000, capturedAt: at })[0] ??
            new Uint8Array(),
        )?.timestamp ?? 0
      videoStamp =
        parseRtp(
          picture.packets({ ...one, payloadType: 96, timestampUs: at * 1000, capturedAt: at })[0] ?? new Uint8Array(),
        )?.timestamp ?? 0
    }
    const audioReport = sound.senderReport(5010, [])
    const videoReport = picture.senderReport(5300, [])
    if (audioReport === undefined || videoReport === undefined) throw new Error('no report')
    sync.senderReport('audio', audioReport.info)
    sync.senderReport('video', videoReport.info)
    expect(sync.skew({ rtpTimestamp: audioStamp, at: 70_000 }, { rtpTimestamp: videoStamp, at: 70_120 })).toBeCloseTo(
      120,
      0,
    )
  })
})
