/** The receiver's half of congestion control: when packets came in, and the reports about it (docs/protocol/media.md, section 11). */
import type { Ms } from '../../base/time.ts'
import { ntpOf, shortNtp } from '../ntp.ts'
import type { CongestionFeedback, StreamArrivals } from '../rtcp-congestion.ts'
import { SequenceTracker } from '../sequence.ts'

/** As often as three packets of sound: a queue is noticed soon, and the reports themselves take 20 kbit/s. */
const REPORT_INTERVAL: Ms = 60
/** Of the relay, which reports to all members of a call: a report costs it as much as some four copies of a packet. */
export const RELAY_REPORT_INTERVAL: Ms = 100
/** Of one stream in one report; of a longer row the end is reported. */
const MAX_REPORTED = 400

class StreamLog {
  readonly #sequence = new SequenceTracker()
  /** By index. */
  readonly #arrivals = new Map<number, Ms>()
  /** Highest indices at the time of the last two reports. */
  #reported: number | undefined
  #reportedBefore: number | undefined

  arrived(sequenceNumber: number, now: Ms): void {
    const placed = this.#sequence.place(sequenceNumber)
    if (placed.kind === 'stray') return
    if (placed.kind === 'restarted') {
      this.#arrivals.clear()
      this.#reported = this.#reportedBefore = placed.index - 1
    }
    this.#reported ??= placed.index - 1
    this.#reportedBefore ??= this.#reported
    // One that is sent again counts from the first that came.
    if (!this.#arrivals.has(placed.index)) this.#arrivals.set(placed.index, now)
  }

  /** What came since the report before the last one: each packet is told of twice, as reports get lost as well. */
  report(ssrc: number, now: Ms): StreamArrivals | undefined {
    const { highest } = this.#sequence
    if (highest === undefined || this.#reportedBefore === undefined || highest === this.#reportedBefore)
      return undefined
    const begin = Math.max(this.#reportedBefore + 1, highest + 1 - MAX_REPORTED)
    const arrivals: (Ms | undefined)[] = []
    for (let index = begin; index <= highest; index++) {
      const at = this.#arrivals.get(index)
      arrivals.push(at === undefined ? undefined : now - at)
    }
    this.#reportedBefore = this.#reported
    this.#reported = highest
    for (const index of this.#arrivals.keys()) if (index <= (this.#reportedBefore ?? 0)) this.#arrivals.delete(index)
    return { ssrc, begin: begin % 0x1_0000, arrivals }
  }
}

/** Sound, three layers of the picture, a screen, and a change: of more only those that began last are reported on. */
const MAX_STREAMS = 8

export class ArrivalLog {
  /** By SSRC. */
  readonly #streams = new Map<number, StreamLog>()
  readonly #interval: Ms
  #reportedAt: Ms = -Infinity

  constructor(interval = REPORT_INTERVAL) {
    this.#interval = interval
  }

  /** An authentic packet came in. */
  arrived(ssrc: number, sequenceNumber: number, now: Ms): void {
    let stream = this.#streams.get(ssrc)
    if (stream === undefined) {
      stream = new StreamLog()
      this.#streams.set(ssrc, stream)
      const [oldest] = this.#streams.keys()
      if (this.#streams.size > MAX_STREAMS && oldest !== undefined) this.#streams.delete(oldest)
    }
    stream.arrived(sequenceNumber, now)
  }

  /** Call after packets came in: the report that is due, if one is. `sender`: the SSRC to report as. */
  takeReport(sender: number, now: Ms): CongestionFeedback | undefined {
    if (now - this.#reportedAt < this.#interval) return undefined
    const streams = [...this.#streams].flatMap(([ssrc, stream]) => stream.report(ssrc, now) ?? [])
    if (streams.length === 0) return undefined
    this.#reportedAt = now
    return { kind: 'congestion-feedback', sender, streams, timestamp: shortNtp(ntpOf(now)) }
  }
}
