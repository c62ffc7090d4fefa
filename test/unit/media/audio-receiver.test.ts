import { describe, expect, it } from 'vitest'
import { AudioReceiver, MAX_EXTRA_DELAY } from '../../../src-shared/media/audio-receiver.ts'
import type { RtpPacket } from '../../../src-shared/media/rtp.ts'
import { framesOf, packetOf, play, type Played, PHASE, send, SILENCE, TOC, frameOf } from './audio-call.ts'
import { type Arrival, generator, PERFECT, randomConditions, transmit } from './network.ts'

const kinds = (played: readonly Played[]): string[] => played.map(({ unit }) => unit.kind)
/** From capture to the pull, without the way itself. */
const delaysOf = (played: readonly Played[], from = 0): number[] =>
  played.flatMap(({ at, frame }) => (frame === undefined || at < from ? [] : [at - frame * 20]))

describe('sound over a perfect network', () => {
  it('is played in order, without a hole, at the smallest delay', () => {
    const receiver = new AudioReceiver()
    const { played } = play(receiver, send({ count: 500 }), 10_000)
    expect(framesOf(played)).toEqual(Array.from({ length: framesOf(played).length }, (_, i) => i))
    expect(kinds(played).filter((kind) => kind !== 'packet').length).toBeLessThanOrEqual(2)
    expect(Math.max(...delaysOf(played))).toBeLessThanOrEqual(40)
    expect(receiver.statistics).toMatchObject({ concealedMs: 0, skippedMs: 0, insertedMs: 0, packetsLate: 0 })
  })

  it.each([-2e-4, 2e-4])('follows a clock that is %d off for twenty minutes', (clockError) => {
    const receiver = new AudioReceiver()
    const { played, maxBufferMs } = play(receiver, send({ count: 60_000, clockError }), 1_200_000, (wanted, now) =>
      now % 3000 < 500 ? SILENCE(wanted, now) : 0,
    )
    // 200 ppm of twenty minutes are 240 ms, 12 units: left out or put in where it is quiet.
    const delays = played.flatMap(({ at, frame }) => (frame === undefined ? [] : [at - frame * 20 * (1 + clockError)]))
    expect(delays.filter((delay) => delay > 80)).toEqual([])
    expect(maxBufferMs).toBeLessThanOrEqual(100)
    const { skippedMs, insertedMs, concealedMs } = receiver.statistics
    expect(clockError < 0 ? skippedMs : insertedMs + concealedMs).toBeGreaterThanOrEqual(160)
    expect(clockError < 0 ? skippedMs : insertedMs + concealedMs).toBeLessThan(400)
  })
})

describe('a lost packet', () => {
  it('is concealed with the TOC of the one before it, once for each', () => {
    const receiver = new AudioReceiver()
    const arrivals = send({ count: 200 }).filter((_, i) => i !== 100 && i !== 101)
    const { played } = play(receiver, arrivals, 4000)
    const made = played.filter(({ unit }) => unit.kind === 'conceal')
    expect(made.map(({ unit }) => unit.kind === 'conceal' && [...unit.data])).toEqual([[TOC], [TOC]])
    expect(receiver.statistics).toMatchObject({ concealedMs: 40, packetsLate: 0 })
    expect(framesOf(played).slice(98, 102)).toEqual([98, 99, 102, 103])
  })

  it('does not change the delay, also in a long burst', () => {
    const receiver = new AudioReceiver()
    const arrivals = send({ count: 500 }).filter((_, i) => i < 100 || i >= 125)
    const { played } = play(receiver, arrivals, 10_000)
    const delays = delaysOf(played)
    expect(Math.abs((delays[400] ?? 0) - (delays[50] ?? 0))).toBeLessThanOrEqual(20)
    // Concealment fades; then silence is honest.
    expect(kinds(played).filter((kind) => kind === 'conceal').length).toBe(5)
    expect(receiver.statistics).toMatchObject({ concealedMs: 500, skippedMs: 0 })
  })
})

describe('discontinuous transmission', () => {
  it('is no loss: neither concealed in the counters nor a growth of the delay', () => {
    const receiver = new AudioReceiver()
    // Speech and silence of two seconds each; in silence one frame in 400 ms, as libopus sends.
    const isSilent = (frame: number): boolean => frame % 200 >= 100 && frame % 20 !== 0
    const { played } = play(receiver, send({ count: 1500, isSilent }), 30_000)
    expect(receiver.statistics).toMatchObject({ concealedMs: 0, packetsLate: 0, packetsRefused: 0 })
    expect(Math.max(...delaysOf(played))).toBeLessThanOrEqual(50)
    expect(framesOf(played).length).toBeGreaterThanOrEqual(send({ count: 1500, isSilent }).length - 3)
  })

  it('also of a minute, and sound comes back at the target', () => {
    const receiver = new AudioReceiver()
    const { played } = play(receiver, send({ count: 4000, isSilent: (frame) => frame >= 500 && frame < 3500 }), 80_000)
    expect(framesOf(played).length).toBeGreaterThanOrEqual(998)
    expect(Math.max(...delaysOf(played))).toBeLessThanOrEqual(50)
    expect(receiver.statistics.concealedMs).toBe(0)
  })
})

describe('the delay', () => {
  /** Ten seconds with stalls of up to 160 ms, then a perfect network. */
  const uneven = (): Arrival<RtpPacket>[] =>
    send({ count: 2000 }).map(({ packet, at }) => ({ packet, at: at < 10_000 ? Math.ceil(at / 160) * 160 : at }))

  it('grows with jitter and returns to the target where it is quiet', () => {
    const receiver = new AudioReceiver()
    const { played } = play(receiver, uneven(), 40_000, (wanted, now) => (now % 1000 < 200 ? SILENCE(wanted, now) : 0))
    const during = delaysOf(played.filter(({ at }) => at > 5000 && at < 9000))
    expect(Math.min(...during)).toBeGreaterThan(100)
    expect(Math.max(...during)).toBeLessThan(260)
    expect(Math.max(...delaysOf(played, 30_000))).toBeLessThanOrEqual(70)
    expect(framesOf(played.filter(({ at }) => at > 3000 && at < 9000)).length).toBeGreaterThan(280)
  })

  it('returns in loud sound as well, if it is far above the target', () => {
    const receiver = new AudioReceiver()
    const { played } = play(receiver, uneven(), 40_000)
    expect(Math.max(...delaysOf(played, 30_000))).toBeLessThanOrEqual(160)
  })

  it('is made longer and shorter by lip sync, within bounds', () => {
    const receiver = new AudioReceiver()
    const arrivals = send({ count: 3000 })
    receiver.setExtraDelay(200)
    const { played } = play(receiver, arrivals.slice(0, 1000), 20_000, SILENCE)
    expect(Math.min(...delaysOf(played, 10_000))).toBeGreaterThanOrEqual(190)
    const planned = receiver.plan()?.at
    receiver.setExtraDelay(1e9)
    expect(receiver.statistics.targetMs).toBeLessThanOrEqual(MAX_EXTRA_DELAY + 500)
    // The plan leaves the extra delay out.
    expect(receiver.plan()?.at).toBe(planned)
    receiver.setExtraDelay(-5)
    expect(receiver.statistics.targetMs).toBe(20)
  })

  it('is cut at once when this side was busy for seconds and everything comes up late', () => {
    const receiver = new AudioReceiver()
    const arrivals = send({ count: 1000 })
    play(
      receiver,
      arrivals.filter(({ at }) => at < 5000),
      5000,
    )
    for (const { packet } of arrivals.filter(({ at }) => at >= 5000 && at < 7500)) receiver.insert(packet, 7500)
    const later = arrivals.filter(({ at }) => at >= 7500)
    let next = 0
    const played: Played[] = []
    for (let now = 7500 + PHASE; now < 15_000; now += 20) {
      for (; (later[next]?.at ?? Infinity) <= now; next++) {
        const packet = later[next]?.packet
        if (packet !== undefined) receiver.insert(packet, now)
      }
      const unit = receiver.pull(now)
      played.push({ at: now, unit, frame: frameOf(unit) })
    }
    expect(Math.max(...delaysOf(played, 9000))).toBeLessThan(200)
    expect(framesOf(played).length).toBeGreaterThan(330)
  })

  it('follows a path that becomes longer, by any length: sound is never dropped for being late as a whole', () => {
    for (const longer of [100, 400, 700, 950, 1200, 3000]) {
      const receiver = new AudioReceiver()
      const arrivals = send({ count: 1500 }).map(({ packet, at }) => ({ packet, at: at < 5000 ? at : at + longer }))
      const { played } = play(receiver, arrivals, 30_000)
      const heard = framesOf(played.filter(({ at }) => at >= 5500 + longer && at < 10_500 + longer)).length
      expect({ longer, most: heard > 230 }).toEqual({ longer, most: true })
      expect(Math.max(...delaysOf(played, 28_000))).toBeLessThanOrEqual(longer + 130)
    }
  })

  it('follows a path that becomes shorter', () => {
    const receiver = new AudioReceiver()
    const arrivals = send({ count: 1500 }).map(({ packet, at }) => ({ packet, at: at < 5000 ? at + 300 : at }))
    const { played } = play(
      receiver,
      arrivals.sort((a, b) => a.at - b.at),
      30_000,
    )
    expect(framesOf(played.filter(({ at }) => at >= 6000)).length).toBeGreaterThan(1170)
    expect(Math.max(...delaysOf(played, 20_000))).toBeLessThanOrEqual(130)
  })
})

describe('numbers and timestamps', () => {
  it('may jump together to a new timeline: three packets in a row that agree', () => {
    const receiver = new AudioReceiver()
    const before = send({ count: 250 })
    const after = send({ count: 500, firstTimestamp: 77, firstNumber: 65_750, startAt: 5000 })
    const { played } = play(receiver, [...before, ...after], 14_000)
    expect(framesOf(played.filter(({ at }) => at > 5200)).length).toBeGreaterThan(430)
    expect(receiver.statistics.packetsRefused).toBeGreaterThanOrEqual(2)
    expect(receiver.statistics.packetsRefused).toBeLessThan(8)
  })

  it('may begin anew with another SSRC, and the old stream does not come back (R18)', () => {
    const receiver = new AudioReceiver()
    const before = send({ count: 250 })
    const after = send({ count: 250, ssrc: 9, firstNumber: 3, firstTimestamp: 5, startAt: 5000 })
    const stale = before.slice(-5).map(({ packet }) => ({ packet, at: 5050 }))
    const { played } = play(
      receiver,
      [...before, ...after, ...stale].sort((a, b) => a.at - b.at),
      10_000,
    )
    expect(framesOf(played).length).toBeGreaterThan(490)
    expect(receiver.statistics.packetsRefused).toBe(5)
  })

  it('that are absurd, alone, change nothing', () => {
    const random = generator(4)
    const receiver = new AudioReceiver()
    const arrivals = send({ count: 1000 }).flatMap(({ packet, at }) => {
      if (random() < 0.8) return [{ packet, at }]
      const timestamp = Math.floor(random() * 2 ** 32)
      const sequenceNumber = Math.floor(random() * 0x1_0000)
      return [
        { packet, at },
        { packet: { ...packet, timestamp, sequenceNumber }, at },
      ]
    })
    const { played } = play(receiver, arrivals, 20_000)
    expect(framesOf(played).length).toBeGreaterThan(985)
    expect(receiver.statistics.packetsRefused).toBeGreaterThan(100)
  })
})

describe('packets that the profile does not have', () => {
  it.each([
    ['another payload type', { payloadType: 96 }],
    ['no payload', { payload: new Uint8Array() }],
    ['a malformed payload', { payload: Uint8Array.of(0x79, 1) }],
    ['10 ms', { payload: Uint8Array.of(0x70, 1, 2) }],
    ['60 ms', { payload: Uint8Array.of(0x18, 1, 2) }],
  ])('are refused: %s', (_, change) => {
    const receiver = new AudioReceiver()
    receiver.insert({ ...packetOf(0, 0, 0, 5), ...change }, 0)
    expect(receiver.statistics.packetsRefused).toBe(1)
    expect(receiver.pull(1000)).toEqual({ kind: 'silence' })
    expect(receiver.plan()).toBeUndefined()
  })
})

describe('sound over random networks', () => {
  const RUNS = 1000
  const DURATION = 4000

  it('never stops while packets arrive, in order, with bounded delay and memory', () => {
    for (let seed = 0; seed < RUNS; seed++) {
      const random = generator(seed)
      const conditions = seed % 50 === 0 ? PERFECT : randomConditions(random)
      const clockError = (random() - 0.5) * 4e-4
      const stream = {
        count: DURATION / 20,
        clockError,
        firstNumber: Math.floor(random() * 0x1_0000),
        firstTimestamp: Math.floor(random() * 2 ** 32),
      }
      const arrivals = transmit(send(stream), conditions, random)
      const receiver = new AudioReceiver()
      const { played, maxBufferMs } = play(receiver, arrivals, DURATION, (wanted, now) =>
        random() < 0.3 ? SILENCE(wanted, now) : 0,
      )
      const frames = framesOf(played)
      const where = `seed ${String(seed)}`
      if (!frames.every((frame, i) => i === 0 || frame > (frames[i - 1] ?? 0)))
        throw new Error(`out of order, ${where}`)
      const longest = conditions.delay + 60 + 40 + 20 * conditions.jitter + 600
      for (const { at, frame } of played) {
        if (frame !== undefined && at - frame * 20 > longest) throw new Error(`delay, ${where}`)
      }
      if (maxBufferMs > 2000) throw new Error(`memory, ${where}`)
      // In each second in which at least 40 of 50 packets came, most of a second is played.
      for (let second = 1; second < DURATION / 1000; second++) {
        const isIn = ({ at }: { readonly at: number }): boolean => at >= second * 1000 && at < (second + 1) * 1000
        const came = new Set(arrivals.filter(isIn).map(({ packet }) => packet.sequenceNumber)).size
        const heard = framesOf(played.filter(isIn)).length
        if (came >= 40 && heard < 15)
          throw new Error(`${String(came)} came, ${String(heard)} heard, second ${String(second)}, ${where}`)
      }
      const { playedMs, packetsLate, packetsDuplicate, packetsRefused, skippedMs, bufferMs } = receiver.statistics
      const accounted = (playedMs + bufferMs + skippedMs) / 20 + packetsLate + packetsDuplicate + packetsRefused
      const inserted = arrivals.filter(({ at }) => at <= DURATION - 20 + PHASE).length
      if (accounted < inserted) throw new Error(`packets unaccounted for, ${where}`)
    }
    expect(RUNS).toBeGreaterThan(0)
  })

  it('recovers from hostile packets, whatever they were, with bounded state', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = generator(seed + 10_000)
      const receiver = new AudioReceiver()
      const noise: Arrival<RtpPacket>[] = []
      const pick = (...values: readonly number[]): number => values[Math.floor(random() * values.length)] ?? 0
      for (let at = 0; at < 2000; at += random() * 8) {
        const frame = Math.floor(at / 20)
        const packet = packetOf(
          frame,
          frame + pick(0, 0, 1, 500, -900, 5000, 32_768, Math.floor(random() * 65_536)),
          frame * 960 + pick(0, 0, 1, 7, 480, 48_000, -40_000, 2 ** 31, Math.floor(random() * 2 ** 32)),
          pick(5, 5, 5, 9, 13, Math.floor(random() * 2 ** 32)),
        )
        noise.push({ packet, at })
      }
      // A new stream, as after a restart: it must be heard soon.
      const good = send({ count: 250, ssrc: 0xabc_0001, firstNumber: 7, firstTimestamp: 3, startAt: 2000 })
      const { played, maxBufferMs } = play(receiver, [...noise, ...good], 6500)
      if (maxBufferMs > 150 * 20) throw new Error(`memory, seed ${String(seed)}`)
      const heard = framesOf(played.filter(({ at }) => at >= 5000 && at < 6000)).length
      if (heard < 45) throw new Error(`${String(heard)} of 50 heard, seed ${String(seed)}`)
    }
    expect(true).toBe(true)
  })
})
