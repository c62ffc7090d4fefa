/**
 * A queue that neither grows nor shrinks, because it is full: the trend is blind to it, and each packet is late by all of it. It shows
 * in the delay itself, against the shortest one that the path has had.
 */
import { type Ms, SECOND } from '../../base/time.ts'
import type { PacketOutcome } from './sent-log.ts'

/** Even the fastest packet of so long a time was late: jitter spares some. */
const RECENT: Ms = 400
/** Above the shortest delay; less of it means the same where packets are lost. */
const STANDING: Ms = 80
const STANDING_LOSSY: Ms = 35
/** A path whose delay does not fall though less is sent has become longer: that is its delay from now on. */
const PATIENCE: Ms = 2500
const FALLING = 0.8
/** The shortest delay is one of the last minute: the two clocks drift apart. */
const SPAN: Ms = 30 * SECOND

export class StandingQueue {
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
    this.#spanBegan ??= sentAt
    if (sentAt - this.#spanBegan > SPAN) {
      this.#shortestBefore = this.#shortest
      this.#shortest = Infinity
      this.#spanBegan = sentAt
    }
    this.#shortest = Math.min(this.#shortest, delay)
  }

  /** Whether packets wait in a queue that stands. `lossy`: some of them are lost. */
  stands(lossy: boolean): boolean {
    const newest = this.#recent[this.#recent.length - 1]
    const oldest = this.#recent[0]
    if (newest === undefined || oldest === undefined || newest.sentAt - oldest.sentAt < RECENT) return false
    this.#recent = this.#recent.filter(({ sentAt }) => sentAt > newest.sentAt - RECENT - 100)
    const fastest = this.#recent.reduce((least, { delay }) => Math.min(least, delay), Infinity)
    const queued = fastest - Math.min(this.#shortest, this.#shortestBefore)
    if (queued < (lossy ? STANDING_LOSSY : STANDING)) {
      this.#since = undefined
      return false
    }
    this.#since ??= { at: newest.sentAt, queued }
    if (newest.sentAt - this.#since.at < PATIENCE) return true
    if (queued > FALLING * this.#since.queued) {
      this.#shortest = fastest
      this.#shortestBefore = Infinity
    }
    this.#since = undefined
    return false
  }

  reset(): void {
    this.#recent = []
    this.#shortest = this.#shortestBefore = Infinity
    this.#spanBegan = undefined
    this.#since = undefined
  }
}
