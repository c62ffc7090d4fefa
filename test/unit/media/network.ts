/** A network for tests: seeded, in virtual time. Packets are lost (alone and in bursts), delayed, reordered and doubled. */

/** Mulberry32: fast enough for millions of draws, the same run for the same seed. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Conditions {
  readonly loss: number
  /** Chance for each packet that a burst of losses begins, and its mean length in packets. */
  readonly burst: number
  readonly burstLength: number
  /** Mean of the exponential part of the delay, ms. */
  readonly jitter: number
  readonly duplicate: number
  /** Chance for a packet to be held back by up to 60 ms, and so to be overtaken. */
  readonly reorder: number
  readonly delay: number
}

export const PERFECT: Conditions = { loss: 0, burst: 0, burstLength: 0, jitter: 0, duplicate: 0, reorder: 0, delay: 20 }

export function randomConditions(random: () => number): Conditions {
  const mild = random() < 0.5
  return {
    loss: random() * (mild ? 0.02 : 0.2),
    burst: mild ? 0 : random() * 0.01,
    burstLength: 1 + random() * 20,
    jitter: random() * (mild ? 10 : 60),
    duplicate: random() * 0.05,
    reorder: random() * 0.05,
    delay: random() * 150,
  }
}

/** Nothing passes. */
const OUTAGE: Conditions = { ...PERFECT, loss: 1 }

/**
 * Another fault every few seconds, and a while of calm after each: bad networks of all kinds, other delays, and outages of up to
 * ten seconds. What is in force at a time, ms.
 */
export function faultyConditions(random: () => number, durationMs: number): (now: number) => Conditions {
  const stretches: { readonly until: number; readonly conditions: Conditions }[] = []
  for (let from = 0; from < durationMs;) {
    const isOutage = random() < 0.2
    const end = from + 500 + random() * (isOutage ? 9500 : 4500)
    const calmUntil = end + 1000 + random() * 4000
    stretches.push(
      { until: end, conditions: isOutage ? OUTAGE : randomConditions(random) },
      { until: calmUntil, conditions: { ...PERFECT, delay: random() * 150 } },
    )
    from = calmUntil
  }
  let index = 0
  return (now) => {
    while (now >= (stretches[index]?.until ?? Infinity)) index += 1
    while (now < (stretches[index - 1]?.until ?? -Infinity)) index -= 1
    return stretches[index]?.conditions ?? PERFECT
  }
}

export interface Arrival<Packet> {
  readonly packet: Packet
  readonly at: number
}

/** One direction of a path: a queue, which keeps the order except for what is held back on the way. */
export class Path {
  #burstLeft = 0
  #lastAt = -Infinity
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  /** When the packet comes in: never, once or twice. */
  arrivals(at: number, conditions: Conditions): number[] {
    const random = this.#random
    if (this.#burstLeft <= 0 && random() < conditions.burst) {
      this.#burstLeft = Math.ceil(-Math.log(1 - random()) * conditions.burstLength)
    }
    this.#burstLeft -= 1
    if (this.#burstLeft >= 0 || random() < conditions.loss) return []
    this.#lastAt = Math.max(this.#lastAt, at + conditions.delay - Math.log(1 - random()) * conditions.jitter)
    const arrival = this.#lastAt + (random() < conditions.reorder ? random() * 60 : 0)
    return random() < conditions.duplicate ? [arrival, arrival + random() * 40] : [arrival]
  }
}

/** When all of these packets come in, in order of arrival. */
export function transmit<Packet>(
  sent: readonly Arrival<Packet>[],
  conditions: Conditions | ((now: number) => Conditions),
  random: () => number,
): Arrival<Packet>[] {
  const path = new Path(random)
  const conditionsAt = typeof conditions === 'function' ? conditions : () => conditions
  return sent
    .flatMap(({ packet, at }) => path.arrivals(at, conditionsAt(at)).map((arrival) => ({ packet, at: arrival })))
    .sort((a, b) => a.at - b.at)
}
