/** The sender's memory of what went out and when, which the other side's reports are held against. */
import type { Ms } from '../../base/time.ts'
import type { CongestionFeedback } from '../rtcp-congestion.ts'
import { timestampDelta } from '../sequence.ts'

/** What became of one packet. */
export interface PacketOutcome {
  readonly sentAt: Ms
  /** On the other side's clock; `undefined`: lost. */
  readonly arrivedAt: Ms | undefined
  /** On the wire. */
  readonly bytes: number
}

export interface Outcomes {
  /** In the order in which they were sent. Each packet is in it once. */
  readonly packets: readonly PacketOutcome[]
  /** From the sending of the newest packet to its report, without the time that the report waited. */
  readonly roundTrip: Ms | undefined
}

interface Sent {
  readonly sentAt: Ms
  readonly bytes: number
  /** Sent again: which of the two arrived is not known (Karn's rule). */
  again: boolean
  /** What became of it has been told. It stays known, as it may be sent again needlessly and is reported on twice. */
  decided: boolean
}

/** Nobody reports so late on a path that a call can use. */
const KEEP: Ms = 5000
const MAX_PACKETS = 8192
/** A packet may be overtaken by those that were sent so much later. */
const REORDER: Ms = 40
/** UDP and IPv4 (28), and what the hop's DTLS-SRTP adds (16). */
export const OVERHEAD_BYTES = 44
/** Of an arrival for its report. */
const LONGEST_WAIT: Ms = 2000
const NTP_UNITS_PER_MS = 65.536

export class SentLog {
  /** By SSRC and sequence number, in the order of sending. */
  readonly #sent = new Map<number, Sent>()
  /** The report's clock, unwrapped: `shortNtp` begins anew every 18 hours. */
  #clock: { readonly timestamp: number; readonly at: Ms } | undefined

  /** `length`: of the protected packet. */
  sent(ssrc: number, sequenceNumber: number, length: number, now: Ms): void {
    const key = keyOf(ssrc, sequenceNumber)
    const before = this.#sent.get(key)
    if (before !== undefined) {
      before.again = true
      return
    }
    this.#sent.set(key, { sentAt: now, bytes: length + OVERHEAD_BYTES, again: false, decided: false })
    for (const [oldest, { sentAt }] of this.#sent) {
      if (sentAt >= now - KEEP && this.#sent.size <= MAX_PACKETS) return
      this.#sent.delete(oldest)
    }
  }

  /** A report came in. What it says of packets that were never sent is passed over. */
  reported(feedback: CongestionFeedback, now: Ms): Outcomes {
    const reportAt = this.#reportTime(feedback.timestamp)
    const covered = feedback.streams.flatMap(({ ssrc, begin, arrivals }) =>
      arrivals.flatMap((arrival, i) => {
        const sent = this.#sent.get(keyOf(ssrc, (begin + i) & 0xffff))
        // So long ago, as after an outage, the moment is not known any more.
        const isNews = sent?.decided === false && (arrival ?? 0) <= LONGEST_WAIT
        return isNews ? [{ sent, arrival }] : []
      }),
    )
    const newest = covered.reduce<(typeof covered)[number] | undefined>(
      (found, packet) =>
        packet.arrival !== undefined && !packet.sent.again && packet.sent.sentAt > (found?.sent.sentAt ?? -Infinity)
          ? packet
          : found,
      undefined,
    )
    const decided = covered.filter(
      ({ sent, arrival }) => arrival !== undefined || sent.sentAt < (newest?.sent.sentAt ?? -Infinity) - REORDER,
    )
    for (const { sent } of decided) sent.decided = true
    const packets = decided
      .map(({ sent, arrival }) => ({
        sentAt: sent.sentAt,
        bytes: sent.bytes,
        // What had to be sent again was lost the first time, whatever the report says.
        arrivedAt: arrival === undefined || sent.again ? undefined : reportAt - arrival,
      }))
      .sort((a, b) => a.sentAt - b.sentAt)
    const roundTrip = newest && now - newest.sent.sentAt - (newest.arrival ?? 0)
    return { packets, roundTrip: roundTrip !== undefined && roundTrip >= 0 ? roundTrip : undefined }
  }

  clear(): void {
    this.#sent.clear()
    this.#clock = undefined
  }

  #reportTime(timestamp: number): Ms {
    const before = this.#clock
    const at = before === undefined ? 0 : before.at + timestampDelta(timestamp, before.timestamp) / NTP_UNITS_PER_MS
    this.#clock = { timestamp, at }
    return at
  }
}

/** Exact: 48 bits. */
function keyOf(ssrc: number, sequenceNumber: number): number {
  return ssrc * 0x1_0000 + sequenceNumber
}
