/**
 * Where a packet stands in the stream of one sender and kind: its unwrapped number and timestamp. One packet from nowhere
 * is refused; a new SSRC, or several packets that agree on another place, begin a new stretch.
 */
import type { Ms } from '../base/time.ts'
import { DelayEstimator } from './delay-estimator.ts'
import type { RtpPacket } from './rtp.ts'
import { SequenceTracker, unwrapTimestamp } from './sequence.ts'
import { CurrentSource } from './ssrc.ts'

export interface Position {
  readonly index: number
  readonly timestamp: number
  /** Everything before is void: numbers, timestamps and times do not compare with it. */
  readonly restarted: boolean
}

export class Timeline {
  readonly delay: DelayEstimator
  readonly #source = new CurrentSource()
  #sequence = new SequenceTracker()
  #newest: number | undefined

  constructor(clockRate: number, forget: number) {
    this.delay = new DelayEstimator(clockRate, forget)
  }

  get ssrc(): number | undefined {
    return this.#source.ssrc
  }

  /** The highest index of this stretch. */
  get highestIndex(): number | undefined {
    return this.#sequence.highest
  }

  /** The newest timestamp of this stretch, unwrapped. */
  get newest(): number | undefined {
    return this.#newest
  }

  /** `undefined`: refused, nothing has changed. */
  place(packet: RtpPacket, now: Ms): Position | undefined {
    const source = this.#source.see(packet.ssrc)
    if (source === 'retired') return undefined
    if (source === 'changed') {
      this.#sequence = new SequenceTracker()
      this.#newest = undefined
      this.delay.restart()
    }
    const placed = this.#sequence.place(packet.sequenceNumber)
    if (placed.kind === 'stray') return undefined
    const timestamp = unwrapTimestamp(this.#newest ?? packet.timestamp, packet.timestamp)
    const arrival = this.delay.arrived(timestamp, now)
    if (arrival === 'stray') return undefined
    const voided = arrival === 'restarted' || this.#newest === undefined
    this.#newest = voided ? timestamp : Math.max(this.#newest ?? timestamp, timestamp)
    return {
      index: placed.index,
      timestamp,
      restarted: source === 'changed' || placed.kind === 'restarted' || arrival === 'restarted',
    }
  }
}
