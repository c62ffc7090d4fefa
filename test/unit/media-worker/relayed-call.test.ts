/** What a receiver in a group's call tells the relay of its downlink, and what becomes of its packets then (docs/group-call.md). */
import { describe, expect, it } from 'vitest'
import { Looking } from '../../../src-renderer/media-worker/looking.ts'
import { generator } from '../media/network.ts'
import { type Downlink, MOMENT, type Moment, runReceiver, VOICE } from './relayed-path.ts'

const SECOND = 1000
/** A call begins without a limit: until then the first one has been found, and what queued has gone. */
const BEGUN = 6 * SECOND
const DROP = { from: 20 * SECOND, to: 40 * SECOND }

interface Network {
  readonly seed: number
  readonly senders: number
  readonly capacity: number
  readonly downlink: Downlink
}

/** 300 kbit/s to 3 Mbit/s with queues of 200 ms to 1 s; room for the voices at least. */
function network(seed: number, { drops = false, loss = 0 } = {}): Network {
  const random = generator(seed)
  const senders = 1 + Math.floor(4 * random())
  const capacity = Math.max(300_000 * 10 ** random(), 1.4 * VOICE * senders)
  const low = Math.max(capacity / 5, 1.25 * VOICE * senders)
  const downlink = {
    capacity: (now: number) => (drops && now >= DROP.from && now < DROP.to ? low : capacity),
    queueMs: 200 + 800 * random(),
    delayMs: 5 + 60 * random(),
    jitterMs: 15 * random(),
    loss,
  }
  return { seed, senders, capacity, downlink }
}

const networks = (count: number, kind: Parameters<typeof network>[1]) =>
  Array.from({ length: count }, (_, seed) => network(seed, kind))

const run = ({ seed, senders, downlink }: Network, seconds: number): Moment[] =>
  runReceiver((ask) => new Looking(ask), downlink, { seconds, seed, senders })

/** The longest time in which packets queued and the limit was above what the network carried, ms. */
function longestAbove({ downlink }: Network, moments: readonly Moment[]): number {
  let longest = 0
  let above = 0
  for (const { now, limit = Infinity, queued } of moments) {
    above = queued > 100 && limit > 1.2 * downlink.capacity(now) ? above + MOMENT : 0
    longest = Math.max(longest, above)
  }
  return longest
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? NaN
}

const queues = (moments: readonly Moment[]) => moments.flatMap(({ now, queued }) => (now > BEGUN ? [queued] : []))
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('a receiver behind a slow network', () => {
  it.each([0, 0.05])(
    'is not sent more than it carries for two seconds, and waits little, with losses of %f',
    (loss) => {
      const all: number[] = []
      for (const each of networks(5, { loss })) {
        const moments = run(each, 40)
        expect({ ...each, above: longestAbove(each, moments) < 2 * SECOND }).toEqual({ ...each, above: true })
        all.push(...queues(moments))
      }
      expect(percentile(all, 0.5)).toBeLessThan(30)
      expect(percentile(all, 0.95)).toBeLessThan(200)
    },
  )

  it('is sent less when it carries a fifth, and told to carry more within thirty seconds after that', () => {
    const all: number[] = []
    for (const each of networks(5, { drops: true })) {
      const moments = run(each, 71)
      expect({ ...each, above: longestAbove(each, moments) < 2 * SECOND }).toEqual({ ...each, above: true })
      const back = moments.find(({ now, limit = Infinity }) => now >= DROP.to && limit >= 0.7 * each.capacity)
      expect({ ...each, back: (back?.now ?? Infinity) - DROP.to <= 30 * SECOND }).toEqual({ ...each, back: true })
      all.push(...queues(moments))
    }
    expect(percentile(all, 0.95)).toBeLessThan(400)
  })

  it('gets nearly all that it looks at where packets are lost at any rate, and nothing queues', () => {
    const clear = { capacity: () => 10_000_000, queueMs: 500, delayMs: 30, jitterMs: 5, loss: 0 }
    const arrived = (loss: number): number =>
      mean(
        run({ seed: 1, senders: 3, capacity: 10_000_000, downlink: { ...clear, loss } }, 60).map(
          (each) => each.arrived,
        ),
      )
    expect(arrived(0.05) / arrived(0)).toBeGreaterThan(0.85)
  })
})
