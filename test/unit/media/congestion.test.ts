import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArrivalLog } from '../../../src-shared/media/congestion/arrival-log.ts'
import { CongestionControl } from '../../../src-shared/media/congestion/congestion-control.ts'
import { OVERHEAD_BYTES, SentLog } from '../../../src-shared/media/congestion/sent-log.ts'
import { buildRtcp, parseRtcp } from '../../../src-shared/media/rtcp.ts'
import { type Bottleneck, CALM, runCall, type Second } from './congested-path.ts'
import { generator } from './network.ts'

const LIMITS = { start: 1_200_000, max: 2_600_000 }

function call(path: Partial<Bottleneck>, seconds = 30, seed = 3): Second[] {
  return runCall(new CongestionControl(LIMITS), { ...CALM, ...path }, { seconds, seed })
}

const estimates = (seconds: readonly Second[]): number[] => seconds.map(({ estimate }) => estimate)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('the bytes of congestion feedback', () => {
  test('are those of RFC 8888 section 3.1, padded to whole words', () => {
    // Written by hand from the figure: one stream of three packets, of which the second is missing.
    const feedback = {
      kind: 'congestion-feedback',
      sender: 0x1111_1111,
      streams: [{ ssrc: 0x2222_2222, begin: 0xfffe, arrivals: [125, undefined, 0] }],
      timestamp: 0x3333_4444,
    } as const
    const bytes = Buffer.from(
      '8bcd0006' + '11111111' + '22222222' + 'fffe0003' + '80800000' + '80000000' + '33334444',
      'hex',
    )
    expect(Buffer.from(buildRtcp([feedback]))).toEqual(bytes)
    expect(parseRtcp(new Uint8Array(bytes))).toEqual([feedback])
  })

  test('a report that came after its own moment tells of no arrival, one from long ago of the longest', () => {
    const bytes = Buffer.from('8bcd0005' + '11111111' + '22222222' + '00000002' + 'ffff' + 'fffe' + '33334444', 'hex')
    const [feedback] = parseRtcp(new Uint8Array(bytes)) ?? []
    expect(feedback).toMatchObject({ streams: [{ arrivals: [undefined, (0x1ffe * 1000) / 1024] }] })
  })

  test('a report of more packets than any sender has under way is refused', () => {
    const body = Buffer.alloc(4 + 8 + 2 * 5000 + 4)
    body.writeUInt16BE(5000, 10)
    const header = Buffer.from([0x8b, 205, 0, 0])
    header.writeUInt16BE(body.length / 4, 2)
    expect(parseRtcp(new Uint8Array(Buffer.concat([header, body])))).toBeUndefined()
  })
})

describe('who receives', () => {
  test('tells of each packet in two reports, and of the first arrival of one that came twice', () => {
    const log = new ArrivalLog()
    for (const [sequence, at] of [
      [1, 0],
      [2, 5],
      [4, 9],
      [2, 11],
    ] as const)
      log.arrived(7, sequence, at)
    expect(log.takeReport(9, 20)?.streams).toEqual([{ ssrc: 7, begin: 1, arrivals: [20, 15, undefined, 11] }])
    expect(log.takeReport(9, 50)).toBeUndefined()
    log.arrived(7, 3, 60)
    log.arrived(7, 5, 70)
    expect(log.takeReport(9, 80)?.streams).toEqual([{ ssrc: 7, begin: 1, arrivals: [80, 75, 20, 71, 10] }])
    log.arrived(7, 6, 150)
    expect(log.takeReport(9, 150)?.streams).toEqual([{ ssrc: 7, begin: 5, arrivals: [80, 0] }])
  })

  test('numbers that wrap stay in a row', () => {
    const log = new ArrivalLog()
    log.arrived(7, 0xffff, 0)
    log.arrived(7, 0, 10)
    expect(log.takeReport(9, 10)?.streams).toEqual([{ ssrc: 7, begin: 0xffff, arrivals: [10, 0] }])
  })
})

describe('who sends', () => {
  const report = (arrivals: readonly (number | undefined)[], begin = 1, timestamp = 0) =>
    ({ kind: 'congestion-feedback', sender: 9, streams: [{ ssrc: 7, begin, arrivals }], timestamp }) as const

  test('learns of each packet once, counts a missing one as lost when it cannot be under way any more', () => {
    const log = new SentLog()
    for (let i = 0; i < 4; i++) log.sent(7, 1 + i, 100, 30 * i)
    const first = log.reported(report([10, undefined, 2, undefined]), 100)
    expect(first.packets.map(({ sentAt, arrivedAt }) => [sentAt, arrivedAt])).toEqual([
      [0, -10],
      [60, -2],
    ])
    expect(first.packets[0]?.bytes).toBe(100 + OVERHEAD_BYTES)
    expect(first.roundTrip).toBe(38)
    log.sent(7, 5, 100, 120)
    const second = log.reported(report([10, undefined, 2, undefined, 0]), 130)
    expect(second.packets.map(({ sentAt, arrivedAt }) => [sentAt, arrivedAt])).toEqual([
      [30, undefined],
      [120, 0],
    ])
  })

  test('takes no arrival from a packet that was sent twice (Karn)', () => {
    const log = new SentLog()
    log.sent(7, 1, 100, 0)
    log.sent(7, 1, 100, 40)
    expect(log.reported(report([3]), 60)).toEqual({
      packets: [{ sentAt: 0, arrivedAt: undefined, bytes: 144 }],
      roundTrip: undefined,
    })
  })

  test('a packet that is sent again after its arrival was told arrives no sooner than it was sent', () => {
    const log = new SentLog()
    log.sent(7, 1, 100, 0)
    expect(log.reported(report([3]), 20).packets).toHaveLength(1)
    log.sent(7, 1, 100, 60)
    expect(log.reported(report([63], 560), 80).packets).toEqual([])
  })

  test('what it never sent changes nothing', () => {
    const control = new CongestionControl(LIMITS)
    control.sent(7, 1, 100, 0)
    for (let i = 0; i < 100; i++) control.reported(report([1, 2, 3], 500 + i, i), 10 * i)
    expect(control.estimate).toBe(LIMITS.start)
    expect(control.roundTrip).toBeUndefined()
  })
})

describe('the estimate', () => {
  test('reaches what the camera can use where there is room', () => {
    const seconds = call({ capacity: () => 10e6 })
    expect(Math.min(...estimates(seconds.slice(6)))).toBe(LIMITS.max)
    expect(Math.max(...seconds.map(({ queued }) => queued))).toBeLessThan(40)
  })

  test('of one who sends little falls step by step, and is soon back, when a computer held up all packets for a moment', () => {
    const heldUp = (now: number): number => (now > 3000 && now < 3400 ? 25 + 0.4 * (now - 3000) : 25)
    const control = new CongestionControl(LIMITS)
    const path = { ...CALM, capacity: () => 10e6, delayMs: heldUp }
    const seconds = estimates(runCall(control, path, { seconds: 10, seed: 3, demand: 200_000 }))
    expect(Math.min(...seconds)).toBeGreaterThan(0.2 * LIMITS.start)
    expect(seconds.at(-1)).toBeGreaterThan(0.5 * LIMITS.start)
  })

  test.each([300_000, 600_000, 1_200_000, 2_000_000])('keeps to %i bits a second, and the queue short', (capacity) => {
    const seconds = call({ capacity: () => capacity, queueMs: 200 }).slice(5)
    expect(mean(estimates(seconds)) / capacity).toBeGreaterThan(0.75)
    expect(Math.max(...estimates(seconds)) / capacity).toBeLessThan(1.15)
    const queues = seconds.map(({ queued }) => queued).sort((a, b) => a - b)
    expect(queues[Math.floor(queues.length / 2)]).toBeLessThan(60)
  })

  test.each([0.02, 0.05, 0.1])('does not take a loss of %f that the path has by itself for a full queue', (loss) => {
    const seconds = call({ capacity: () => 10e6, loss })
    expect(mean(estimates(seconds.slice(10)))).toBeGreaterThan(2_000_000)
  })

  test('takes losses of a queue that is too short to be seen for what they are', () => {
    const seconds = call({ capacity: () => 800_000, queueMs: 20 }).slice(10)
    expect(Math.max(...estimates(seconds))).toBeLessThan(880_000)
    expect(mean(estimates(seconds))).toBeGreaterThan(480_000)
  })

  test('follows a capacity that falls to a fifth within two seconds, and comes back with it', () => {
    const seconds = call({ capacity: (now) => (now > 10_000 && now < 20_000 ? 500_000 : 2_500_000) }, 40)
    expect(Math.max(...estimates(seconds.slice(12, 20)))).toBeLessThan(575_000)
    expect(Math.max(...seconds.slice(14, 20).map(({ queued }) => queued))).toBeLessThan(250)
    expect(mean(estimates(seconds.slice(35)))).toBeGreaterThan(1_900_000)
  })

  test('comes back at once after an outage of ten seconds', () => {
    const seconds = call({ capacity: () => 10e6, isDead: (now) => now > 10_000 && now < 20_000 }, 30)
    expect(seconds[18]?.estimate).toBe(100_000)
    expect(seconds[20]?.estimate).toBeGreaterThan(1_700_000)
  })

  test('a busy computer is no full queue', () => {
    const seconds = call({ capacity: () => 100e6, delayMs: 1, isBusy: (now) => now % 400 < 70 })
    expect(Math.min(...estimates(seconds.slice(8)))).toBeGreaterThan(2_300_000)
  })

  test('nor are two computers that look at every packet late', () => {
    const delayMs = (now: number) => 1 + 9 * (1 + Math.sin(now / 50)) + 30 * Math.max(0, Math.sin(now / 170))
    const seconds = call({ capacity: () => 100e6, delayMs })
    expect(Math.min(...estimates(seconds.slice(8)))).toBeGreaterThan(1_800_000)
  })

  test('a path that becomes longer is no full queue for ever', () => {
    const path = { ...CALM, capacity: () => 10e6, delayMs: (now: number) => (now < 10_000 ? 25 : 225) }
    const seconds = runCall(new CongestionControl(LIMITS), path, { seconds: 40, seed: 1 })
    expect(mean(estimates(seconds.slice(30)))).toBeGreaterThan(2_000_000)
  })

  test('two calls share a link', () => {
    const other = new CongestionControl(LIMITS)
    const seconds = runCall(
      new CongestionControl(LIMITS),
      { ...CALM, capacity: () => 2e6 },
      {
        seconds: 60,
        seed: 3,
        others: [other],
      },
    )
    const own = mean(estimates(seconds.slice(20)))
    expect(own).toBeGreaterThan(600_000)
    expect(own).toBeLessThan(1_400_000)
    expect(other.estimate).toBeGreaterThan(500_000)
  })

  test('on any network: within its limits, and not above what the path carries for more than four seconds', () => {
    for (let seed = 0; seed < 1000; seed++) {
      const random = generator(seed)
      const capacity = 200_000 + random() * 3_000_000
      const path = {
        ...CALM,
        capacity: () => capacity,
        queueMs: 50 + random() * 400,
        delayMs: 5 + random() * 120,
        jitterMs: random() * 20,
        loss: random() < 0.5 ? 0 : random() * 0.05,
        lossBack: random() * 0.1,
      }
      const seconds = runCall(new CongestionControl(LIMITS), path, { seconds: 15, seed })
      let above = 0
      let longestAbove = 0
      for (const { estimate } of seconds) {
        above = estimate > 1.2 * capacity ? above + 1 : 0
        longestAbove = Math.max(longestAbove, above)
      }
      expect(Math.min(...estimates(seconds)), String(seed)).toBeGreaterThanOrEqual(100_000)
      expect(Math.max(...estimates(seconds)), String(seed)).toBeLessThanOrEqual(LIMITS.max)
      expect(longestAbove, String(seed)).toBeLessThanOrEqual(4)
    }
  })

  test('absurd reports neither drive it out of its limits nor stop it for ever', () => {
    const stream = fc.record({
      ssrc: fc.constantFrom(1, 2, 77),
      begin: fc.integer({ min: 0, max: 0xffff }),
      arrivals: fc.array(fc.option(fc.integer({ min: 0, max: 8000 }), { nil: undefined }), { maxLength: 60 }),
    })
    const reports = fc.array(
      fc.record({
        kind: fc.constant('congestion-feedback' as const),
        sender: fc.constant(9),
        streams: fc.array(stream, { maxLength: 3 }),
        timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(reports, fc.integer(), (hostile, seed) => {
        const control = new CongestionControl(LIMITS)
        hostile.forEach((report, i) => {
          for (let n = 0; n < 20; n++) control.sent(1 + (n % 2), (20 * i + n) & 0xffff, 1100, 60 * i + n)
          control.reported(report, 60 * i + 30)
          expect(control.estimate).toBeGreaterThanOrEqual(100_000)
          expect(control.estimate).toBeLessThanOrEqual(LIMITS.max)
          expect(control.pacing).toBeGreaterThan(0)
        })
        control.pathChanged()
        const seconds = runCall(control, { ...CALM, capacity: () => 10e6 }, { seconds: 25, seed })
        expect(seconds[24]?.estimate).toBeGreaterThan(1_000_000)
      }),
      { numRuns: 40 },
    )
  })
})
