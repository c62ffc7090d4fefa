/** What a receiver reports of one stream (RFC 3550 section 6.4.1, appendix A.3 and A.8), and the round trip that a sender reads from such a report. */
import type { Ms } from '../base/time.ts'
import { type NtpTime, ntpOf, shortNtp } from './ntp.ts'
import type { ReportBlock } from './rtcp-reports.ts'
import type { RtpPacket } from './rtp.ts'
import { SequenceTracker, timestampDelta } from './sequence.ts'

const SHORT_UNITS_PER_MS = 65.536
/** Longer than any path of ours: such a figure is a mistake or a lie. */
const MAX_ROUND_TRIP: Ms = 60_000

/** One for each SSRC that comes in. */
export class ReceptionStatistics {
  readonly ssrc: number
  readonly #ticksPerMs: number
  readonly #sequence = new SequenceTracker()
  #first: number | undefined
  #received = 0
  #expectedBefore = 0
  #receivedBefore = 0
  #last: { readonly timestamp: number; readonly arrival: number } | undefined
  /** Ticks. */
  #jitter = 0
  #senderReport: { readonly ntp: NtpTime; readonly at: Ms } | undefined

  constructor(ssrc: number, clockRate: number) {
    this.ssrc = ssrc
    this.#ticksPerMs = clockRate / 1000
  }

  /** Packets that never came; duplicates count against them, so it can be negative. */
  get lost(): number {
    return this.#expected() - this.#received
  }

  get jitterMs(): Ms {
    return this.#jitter / this.#ticksPerMs
  }

  /** `leftOut`: so many packets just before it were not sent here, and so are not lost. */
  received(packet: Pick<RtpPacket, 'sequenceNumber' | 'timestamp'>, now: Ms, leftOut = 0): void {
    const placed = this.#sequence.place(packet.sequenceNumber)
    if (placed.kind === 'stray') return
    if (placed.kind === 'restarted' || this.#first === undefined) {
      this.#first = placed.index
      this.#received = 0
      this.#expectedBefore = 0
      this.#receivedBefore = 0
    } else this.#received += leftOut
    this.#received += 1
    this.#measureJitter(packet.timestamp, now * this.#ticksPerMs)
  }

  senderReport(ntp: NtpTime, now: Ms): void {
    this.#senderReport = { ntp, at: now }
  }

  /** The block of this interval, and the begin of the next; `undefined` before the first packet. */
  report(now: Ms): ReportBlock | undefined {
    if (this.#first === undefined) return undefined
    const expected = this.#expected()
    const expectedNow = expected - this.#expectedBefore
    const lostNow = expectedNow - (this.#received - this.#receivedBefore)
    this.#expectedBefore = expected
    this.#receivedBefore = this.#received
    return {
      ssrc: this.ssrc,
      fractionLost: expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      cumulativeLost: Math.min(0x7f_ffff, Math.max(-0x80_0000, expected - this.#received)),
      extendedHighestSequence: (this.#sequence.highest ?? 0) >>> 0,
      jitter: Math.floor(this.#jitter) >>> 0,
      lastSenderReport: this.#senderReport === undefined ? 0 : shortNtp(this.#senderReport.ntp),
      delaySinceLastSenderReport: this.#sinceSenderReport(now),
    }
  }

  #expected(): number {
    return this.#first === undefined ? 0 : (this.#sequence.highest ?? this.#first) - this.#first + 1
  }

  /** A day at most, to fit 32 bits. */
  #sinceSenderReport(now: Ms): number {
    if (this.#senderReport === undefined) return 0
    return Math.min(0xffff_ffff, Math.max(0, Math.round((now - this.#senderReport.at) * SHORT_UNITS_PER_MS)))
  }

  #measureJitter(timestamp: number, arrival: number): void {
    const last = this.#last
    this.#last = { timestamp, arrival }
    if (last === undefined) return
    const difference = Math.abs(arrival - last.arrival - timestampDelta(timestamp, last.timestamp))
    this.#jitter = Math.min(0xffff_ffff, this.#jitter + (difference - this.#jitter) / 16)
  }
}

/** From a block about an own stream: `now` − LSR − DLSR; `undefined` if there is nothing to tell, or it is absurd. */
export function roundTripOf(block: ReportBlock, now: Ms): Ms | undefined {
  if (block.lastSenderReport === 0) return undefined
  const elapsed = shortNtp(ntpOf(now)) - block.lastSenderReport - block.delaySinceLastSenderReport
  const roundTrip = timestampDelta(elapsed, 0) / SHORT_UNITS_PER_MS
  // The other side's clock may run a little slow: a small negative figure is a very short path.
  return roundTrip < -5 || roundTrip > MAX_ROUND_TRIP ? undefined : Math.max(0, roundTrip)
}
