/**
 * How long packets queue on the way: the delay of the fastest of them, against the shortest delay that the path has had. All packets
 * wait in a queue; where a computer was busy for a moment, or a radio, only some come late.
 */
import { type Ms, SECOND } from '../../base/time.ts'
import type { PacketOutcome } from './sent-log.ts'

/** Time enough for one packet that met no jitter. */
const BRIEF: Ms = 120
const RECENT: Ms = 400
/** A little more is kept, so that the whole time is covered. */
const MARGIN: Ms = 100
/** Less is no queue that anybody notices. */
const QUEUED: Ms = 8
/** A queue that stands is longer; less of it means the same where packets are lost. */
const STANDING: Ms = 80
const STANDING_LOSSY: Ms = 35
/** A path whose delay does not fall though less is sent has become longer: that is its delay from now on. */
const PATIENCE: Ms = 2500
const FALLING = 0.8
/** The shortest delay is one of the last minute: the two clocks drift apart. */
const SPAN: Ms = 30 * SECOND

export class QueueDelay {
  #recent: { readonly sentAt: Ms; readonly delay: Ms }[] = []
  /** The shortest of this span, and of the one before. Differences of two clocks: any zero, also below it. */
  #shortest: Ms = Infinity
  #shortestBefore: Ms = Infinity
  #spanBegan: Ms | undefined
  #since: { readonly at: Ms; readonly queued: Ms } | undefined

  /** In the order of sending. */
  take({ sentAt, arrivedAt }: PacketOutcome): void {
    if (arrivedAt === undefined) return
    const delay = arrivedAt - sentAt
    this.#recent.push({ sentAt, delay })
    while ((this.#recent[0]?.sentAt ?? Infinity) < sentAt - RECENT - MARGIN) this.#recent.shift()
    this.#spanBegan ??= sentAt
    if (sentAt - this.#spanBegan > SPAN) {
      this.#shortestBefore = this.#shortest
      this.#shortest = Infinity
      this.#spanBegan = sentAt
    }
    this.#shortest = Math.min(this.#shortest, delay)
  }

  /** Whether packets wait at all: a growing delay is a queue only then. */
  queues(): boolean {
    return this.#queued(BRIEF) > QUEUED
  }

  /** Whether they wait in a queue that neither grows nor shrinks, as it is full: no trend shows it. `lossy`: some of them are lost. */
  stands(lossy: boolean): boolean {
    const newest = this.#recent[this.#recent.length - 1]
    const oldest = this.#recent[0]
    if (newest === undefined || oldest === undefined || newest.sentAt - oldest.sentAt < RECENT) return false
    const queued = this.#queued(RECENT)
    if (queued < (lossy ? STANDING_LOSSY : STANDING)) {
      this.#since = undefined
      return false
    }
    this.#since ??= { at: newest.sentAt, queued }
    if (newest.sentAt - this.#since.at < PATIENCE) return true
    if (queued > FALLING * this.#since.queued) {
      this.#shortest = Math.min(this.#shortest, this.#shortestBefore) + queued
      this.#shortestBefore = Infinity
    }
    this.#since = undefined
    return false
  }

  #queued(span: Ms): Ms {
    const newest = this.#recent[this.#recent.length - 1]?.sentAt ?? 0
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
  }
}
