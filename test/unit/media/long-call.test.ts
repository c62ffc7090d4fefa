/** One simulated hour of faults: what the state machines of a call hold stays bounded, and the delay does not grow. */
import { describe, expect, it } from 'vitest'
import { AudioReceiver } from '../../../src-shared/media/audio-receiver.ts'
import { CongestionControl } from '../../../src-shared/media/congestion/congestion-control.ts'
import { ReceptionStatistics } from '../../../src-shared/media/reception-statistics.ts'
import { growth, type Point } from '../../support/growth.ts'
import { heldValues } from '../../support/held-values.ts'
import { play, send, SILENCE } from './audio-call.ts'
import { runCall } from './congested-path.ts'
import { faultyConditions, generator, transmit } from './network.ts'
import { runVideoCall } from './video-call.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** An hour is millions of steps: on a busy machine they take minutes. */
const TEST_LIMIT = 5 * MINUTE
/** Looking costs more than what is looked at. */
const LOOK_EVERY = MINUTE

/** Notes what is held, in the middle of faults and between them. */
class Held {
  readonly points: Point[] = []

  look(now: number, ...machines: readonly object[]): void {
    if (now % LOOK_EVERY >= 20) return
    this.points.push({ at: now / SECOND, value: machines.reduce((sum, machine) => sum + heldValues(machine), 0) })
  }

  get most(): number {
    return Math.max(...this.points.map(({ value }) => value))
  }
}

/** The median of each minute. */
function byMinute(values: readonly { readonly at: number; readonly value: number }[]): Point[] {
  const minutes = Array.from({ length: HOUR / MINUTE }, (): number[] => [])
  for (const { at, value } of values) minutes[Math.floor(at / MINUTE)]?.push(value)
  return minutes.flatMap((inside, minute) => {
    const value = inside.sort((a, b) => a - b)[inside.length >> 1]
    return value === undefined ? [] : [{ at: minute * 60, value }]
  })
}

/** An hour, as `growth` counts. */
function slope(points: readonly Point[]): number {
  const found = growth(points)
  if (found === undefined) throw new Error('too few samples')
  return found.slope
}

describe('what is held', () => {
  it('is counted with private fields, maps and sets, and bytes as one', () => {
    class Machine {
      readonly #queue: object[] = []
      readonly #seen = new Map<number, Uint8Array>()

      take(number: number): void {
        this.#queue.push({ number })
        this.#seen.set(number, new Uint8Array(1000))
      }
    }
    const machine = new Machine()
    machine.take(0)
    const one = heldValues(machine)
    for (let number = 1; number <= 10; number++) machine.take(number)
    const eleven = heldValues(machine)
    machine.take(11)
    expect((eleven - one) / 10).toBe(heldValues(machine) - eleven)
    expect(eleven - one).toBeGreaterThanOrEqual(40)
  })
})

describe('an hour of sound', { timeout: TEST_LIMIT }, () => {
  it('holds no more at its end, and is not later', () => {
    const random = generator(11)
    const stream = { count: HOUR / 20, clockError: 1e-4 }
    const receiver = new AudioReceiver()
    const statistics = new ReceptionStatistics(5, 48_000)
    const arrivals = transmit(send(stream), faultyConditions(random, HOUR), random)
    const held = new Held()
    let next = 0
    const { played, maxBufferMs } = play(
      receiver,
      arrivals,
      HOUR,
      (wanted, now) => (random() < 0.3 ? SILENCE(wanted, now) : 0),
      (now) => {
        for (; (arrivals[next]?.at ?? Infinity) <= now; next++) {
          const arrival = arrivals[next]
          if (arrival !== undefined) statistics.received(arrival.packet, arrival.at)
        }
        if (now % (5 * SECOND) < 10) statistics.report(now)
        held.look(now, receiver, statistics)
      },
    )
    const delays = played.flatMap(({ at, frame }) =>
      frame === undefined ? [] : [{ at, value: at - frame * 20 * (1 + stream.clockError) }],
    )
    expect(maxBufferMs).toBeLessThanOrEqual(3000)
    expect(held.most).toBeLessThan(1500)
    expect(Math.abs(slope(held.points))).toBeLessThan(20)
    expect(delays.length).toBeGreaterThan(stream.count / 2)
    expect(Math.abs(slope(byMinute(delays)))).toBeLessThan(40)
  })
})

describe('an hour of pictures', { timeout: TEST_LIMIT }, () => {
  it.each(['none', 'L1T3'] as const)('holds no more at its end, and is not later: %s', (layering) => {
    const random = generator(12)
    const held = new Held()
    const { rendered, undecodable, sent } = runVideoCall({
      codec: 'VP8',
      layering,
      conditions: faultyConditions(generator(13), HOUR),
      random,
      seed: 12,
      durationMs: HOUR,
      clockError: 1e-4,
      repair: { patience: 150 },
      watch: (receiver, now) => held.look(now, receiver),
    })
    const delays = rendered.map(({ renderAt, sentAt }) => ({ at: renderAt, value: renderAt - sentAt }))
    expect(undecodable).toEqual([])
    expect(rendered.length).toBeGreaterThan(sent / 2)
    expect(held.most).toBeLessThan(20_000)
    expect(Math.abs(slope(held.points))).toBeLessThan(20)
    expect(Math.abs(slope(byMinute(delays)))).toBeLessThan(40)
  })
})

describe('an hour of congestion control', { timeout: TEST_LIMIT }, () => {
  it('holds no more at its end, and the queue is not longer', () => {
    const faults = faultyConditions(generator(14), HOUR)
    const capacities = generator(15)
    const capacityOf = new Map<number, number>()
    const capacity = (now: number): number => {
      const stretch = Math.floor(now / (7 * SECOND))
      const known = capacityOf.get(stretch) ?? 300_000 + capacities() * 4_000_000
      capacityOf.set(stretch, known)
      return known
    }
    const held = new Held()
    let now = 0
    const seconds = runCall(
      new CongestionControl({ start: 1_200_000, max: 2_600_000 }),
      {
        capacity,
        queueMs: 300,
        delayMs: (at) => faults(at).delay,
        jitterMs: 5,
        loss: (at) => faults(at).loss,
        lossBack: 0.02,
        isDead: (at) => faults(at).loss === 1,
      },
      {
        seconds: HOUR / SECOND,
        seed: 16,
        watch: (control, arrivals) => held.look((now += SECOND), control, arrivals),
      },
    )
    // Five seconds of 350 packets, as the most that the estimate admits, and some eight values for each.
    expect(held.most).toBeLessThan(16_000)
    // Moments of random capacity differ by thousands; a single value for each packet would be a million.
    expect(Math.abs(slope(held.points))).toBeLessThan(1000)
    const queued = seconds.map(({ queued: value }, second) => ({ at: second * SECOND, value }))
    expect(Math.abs(slope(byMinute(queued)))).toBeLessThan(30)
  })
})
