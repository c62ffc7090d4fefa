/**
 * Whether a queue is growing on the way: Google Congestion Control's arrival-time filter as a trendline, and its overuse
 * detector with an adaptive threshold (draft-ietf-rmcat-gcc-02, sections 5.1 to 5.4; the line in place of the Kalman filter: Carlucci et
 * al., "Congestion Control for Web Real-Time Communication", IEEE/ACM ToN 2017, and libwebrtc).
 */
import type { Ms } from '../../base/time.ts'
import type { PacketOutcome } from './sent-log.ts'

export type Usage = 'under' | 'normal' | 'over'

/** Packets that were sent within this belong together: they queue behind one another by our own doing. */
const GROUP_SPAN: Ms = 5
/** Groups that the line is laid through. */
const WINDOW = 20
const SMOOTHING = 0.9
/** The slope is small: with these it compares with a threshold in ms. */
const GAIN = 4
const MAX_WEIGHT = 60
const THRESHOLD_START: Ms = 12.5
const THRESHOLD_MIN: Ms = 6
const THRESHOLD_MAX: Ms = 600
/** Of the threshold towards the trend, a millisecond; a trend far outside is an event, no reason to get used to it. */
const ADAPT_UP = 0.0087
const ADAPT_DOWN = 0.039
const ADAPT_LIMIT: Ms = 15
const ADAPT_INTERVAL_MAX: Ms = 100
/** An overuse is one when it lasts. */
const OVERUSE_TIME: Ms = 10
/** After a pause in what was sent or came, the groups have nothing to do with one another. */
const MAX_GAP: Ms = 3000

interface Group {
  readonly firstSent: Ms
  lastSent: Ms
  lastArrived: Ms
}

export class DelayTrend {
  #group: Group | undefined
  #before: Group | undefined
  #accumulated: Ms = 0
  #smoothed: Ms = 0
  #groups = 0
  #points: { readonly at: Ms; readonly delay: Ms }[] = []
  #threshold = THRESHOLD_START
  #trend = 0
  #overSince: Ms | undefined
  #usage: Usage = 'normal'

  get usage(): Usage {
    return this.#usage
  }

  /** Of packets that arrived, in the order of sending. */
  take({ sentAt, arrivedAt }: PacketOutcome): void {
    if (arrivedAt === undefined) return
    const group = this.#group
    if (group === undefined || sentAt - group.firstSent > GROUP_SPAN) {
      if (group !== undefined) this.#complete(group)
      this.#group = { firstSent: sentAt, lastSent: sentAt, lastArrived: arrivedAt }
    } else {
      group.lastSent = Math.max(group.lastSent, sentAt)
      group.lastArrived = Math.max(group.lastArrived, arrivedAt)
    }
  }

  reset(): void {
    this.#group = this.#before = undefined
    this.#points = []
    this.#accumulated = this.#smoothed = this.#groups = 0
    this.#trend = 0
    this.#overSince = undefined
    this.#usage = 'normal'
  }

  #complete(group: Group): void {
    const before = this.#before
    this.#before = group
    if (before === undefined) return
    const sent = group.lastSent - before.lastSent
    const arrived = group.lastArrived - before.lastArrived
    if (Math.abs(arrived) > MAX_GAP || sent > MAX_GAP) {
      this.reset()
      return
    }
    this.#groups += 1
    this.#accumulated += arrived - sent
    this.#smoothed = SMOOTHING * this.#smoothed + (1 - SMOOTHING) * this.#accumulated
    this.#points.push({ at: group.lastArrived, delay: this.#smoothed })
    if (this.#points.length > WINDOW) this.#points.shift()
    if (this.#points.length === WINDOW) this.#detect(slopeOf(this.#points), group.lastSent, sent)
  }

  #detect(trend: number, now: Ms, elapsed: Ms): void {
    const modified = Math.min(this.#groups, MAX_WEIGHT) * trend * GAIN
    if (modified > this.#threshold) {
      this.#overSince ??= now - elapsed / 2
      if (now - this.#overSince > OVERUSE_TIME && trend >= this.#trend) this.#usage = 'over'
    } else {
      this.#overSince = undefined
      this.#usage = modified < -this.#threshold ? 'under' : 'normal'
    }
    this.#trend = trend
    const outside = Math.abs(modified) - this.#threshold
    if (outside > ADAPT_LIMIT) return
    const speed = outside < 0 ? ADAPT_DOWN : ADAPT_UP
    this.#threshold += speed * outside * Math.min(elapsed, ADAPT_INTERVAL_MAX)
    this.#threshold = Math.min(THRESHOLD_MAX, Math.max(THRESHOLD_MIN, this.#threshold))
  }
}

/** Least squares; milliseconds of delay a millisecond. */
function slopeOf(points: readonly { readonly at: Ms; readonly delay: Ms }[]): number {
  const meanAt = points.reduce((sum, { at }) => sum + at, 0) / points.length
  const meanDelay = points.reduce((sum, { delay }) => sum + delay, 0) / points.length
  let above = 0
  let below = 0
  for (const { at, delay } of points) {
    above += (at - meanAt) * (delay - meanDelay)
    below += (at - meanAt) ** 2
  }
  return below === 0 ? 0 : above / below
}
