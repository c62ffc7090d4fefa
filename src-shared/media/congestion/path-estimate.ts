/**
 * How many bits a second a path carries, judged by what became of the packets on it (docs/protocol/media.md, section 11): Google
 * Congestion Control (draft-ietf-rmcat-gcc-02, section 5.5) with its delay-based half, and losses judged by `loss-model.ts`.
 * Where packets' ends are known does not matter: a sender learns of arrivals by reports, a receiver of departures by the packets.
 */
import { type Ms, SECOND } from '../../base/time.ts'
import { DelayTrend } from './delay-trend.ts'
import { KnownLimit } from './known-limit.ts'
import { LossModel } from './loss-model.ts'
import { QueueDelay } from './queue-delay.ts'
import type { PacketOutcome } from './sent-log.ts'
import { burstRate, Throughput } from './throughput.ts'

export interface CongestionLimits {
  /** Bits a second, everything counted. Infinity: until the path overflows nothing is known of it. */
  readonly start: number
  readonly max: number
}

/** Bits a second. Less is no call; whatever anybody reports, so much is tried. */
export const LEAST = 100_000
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
const ROUND_TRIP_GUESS: Ms = 100

export class PathEstimate {
  #max: number
  readonly #trend = new DelayTrend()
  readonly #queue = new QueueDelay()
  readonly #sending = new Throughput()
  readonly #throughput = new Throughput()
  readonly #losses = new LossModel()
  readonly #knownLimit = new KnownLimit()
  #estimate: number
  #decreasedAt: Ms = -Infinity
  /** The most that arrived, lately. */
  #carried = 0
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

  /** Bits a second, everything counted; never outside of the limits. */
  get estimate(): number {
    return this.#estimate
  }

  /** A rate at which the path overflows is known. */
  get isLimitKnown(): boolean {
    return this.#knownLimit.isKnown
  }

  /** When packets that queued last lowered the estimate. */
  get overflowedAt(): Ms {
    return this.#decreasedAt
  }

  /** Bits a second that come in, everything counted; `undefined` until enough did. */
  get arriving(): number | undefined {
    return this.#throughput.rate()
  }

  /** Share of packets that did not arrive the first time, lately. */
  get loss(): number {
    return this.#loss
  }

  /** How many packets are lost in a row, in the mean of the last losses. */
  get lossRun(): number {
    return this.#lossRun
  }

  /** There is a use for more, or for less, than before: bits a second, everything counted. */
  limit(max: number): void {
    this.#max = max
    this.#estimate = Math.min(max, this.#estimate)
  }

  /** It is taken for that, whatever was measured. */
  assume(estimate: number): void {
    this.#estimate = Math.min(this.#max, Math.max(LEAST, estimate))
  }

  /** What became of `packets`, in the order of sending, is known now. `elapsed`: since the last that were. */
  judge(packets: readonly PacketOutcome[], elapsed: Ms, roundTrip: Ms | undefined, now: Ms): void {
    for (const packet of packets) {
      this.#trend.take(packet)
      this.#queue.take(packet)
      this.#sending.take(packet.sentAt, packet.bytes)
      if (packet.arrivedAt !== undefined) this.#throughput.take(packet.arrivedAt, packet.bytes)
      this.#countLoss(packet)
    }
    const arriving = this.#throughput.rate()
    const response = (roundTrip ?? ROUND_TRIP_GUESS) + RESPONSE_EXTRA
    this.#carried = Math.max(arriving ?? 0, this.#carried * CARRIED_MEMORY ** (elapsed / SECOND))
    const passing = this.#estimate === Infinity ? this.#carried : this.#estimate
    if (this.#queue.stands(passing, this.#loss > LOSSY)) this.#decrease(arriving, response, now)
    else if (this.#trend.usage === 'over' && this.#queue.queues(passing)) {
      if (this.#decrease(arriving, response, now) && (arriving ?? 0) < MUCH_LESS * this.#carried)
        this.#queue.unrelated()
    } else if (this.#trend.usage === 'normal') this.#increase(arriving, burstRate(packets), response, elapsed)
    const limit = this.#losses.limit()
    if (limit !== undefined && limit < this.#estimate) this.assume(limit)
  }

  /** After an outage, in which most paths stay as they were: what was sent before `now` says nothing any more. */
  resume(now: Ms): void {
    this.#trend.reset()
    this.#queue.reset()
    this.#sending.reset()
    this.#throughput.reset()
    this.#losses.reset()
    this.#window = undefined
    this.#lossesFrom = now
  }

  /** Another path: what was learned of the old one is void. */
  pathChanged(): void {
    this.resume(-Infinity)
    this.#knownLimit.forget()
    this.#carried = 0
  }

  #decrease(arriving: number | undefined, response: Ms, now: Ms): boolean {
    // What is under way cannot know of the last decrease yet.
    if (now - this.#decreasedAt < response) return false
    const measured = arriving ?? this.#estimate
    if (measured === Infinity) return false
    this.#decreasedAt = now
    const isInUse = this.#estimate === Infinity || (this.#sending.rate() ?? Infinity) >= IN_USE * this.#estimate
    if (!this.#knownLimit.isNear(measured)) this.#knownLimit.forget()
    if (isInUse) this.#knownLimit.met(measured)
    const least = isInUse ? LEAST : DECREASE_UNUSED * this.#estimate
    this.assume(Math.min(this.#estimate, Math.max(least, DECREASE * measured)))
    return true
  }

  #increase(arriving: number | undefined, burst: number | undefined, response: Ms, elapsed: Ms): void {
    if (arriving !== undefined && this.#knownLimit.isBelow(arriving)) this.#knownLimit.forget()
    const beyond = burst !== undefined && burst > BURST_BEYOND * this.#estimate
    // The limit that is known was met by a stream that lasted; a burst that fits into a queue says less.
    if (beyond && !this.#knownLimit.isKnown) this.assume(burst)
    const most = arriving === undefined ? this.#estimate : CLAIM * arriving + CLAIM_MARGIN
    if (this.#estimate >= most) return
    const grown = this.#knownLimit.isNear(this.#estimate)
      ? this.#estimate + (PACKET_BITS * elapsed) / response
      : this.#estimate * (this.#knownLimit.isKnown ? INCREASE : INCREASE_FREE) ** (elapsed / SECOND)
    this.assume(Math.min(most, grown))
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
}
