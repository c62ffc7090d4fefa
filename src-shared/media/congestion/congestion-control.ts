/**
 * How many bits a second the path to the other side carries, from its reports about what arrived (docs/protocol/media.md, section
 * 11): Google Congestion Control (draft-ietf-rmcat-gcc-02, section 5.5) with its delay-based half, and losses judged by `loss-model.ts`.
 * Sound comes first: the picture gets what is left.
 */
import { type Ms, SECOND } from '../../base/time.ts'
import type { CongestionFeedback } from '../rtcp-congestion.ts'
import { DelayTrend } from './delay-trend.ts'
import { LossModel } from './loss-model.ts'
import { QueueDelay } from './queue-delay.ts'
import { type PacketOutcome, SentLog } from './sent-log.ts'
import { burstRate, Throughput } from './throughput.ts'

export interface CongestionLimits {
  /** Bits a second, everything counted. */
  readonly start: number
  readonly max: number
}

/** Bits a second. Less is no call; whatever anybody reports, so much is tried. */
const LEAST = 100_000
/** After an overuse, of what arrived. */
const DECREASE = 0.85
/** Who sends less than so much of the estimate does not depend on it; delays then say little of it, and lower it by half at most. */
const IN_USE = 0.7
const DECREASE_UNUSED = 0.5
/** A second, above a limit that was met, and where none is known. */
const INCREASE = 1.08
const INCREASE_FREE = 1.2
/** Nothing is claimed that was not shown: above so much of what arrives the estimate does not grow. */
const CLAIM = 2.5
const CLAIM_MARGIN = 10_000
/** Near the limit: one packet more in each response time. */
const PACKET_BITS = 8 * 1200
const RESPONSE_EXTRA: Ms = 100
/** Of a known limit: its mean and deviation follow each overuse by so much. */
const LIMIT_WEIGHT = 0.05
const LIMIT_DEVIATIONS = 3
/** What the path carried is remembered for a while, a second's share of it; delays at so much less have other causes. */
const CARRIED_MEMORY = 0.97
const MUCH_LESS = 0.7
/** A burst that came through much faster than the estimate moves it at once. */
const BURST_BEYOND = 1.1
/** Losses are judged in windows of so long, and so many packets. */
const LOSS_SPAN: Ms = 250
const LOSS_PACKETS = 15
const LOSSY = 0.02
/** Of the newest window in the mean. */
const LOSS_WEIGHT = 0.25
/** Losses in a row are rarer than windows: of some thirty of them, the newest counts so much. */
const LOSS_RUN_WEIGHT = 1 / 32
/** Without any report the path is taken for much worse than it was: by half, each time. */
const SILENCE: Ms = 1000
const SILENCE_DECREASE = 0.5
/** When reports come again, of what was carried before: most outages leave the path as it was. */
const AFTER_SILENCE = 0.7
/** Times the estimate: how fast a frame that is larger than others leaves, and where the path is known to be narrow. */
const PACING = 2.5
const PACING_NARROW = 1.5
const ROUND_TRIP_GUESS: Ms = 100

/** The mean rate at which the path overflowed, and how much it varies. */
class KnownLimit {
  #mean: number | undefined
  /** Of the square of the error, relative to the mean. */
  #variance = 0.4

  get isKnown(): boolean {
    return this.#mean !== undefined
  }

  isBelow(rate: number): boolean {
    return this.#mean !== undefined && rate > this.#mean + this.#deviations()
  }

  isNear(rate: number): boolean {
    return this.#mean !== undefined && Math.abs(rate - this.#mean) <= this.#deviations()
  }

  met(rate: number): void {
    // Kilobits, as the variance is relative to them in the published controller.
    const kilobits = rate / 1000
    const mean =
      this.#mean === undefined ? kilobits : (this.#mean / 1000) * (1 - LIMIT_WEIGHT) + kilobits * LIMIT_WEIGHT
    const error = mean - kilobits
    this.#variance = (1 - LIMIT_WEIGHT) * this.#variance + (LIMIT_WEIGHT * error ** 2) / Math.max(1, mean)
    this.#variance = Math.min(2.5, Math.max(0.4, this.#variance))
    this.#mean = mean * 1000
  }

  forget(): void {
    this.#mean = undefined
    this.#variance = 0.4
  }

  #deviations(): number {
    return LIMIT_DEVIATIONS * Math.sqrt(this.#variance * ((this.#mean ?? 0) / 1000)) * 1000
  }
}

export class CongestionControl {
  #max: number
  readonly #log = new SentLog()
  readonly #trend = new DelayTrend()
  readonly #queue = new QueueDelay()
  readonly #sending = new Throughput()
  readonly #throughput = new Throughput()
  readonly #losses = new LossModel()
  readonly #knownLimit = new KnownLimit()
  #estimate: number
  #roundTrip: Ms | undefined
  #reportedAt: Ms | undefined
  #decreasedAt: Ms = -Infinity
  /** The most that arrived, lately. */
  #carried = 0
  /** The estimate when reports failed to come. */
  #beforeSilence: number | undefined
  /** Not yet judged. */
  #window: { first: Ms; last: Ms; bytes: number; packets: number; lost: number } | undefined
  /** What was sent before, in an outage, and is lost says nothing of the room. */
  #lossesFrom: Ms = -Infinity
  #loss = 0
  /** Packets that were lost in a row until now, and the mean of such rows. */
  #lossesInRow = 0
  #lossRun = 1

  constructor(limits: CongestionLimits) {
    this.#max = limits.max
    this.#estimate = Math.min(limits.max, limits.start)
  }

  /** There is a use for more, or for less, than before: bits a second, everything counted. */
  limit(max: number): void {
    this.#max = max
    this.#estimate = Math.min(max, this.#estimate)
  }

  /** Bits a second, everything counted; never outside of the limits. */
  get estimate(): number {
    return Math.round(this.#estimate)
  }

  /** Bits a second at which packets are to leave. */
  get pacing(): number {
    return (this.#knownLimit.isKnown ? PACING_NARROW : PACING) * this.#estimate
  }

  /** `undefined` before the first report. */
  get roundTrip(): Ms | undefined {
    return this.#roundTrip
  }

  /** Share of packets that did not arrive the first time, lately. */
  get loss(): number {
    return this.#loss
  }

  /** How many packets are lost in a row, in the mean of the last losses. */
  get lossRun(): number {
    return this.#lossRun
  }

  /** A protected packet of `length` bytes leaves; also one that leaves again. */
  sent(ssrc: number, sequenceNumber: number, length: number, now: Ms): void {
    this.#log.sent(ssrc, sequenceNumber, length, now)
    if (this.#reportedAt === undefined || now - this.#reportedAt < SILENCE) return
    this.#reportedAt = now
    this.#beforeSilence ??= this.#estimate
    this.#set(this.#estimate * SILENCE_DECREASE)
  }

  /** An authentic report came in. */
  reported(feedback: CongestionFeedback, now: Ms): void {
    const { packets, roundTrip } = this.#log.reported(feedback, now)
    if (packets.length === 0) return
    const elapsed = Math.min(SECOND, now - (this.#reportedAt ?? now))
    this.#reportedAt = now
    if (roundTrip !== undefined) this.#roundTrip = roundTrip
    this.#endSilence(now)
    for (const packet of packets) {
      this.#trend.take(packet)
      this.#queue.take(packet)
      this.#sending.take(packet.sentAt, packet.bytes)
      if (packet.arrivedAt !== undefined) this.#throughput.take(packet.arrivedAt, packet.bytes)
      this.#countLoss(packet)
    }
    const arriving = this.#throughput.rate()
    this.#carried = Math.max(arriving ?? 0, this.#carried * CARRIED_MEMORY ** (elapsed / SECOND))
    if (this.#queue.stands(this.#estimate, this.#loss > LOSSY)) this.#decrease(arriving, now)
    else if (this.#trend.usage === 'over' && this.#queue.queues(this.#estimate)) {
      if (this.#decrease(arriving, now) && (arriving ?? 0) < MUCH_LESS * this.#carried) this.#queue.unrelated()
    } else if (this.#trend.usage === 'normal') this.#increase(arriving, burstRate(packets), elapsed)
    const limit = this.#losses.limit()
    if (limit !== undefined && limit < this.#estimate) this.#set(limit)
  }

  /** Another path: what was learned of the old one is void. */
  pathChanged(): void {
    this.#log.clear()
    this.#trend.reset()
    this.#queue.reset()
    this.#sending.reset()
    this.#throughput.reset()
    this.#losses.reset()
    this.#knownLimit.forget()
    this.#carried = 0
    this.#beforeSilence = undefined
    this.#window = undefined
    this.#roundTrip = undefined
    this.#reportedAt = undefined
  }

  #endSilence(now: Ms): void {
    if (this.#beforeSilence === undefined) return
    this.#set(Math.max(this.#estimate, AFTER_SILENCE * this.#beforeSilence))
    this.#beforeSilence = undefined
    this.#trend.reset()
    this.#queue.reset()
    this.#sending.reset()
    this.#throughput.reset()
    this.#losses.reset()
    this.#window = undefined
    this.#lossesFrom = now
  }

  #decrease(arriving: number | undefined, now: Ms): boolean {
    // What is under way cannot know of the last decrease yet.
    if (now - this.#decreasedAt < (this.#roundTrip ?? ROUND_TRIP_GUESS) + RESPONSE_EXTRA) return false
    this.#decreasedAt = now
    const measured = arriving ?? this.#estimate
    const isInUse = (this.#sending.rate() ?? Infinity) >= IN_USE * this.#estimate
    if (!this.#knownLimit.isNear(measured)) this.#knownLimit.forget()
    if (isInUse) this.#knownLimit.met(measured)
    const least = isInUse ? LEAST : DECREASE_UNUSED * this.#estimate
    this.#set(Math.min(this.#estimate, Math.max(least, DECREASE * measured)))
    return true
  }

  #increase(arriving: number | undefined, burst: number | undefined, elapsed: Ms): void {
    if (arriving !== undefined && this.#knownLimit.isBelow(arriving)) this.#knownLimit.forget()
    const beyond = burst !== undefined && burst > BURST_BEYOND * this.#estimate
    // The limit that is known was met by a stream that lasted; a burst that fits into a queue says less.
    if (beyond && !this.#knownLimit.isKnown) this.#set(burst)
    const most = arriving === undefined ? this.#estimate : CLAIM * arriving + CLAIM_MARGIN
    if (this.#estimate >= most) return
    const response = (this.#roundTrip ?? ROUND_TRIP_GUESS) + RESPONSE_EXTRA
    const grown = this.#knownLimit.isNear(this.#estimate)
      ? this.#estimate + (PACKET_BITS * elapsed) / response
      : this.#estimate * (this.#knownLimit.isKnown ? INCREASE : INCREASE_FREE) ** (elapsed / SECOND)
    this.#set(Math.min(most, grown))
  }

  #countLoss({ sentAt, arrivedAt, bytes }: PacketOutcome): void {
    if (sentAt < this.#lossesFrom) return
    this.#countRun(arrivedAt === undefined)
    const window = (this.#window ??= { first: sentAt, last: sentAt, bytes: 0, packets: 0, lost: 0 })
    window.last = Math.max(window.last, sentAt)
    window.bytes += bytes
    window.packets += 1
    if (arrivedAt === undefined) window.lost += 1
    const span = window.last - window.first
    if (span < LOSS_SPAN || window.packets < LOSS_PACKETS) return
    this.#losses.take({ rate: (8 * window.bytes * SECOND) / span, packets: window.packets, lost: window.lost })
    this.#loss += LOSS_WEIGHT * (window.lost / window.packets - this.#loss)
    this.#window = undefined
  }

  #countRun(lost: boolean): void {
    if (lost) this.#lossesInRow += 1
    else if (this.#lossesInRow > 0) {
      this.#lossRun += LOSS_RUN_WEIGHT * (this.#lossesInRow - this.#lossRun)
      this.#lossesInRow = 0
    }
  }

  #set(estimate: number): void {
    this.#estimate = Math.min(this.#max, Math.max(LEAST, estimate))
  }
}
