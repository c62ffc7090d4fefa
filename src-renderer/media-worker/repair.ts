/**
 * Lost packets of the picture are sent again (docs/protocol/media.md, section 9; RFC 4585 section 6.2.1: generic NACK). Without it every lost packet costs a
 * keyframe of many packets, which at 5 % of loss hardly ever arrives whole. A packet goes out again exactly as it was
 * protected (R18), so nobody needs a key for it.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import { sequenceNumberOf } from '../../src-shared/media/rtp.ts'
import { SequenceTracker, sequenceDelta } from '../../src-shared/media/sequence.ts'

/** A packet of a picture that old is of no use. */
const KEEP: Ms = 1000
const KEEP_PACKETS = 1000
/** Nobody gets the same packet more often; a request for more is a mistake or an attack on our uplink. */
const MAX_RESENT = 4
const ROUND_TRIP_GUESS: Ms = 60

interface Sent {
  readonly packet: Uint8Array
  readonly at: Ms
  resentAt: Ms
  resent: number
}

/** The sender's side: what went out lately. */
export class SentPackets {
  readonly #packets = new Map<number, Sent>()

  /** Protected RTP packets of one stream, in order. */
  remember(packets: readonly Uint8Array[], now: Ms): void {
    for (const packet of packets) {
      const key = sequenceNumberOf(packet)
      this.#packets.delete(key)
      this.#packets.set(key, { packet, at: now, resentAt: -Infinity, resent: 0 })
    }
    for (const [key, { at }] of this.#packets) {
      if (at >= now - KEEP && this.#packets.size <= KEEP_PACKETS) return
      this.#packets.delete(key)
    }
  }

  /** The packets to send again. One that was sent again less than a round trip ago may still arrive. */
  find(sequenceNumbers: readonly number[], now: Ms, roundTrip: Ms | undefined): Uint8Array[] {
    const pause = roundTrip ?? ROUND_TRIP_GUESS
    return sequenceNumbers.flatMap((sequenceNumber) => {
      const sent = this.#packets.get(sequenceNumber)
      if (sent === undefined || now - sent.resentAt < pause || sent.resent >= MAX_RESENT) return []
      sent.resentAt = now
      sent.resent += 1
      return [sent.packet]
    })
  }
}

/** More missing at once is an outage; a keyframe is the better remedy. */
const MAX_MISSING = 150
/** Packets overtake one another by less. */
const REORDER: Ms = 8

interface Missing {
  readonly since: Ms
  askedAt: Ms | undefined
}

/** The receiver's side: which packets of the stream are wanting, and when to ask for them. */
export class PacketRequests {
  #ssrc: number | undefined
  #sequence = new SequenceTracker()
  readonly #missing = new Map<number, Missing>()
  #missed = 0

  /** Of the stream that packets come in of. */
  get ssrc(): number | undefined {
    return this.#ssrc
  }

  /** An authentic packet came in. `leftOut`: what is missing just before it was not sent here. */
  arrived(ssrc: number, sequenceNumber: number, now: Ms, leftOut = false): void {
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc
      this.#sequence = new SequenceTracker()
      this.#missing.clear()
    }
    const before = this.#sequence.highest
    const placed = this.#sequence.place(sequenceNumber)
    if (placed.kind === 'restarted') this.#missing.clear()
    if (placed.kind !== 'placed') return
    this.#missing.delete(placed.index)
    const from = leftOut ? placed.index : (before ?? placed.index)
    if (placed.index - from > MAX_MISSING) this.#missing.clear()
    else
      for (let index = from + 1; index < placed.index; index++)
        this.#missing.set(index, { since: now, askedAt: undefined })
    if (this.#missing.size > MAX_MISSING) this.#missing.clear()
  }

  /** The sequence numbers to ask for now; call after packets came in and when `nextAt` says. `patience`: how long it is worth while. */
  take(now: Ms, roundTrip: Ms | undefined, patience: Ms): number[] {
    const pause = 1.25 * (roundTrip ?? ROUND_TRIP_GUESS) + REORDER
    const due: number[] = []
    for (const [index, missing] of this.#missing) {
      if (now > missing.since + patience) this.#missing.delete(index)
      else if (now >= (missing.askedAt === undefined ? missing.since + REORDER : missing.askedAt + pause)) {
        if (missing.askedAt === undefined) this.#missed += 1
        missing.askedAt = now
        due.push(index % 0x1_0000)
      }
    }
    return due.sort(sequenceDelta)
  }

  /** Packets that were asked for, each counted once, since the last call of this. */
  takeMissed(): number {
    const missed = this.#missed
    this.#missed = 0
    return missed
  }

  get isEmpty(): boolean {
    return this.#missing.size === 0
  }

  /** Nobody needs the stream for now: what comes later is not joined to what was. */
  clear(): void {
    this.#ssrc = undefined
    this.#missing.clear()
  }
}

/** How long a gap is worth waiting for: long enough to ask twice. */
export function patienceFor(roundTrip: Ms | undefined): Ms {
  return Math.min(400, 2.5 * (roundTrip ?? ROUND_TRIP_GUESS) + 40)
}
