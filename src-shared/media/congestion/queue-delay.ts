/**
 * How long packets queue on the way: the delay of the fastest of them, against the shortest delay that the path has had. All packets
 * wait in a queue; where a computer was busy for a moment, or a radio, only some come late. And a queue lets packets through at the
 * rate of the path, while all that waited for a computer, or for a radio to come back, comes at once.
 */
import { type Ms, SECOND } from '../../base/time.ts'
import type { PacketOutcome } from './sent-log.ts'

/** Time enough for one packet that met no jitter. */
const BRIEF: Ms = 120
const RECENT: Ms = 400
/** A little more is kept, so that the whole time is covered. */
const MARGIN: Ms = 100
/** Less is no queue that anybody notices, and busy computers hold up even the fastest packet so long. */
const QUEUED: Ms = 20
/** Times the estimate: what comes so fast has not waited for a narrow path. */
const AT_ONCE = 2
/** The same where delays were found to have nothing to do with what is sent: so much more each time, for a while. */
const UNRELATED = 1.5
const QUEUED_MAX: Ms = 60
const HALF_LIFE: Ms = 20 * SECOND
/** A queue that stands is longer; less of it means the same where packets are lost. */
const STANDING: Ms = 80
const STANDING_LOSSY: Ms = 35
/** A path whose delay does not fall though less is sent has become longer: that is its delay from now on. */
const PATIENCE: Ms = 2500
const FALLING = 0.8
/** The shortest delay is one of the last minute: the two clocks drift apart. */
const SPAN: Ms = 30 * SECOND

export class QueueDelay {
  #recent: { readonly sentAt: Ms; readonly delay: Ms; readonly bytes: number }[] = []
  /** The shortest of this span, and of the one before. Differences of two clocks: any zero, also below it. */
  #shortest: Ms = Infinity
  #shortestBefore: Ms = Infinity
  #spanBegan: Ms | undefined
  #since: { readonly at: Ms; readonly queued: Ms } | undefined
  #threshold: { readonly at: Ms; readonly queued: Ms } = { at: 0, queued: QUEUED }

  /** In the order of sending. */
  take({ sentAt, arrivedAt, bytes }: PacketOutcome): void {
    if (arrivedAt === undefined) return
    const delay = arrivedAt - sentAt
    this.#recent.push({ sentAt, delay, bytes })
    while ((this.#recent[0]?.sentAt ?? Infinity) < sentAt - RECENT - MARGIN) this.#recent.shift()
    this.#spanBegan ??= sentAt
    if (sentAt - this.#spanBegan > SPAN) {
      this.#shortestBefore = this.#shortest
      this.#shortest = Infinity
      this.#spanBegan = sentAt
    }
    this.#shortest = Math.min(this.#shortest, delay)
  }

  /** Whether packets wait at all: a growing delay is a queue only then. `estimate`: bits a second. */
  queues(estimate: number): boolean {
    return this.#queued(BRIEF) > this.#leastQueue() && !this.#cameAtOnce(BRIEF, estimate)
  }

  /** Packets were late again though much less is sent than the path has carried: a busy computer or a bad radio. */
  unrelated(): void {
    this.#threshold = { at: this.#newestSent(), queued: Math.min(QUEUED_MAX, UNRELATED * this.#leastQueue()) }
  }

  /** Whether they wait in a queue that neither grows nor shrinks, as it is full: no trend shows it. `estimate`: bits a second; `lossy`: some of them are lost. */
  stands(estimate: number, lossy: boolean): boolean {
    const newest = this.#recent[this.#recent.length - 1]
    const oldest = this.#recent[0]
    if (newest === undefined || oldest === undefined || newest.sentAt - oldest.sentAt < RECENT) return false
    const queued = this.#queued(RECENT)
    if (queued < QUEUED || this.#cameAtOnce(RECENT, estimate)) {
      this.#since = undefined
      return false
    }
    this.#since ??= { at: newest.sentAt, queued }
    if (newest.sentAt - this.#since.at < PATIENCE) return queued >= (lossy ? STANDING_LOSSY : STANDING)
    if (queued > FALLING * this.#since.queued) {
      this.#shortest = Math.min(this.#shortest, this.#shortestBefore) + queued
      this.#shortestBefore = Infinity
    }
    this.#since = undefined
    return false
  }

  #cameAtOnce(span: Ms, estimate: number): boolean {
    const newest = this.#newestSent()
    const [first, ...others] = this.#recent.filter(({ sentAt }) => sentAt > newest - span)
    if (first === undefined || others.length === 0) return false
    const arrivals = [first, ...others].map(({ sentAt, delay }) => sentAt + delay)
    const arriving = Math.max(...arrivals) - Math.min(...arrivals)
    const bits = 8 * others.reduce((sum, { bytes }) => sum + bytes, 0)
    return bits * SECOND > AT_ONCE * estimate * arriving
  }

  #leastQueue(): Ms {
    const { at, queued } = this.#threshold
    return Math.max(QUEUED, queued * 0.5 ** ((this.#newestSent() - at) / HALF_LIFE))
  }

  #newestSent(): Ms {
    return this.#recent[this.#recent.length - 1]?.sentAt ?? 0
  }

  #queued(span: Ms): Ms {
    const newest = this.#newestSent()
    const fastest = this.#recent.reduce(
      (least, { sentAt, delay }) => (sentAt > newest - span ? Math.min(least, delay) : least),
      Infinity,
    )
    return fastest - Math.min(this.#shortest, this.#shortestBefore)
  }

  reset(): void {
    this.#recent = []
    this.#shortest = this.#shortestBefore = Infinity
    this.#spanBegan = undefined
    this.#since = undefined
    this.#threshold = { at: 0, queued: QUEUED }
  }
}
