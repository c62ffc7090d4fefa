/**
 * The sender's half of congestion control (docs/protocol/media.md, section 11): what went out is held against the reports about it,
 * and judged by `path-estimate.ts`. Sound comes first: the picture gets what is left.
 */
import { type Ms, SECOND } from '../../base/time.ts'
import type { CongestionFeedback } from '../rtcp-congestion.ts'
import { Headroom } from './headroom.ts'
import { type CongestionLimits, PathEstimate } from './path-estimate.ts'
import { SentLog } from './sent-log.ts'

/** Without any report the path is taken for much worse than it was: by half, each time. */
const SILENCE: Ms = 1000
const SILENCE_DECREASE = 0.5
/** When reports come again, of what was carried before: most outages leave the path as it was. */
const AFTER_SILENCE = 0.7
/** Times the estimate: how fast a frame that is larger than others leaves, and where the path is known to be narrow. */
const PACING = 2.5
const PACING_NARROW = 1.5

export class CongestionControl {
  readonly #log = new SentLog()
  readonly #path: PathEstimate
  readonly #headroom = new Headroom()
  #roundTrip: Ms | undefined
  #reportedAt: Ms | undefined
  /** The estimate when reports failed to come. */
  #beforeSilence: number | undefined

  constructor(limits: CongestionLimits) {
    this.#path = new PathEstimate(limits)
  }

  /** There is a use for more, or for less, than before: bits a second, everything counted. */
  limit(max: number): void {
    this.#path.limit(max)
  }

  /** Bits a second, everything counted; never outside of the limits. */
  get estimate(): number {
    return Math.round(this.#path.estimate)
  }

  /** Bits a second at which packets are to leave. */
  get pacing(): number {
    return (this.#path.isLimitKnown ? PACING_NARROW : PACING) * this.#path.estimate
  }

  /** `undefined` before the first report. */
  get roundTrip(): Ms | undefined {
    return this.#roundTrip
  }

  /** Share of packets that did not arrive the first time, lately. */
  get loss(): number {
    return this.#path.loss
  }

  /** How many packets are lost in a row, in the mean of the last losses. */
  get lossRun(): number {
    return this.#path.lossRun
  }

  /** A protected packet of `length` bytes leaves; also one that leaves again. */
  sent(ssrc: number, sequenceNumber: number, length: number, now: Ms): void {
    this.#log.sent(ssrc, sequenceNumber, length, now)
    if (this.#reportedAt === undefined || now - this.#reportedAt < SILENCE) return
    this.#reportedAt = now
    this.#beforeSilence ??= this.#path.estimate
    this.#path.assume(this.#path.estimate * SILENCE_DECREASE)
  }

  /** An authentic report came in. */
  reported(feedback: CongestionFeedback, now: Ms): void {
    const { packets, roundTrip } = this.#log.reported(feedback, now)
    if (packets.length === 0) return
    const elapsed = Math.min(SECOND, now - (this.#reportedAt ?? now))
    this.#reportedAt = now
    if (roundTrip !== undefined) this.#roundTrip = roundTrip
    this.#endSilence(now)
    this.#path.judge(packets, elapsed, this.#roundTrip, now)
    const { arriving, estimate, overflowedAt } = this.#path
    if (overflowedAt === now && arriving !== undefined) this.#headroom.overflowed(arriving, now)
    const most = this.#headroom.most(arriving, now)
    if (estimate > most) this.#path.assume(most)
  }

  /** Another path: what was learned of the old one is void. */
  pathChanged(): void {
    this.#log.clear()
    this.#path.pathChanged()
    this.#headroom.forget()
    this.#beforeSilence = undefined
    this.#roundTrip = undefined
    this.#reportedAt = undefined
  }

  #endSilence(now: Ms): void {
    if (this.#beforeSilence === undefined) return
    this.#path.assume(Math.max(this.#path.estimate, AFTER_SILENCE * this.#beforeSilence))
    this.#path.resume(now)
    this.#beforeSilence = undefined
  }
}
