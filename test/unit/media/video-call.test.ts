/** Pictures of whole calls, from the packetiser to the receiver, over networks of every kind. */
import { describe, expect, it } from 'vitest'
import type { VideoCodec } from '../../../src-shared/media/payload-types.ts'
import type { RtpPacket } from '../../../src-shared/media/rtp.ts'
import { generator, PERFECT, randomConditions } from './network.ts'
import { type Layering, runVideoCall, type VideoCallOutcome } from './video-call.ts'

const CODECS = ['VP8', 'VP9', 'H264'] as const satisfies VideoCodec[]
const LAYERINGS = ['none', 'L1T2', 'L1T3'] as const satisfies Layering[]

const longestPause = ({ rendered }: VideoCallOutcome, from = 0): number =>
  rendered.reduce(
    (longest, frame, i) => Math.max(longest, frame.at < from ? 0 : frame.at - (rendered[i - 1]?.at ?? from)),
    0,
  )

describe('pictures over a perfect network', () => {
  it.each(
    CODECS.flatMap((codec) =>
      (codec === 'H264' ? ['none' as const] : LAYERINGS).map((layering) => ({ codec, layering })),
    ),
  )('all come out at once: $codec $layering', ({ codec, layering }) => {
    const random = generator(1)
    const outcome = runVideoCall({
      codec,
      layering,
      conditions: PERFECT,
      random,
      seed: 1,
      durationMs: 5000,
      clockError: 2e-4,
    })
    expect(outcome.rendered.map(({ id }) => id)).toEqual(outcome.rendered.map((_, i) => i))
    expect(outcome.rendered.length).toBeGreaterThanOrEqual(outcome.sent - 2)
    expect(outcome.undecodable).toEqual([])
    expect(outcome.requests).toEqual([])
    for (const { renderAt, sentAt } of outcome.rendered)
      expect(renderAt - sentAt - PERFECT.delay).toBeLessThanOrEqual(25)
  })

  it('have even render times, though they came unevenly', () => {
    const conditions = { ...PERFECT, jitter: 15 }
    const outcome = runVideoCall({
      codec: 'VP8',
      layering: 'none',
      conditions,
      random: generator(5),
      seed: 5,
      durationMs: 20_000,
      clockError: 0,
    })
    const late = outcome.rendered.slice(200)
    const intervals = late.slice(1).map(({ renderAt }, i) => renderAt - (late[i]?.renderAt ?? 0))
    const arrivals = late.slice(1).map(({ at }, i) => at - (late[i]?.at ?? 0))
    const deviation = (values: readonly number[]): number =>
      Math.sqrt(values.reduce((sum, value) => sum + (value - 33) ** 2, 0) / values.length)
    expect(deviation(intervals)).toBeLessThan(6)
    expect(deviation(intervals)).toBeLessThan(deviation(arrivals) + 1)
    expect(outcome.rendered.length).toBeGreaterThan(590)
  })
})

describe('a format that changes in the middle of the stream', () => {
  const codecAt = (now: number): VideoCodec => CODECS[Math.floor(now / 700) % 3] ?? 'VP8'
  const common = { codec: 'VP8', codecAt, durationMs: 6000, clockError: 0 } as const

  it.each(LAYERINGS)('costs no frame and no request: %s', (layering) => {
    const outcome = runVideoCall({ ...common, layering, conditions: PERFECT, random: generator(4), seed: 4 })
    expect(outcome.rendered.map(({ id }) => id)).toEqual(outcome.rendered.map((_, i) => i))
    expect(outcome.rendered.length).toBeGreaterThanOrEqual(outcome.sent - 2)
    expect(outcome.undecodable).toEqual([])
    expect(outcome.requests).toEqual([])
  })

  it('never shows what cannot be decoded, whatever the network does', () => {
    for (let seed = 0; seed < 150; seed++) {
      const random = generator(seed + 90_000)
      const layering = LAYERINGS[seed % 3] ?? 'none'
      const conditions = randomConditions(random)
      const { rendered, undecodable } = runVideoCall({
        ...common,
        layering,
        conditions,
        random,
        seed,
        calmFrom: 4000,
      })
      if (undecodable.length > 0)
        throw new Error(`frame ${String(undecodable[0])} without reference, seed ${String(seed)}`)
      const back = rendered.filter(({ at }) => at >= 5600).length
      if (back < 8) throw new Error(`${String(back)} frames after the storm, seed ${String(seed)}`)
    }
    expect(true).toBe(true)
  })
})

describe('numbers and timestamps', () => {
  it.each(LAYERINGS)('wrap without a trace: %s', (layering) => {
    let shift: { number: number; timestamp: number } | undefined
    const tamper = (packet: RtpPacket): RtpPacket[] => {
      // Both wrap within the first second.
      shift ??= { number: 65_500 - packet.sequenceNumber, timestamp: 2 ** 32 - 50_000 - packet.timestamp }
      const sequenceNumber = (packet.sequenceNumber + shift.number) & 0xffff
      return [{ ...packet, sequenceNumber, timestamp: (packet.timestamp + shift.timestamp) >>> 0 }]
    }
    const common = { codec: 'VP8', layering, conditions: PERFECT, seed: 2, durationMs: 20_000, clockError: 0 } as const
    const outcome = runVideoCall({ ...common, random: generator(2), tamper })
    // Twenty seconds also wrap PictureID, and TL0PICIDX where half of 600 frames count.
    expect(outcome.rendered.map(({ id }) => id)).toEqual(outcome.rendered.map((_, i) => i))
    expect(outcome.rendered.length).toBeGreaterThanOrEqual(outcome.sent - 2)
    expect(outcome.undecodable).toEqual([])
    expect(outcome.requests).toEqual([])
  })
})

describe('pictures over random networks', () => {
  it('never come without what they refer to, in order, in time, and come back after every loss', () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = generator(seed)
      const conditions = seed % 40 === 0 ? PERFECT : randomConditions(random)
      const codec = CODECS[seed % 3] ?? 'VP8'
      const layering = codec === 'H264' ? 'none' : (LAYERINGS[Math.floor(random() * 3)] ?? 'none')
      const clockError = (random() - 0.5) * 4e-4
      const where = `seed ${String(seed)}`
      const outcome = runVideoCall({
        codec,
        layering,
        conditions,
        random,
        seed,
        durationMs: 5000,
        calmFrom: 3000,
        clockError,
      })
      if (outcome.undecodable.length > 0)
        throw new Error(`frame ${String(outcome.undecodable[0])} without reference, ${where}`)
      const { rendered } = outcome
      for (const [i, { id, at, renderAt, sentAt }] of rendered.entries()) {
        const before = rendered[i - 1]
        if (before !== undefined && (id <= before.id || renderAt < before.renderAt))
          throw new Error(`out of order, ${where}`)
        if (renderAt - at > 400) throw new Error(`waits too long, ${where}`)
        if (at - sentAt > conditions.delay + 40 * conditions.jitter + 1500) throw new Error(`too late, ${where}`)
      }
      // Two seconds of a calm network: long enough for the last request's repetition and the answer.
      const back = rendered.filter(({ at }) => at >= 4600).length
      if (back < 8) throw new Error(`${String(back)} frames after the storm, ${where}`)
      if (outcome.requests.length > 25) throw new Error(`${String(outcome.requests.length)} requests, ${where}`)
    }
    expect(true).toBe(true)
  })

  it('lose little where temporal layers make it safe: a lost upper layer needs no keyframe', () => {
    const lossy = { ...PERFECT, loss: 0.01 }
    const outcomes = LAYERINGS.map((layering) =>
      runVideoCall({
        codec: 'VP8',
        layering,
        conditions: lossy,
        random: generator(3),
        seed: 3,
        durationMs: 30_000,
        clockError: 0,
      }),
    )
    const [none, two, three] = outcomes.map(({ requests }) => requests.length)
    expect(none).toBeGreaterThan(5)
    expect(two ?? Infinity).toBeLessThan(none ?? 0)
    expect(three ?? Infinity).toBeLessThan(two ?? 0)
    for (const outcome of outcomes) expect(longestPause(outcome)).toBeLessThan(1500)
  })

  it('hardly need keyframes where lost packets are sent again, if the buffer is given the patience for it', () => {
    const lossy = { ...PERFECT, loss: 0.05 }
    const common = {
      codec: 'VP8',
      layering: 'none',
      conditions: lossy,
      seed: 8,
      durationMs: 20_000,
      clockError: 0,
    } as const
    const patient = runVideoCall({ ...common, random: generator(8), repair: { patience: 150 } })
    const impatient = runVideoCall({ ...common, random: generator(8), repair: { patience: 0 } })
    expect(patient.undecodable).toEqual([])
    expect(patient.requests.length).toBeLessThan(10)
    expect(impatient.requests.length).toBeGreaterThan(3 * patient.requests.length)
    expect(patient.rendered.length).toBeGreaterThan(0.9 * patient.sent)
  })

  it('recover from hostile packets, whatever they were, with bounded state', () => {
    for (let seed = 0; seed < 150; seed++) {
      const random = generator(seed + 50_000)
      const pick = <Value>(...values: readonly Value[]): Value | undefined =>
        values[Math.floor(random() * values.length)]
      const tamper = (packet: RtpPacket): RtpPacket[] => {
        if (random() < 0.6) return [packet]
        const altered: RtpPacket = {
          ...packet,
          sequenceNumber:
            (packet.sequenceNumber + (pick(0, 1, -1, 300, -300, 5000, 32_768, Math.floor(random() * 65_536)) ?? 0)) &
            0xffff,
          timestamp:
            (packet.timestamp + (pick(0, 0, 1, 90_000, -90_000, 2 ** 31, Math.floor(random() * 2 ** 32)) ?? 0)) >>> 0,
          marker: random() < 0.5,
          payloadType: pick(96, 98, 102, 111) ?? 96,
          payload: random() < 0.3 ? packet.payload.subarray(0, Math.floor(random() * 8)) : packet.payload,
        }
        return random() < 0.5 ? [altered] : [packet, altered]
      }
      const codec = CODECS[seed % 3] ?? 'VP8'
      const outcome = runVideoCall({
        codec,
        layering: 'none',
        conditions: PERFECT,
        random,
        seed,
        durationMs: 5000,
        calmFrom: 2500,
        clockError: 0,
        tamper,
      })
      const back = outcome.rendered.filter(({ at }) => at >= 4500).length
      if (back < 10) throw new Error(`${String(back)} frames after the attack, seed ${String(seed)}`)
    }
    expect(true).toBe(true)
  })
})
