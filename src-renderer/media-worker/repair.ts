/**
 * Lost packets of the picture are sent again (docs/protocol/media.md, section 9; RFC 4585 section 6.2.1: generic NACK). Without it every lost packet costs a
 * keyframe of many packets, which at 5 % of loss hardly ever arrives whole. A packet goes out again exactly as it was
 * protected (R18), so nobody needs a key for it.
 */
import { type Ms, SECOND } from '../../src-shared/base/time.ts'
import { sequenceNumberOf } from '../../src-shared/media/rtp.ts'
import { SequenceTracker, sequenceDelta } from '../../src-shared/media/sequence.ts'

/** The longest that a receiver waits for a packet, and half a second for its request and for the packet's first way. */
const KEEP: Ms = 1500
const KEEP_PACKETS = 1000
/** Nobody gets the same packet more often; a request for more is a mistake or an attack on our uplink. */
const MAX_RESENT = 10
/** A request that is repeated at once wants the packet twice, one that is doubled on the way does not. */
const RESEND_PAUSE: Ms = 15

/** Of the rate at which packets may leave, what is for those that are sent again; and how long it may be saved up. */
const AGAIN_SHARE = 1 / 3
const AGAIN_SAVED: Ms = 300

/** How much may be sent again: where packets are lost because there are too many of them, more of them make it worse. */
export class ResendBudget {
  #bytes = Infinity
  #at: Ms = 0

  /** Whether a packet of `length` bytes may go; `pacing`: bits a second at which packets may leave now. */
  admit(length: number, pacing: number, now: Ms): boolean {
    const rate = (AGAIN_SHARE * pacing) / (8 * SECOND)
    this.#bytes = Math.min(AGAIN_SAVED * rate, this.#bytes + Math.max(0, now - this.#at) * rate)
    this.#at = now
    if (this.#bytes < length) return false
    this.#bytes -= length
    return true
  }
}

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

  /** The packets to send again, as far as they are admitted. */
  find(sequenceNumbers: readonly number[], now: Ms, isAdmitted: (length: number) => boolean): Uint8Array[] {
    return sequenceNumbers.flatMap((sequenceNumber) => {
      const sent = this.#packets.get(sequenceNumber)
      if (sent === undefined || now - sent.resentAt < RESEND_PAUSE || sent.resent >= MAX_RESENT) return []
      if (!isAdmitted(sent.packet.length)) return []
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
const ROUND_TRIP_GUESS: Ms = 60
/** What an answer may take beyond the round trip: a quarter of it, at most so much. */
const MAX_ANSWER_EXTRA: Ms = 40
/**
 * On so long a way each request goes out twice, so that neither a lost request nor a lost answer costs a round trip, and elsewhere each
 * after the first, which was lost; the second one so much later that a burst does not take both.
 */
const LONG_ROUND_TRIP: Ms = 100
const REPEAT: Ms = 20
/** A gap is worth waiting for at least, and at most, so long; what comes later is not shown any more. */
const MIN_PATIENCE: Ms = 250
const MAX_PATIENCE: Ms = 1000
/** Of all packets, at most so many are given up, each of which costs a keyframe: one in two minutes at usual rates. */
const GIVEN_UP = 1 / 20_000
/** Of the newest packet in the share that is lost. */
const LOSS_WEIGHT = 1 / 64

interface Missing {
  readonly since: Ms
  askedAt: Ms | undefined
  /** How many requests there were; one that went out twice counts once. */
  asked: number
  /** The last request went out twice. */
  isRepeated: boolean
}

/** The receiver's side: which packets of the stream are wanting, and when to ask for them. */
export class PacketRequests {
  #ssrc: number | undefined
  #sequence = new SequenceTracker()
  readonly #missing = new Map<number, Missing>()
  #missed = 0
  #loss = 0

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
    if (placed.index >= from) this.#loss -= LOSS_WEIGHT * this.#loss
    if (placed.index - from > MAX_MISSING) this.#missing.clear()
    else
      for (let index = from + 1; index < placed.index; index++) {
        this.#missing.set(index, { since: now, askedAt: undefined, asked: 0, isRepeated: false })
        this.#loss += LOSS_WEIGHT * (1 - this.#loss)
      }
    if (this.#missing.size > MAX_MISSING) this.#missing.clear()
  }

  /** The sequence numbers to ask for now; call after packets came in and when `nextAt` says. `patience`: how long it is worth while. */
  take(now: Ms, roundTrip: Ms | undefined, patience: Ms): number[] {
    const expected = roundTrip ?? ROUND_TRIP_GUESS
    const pause = answerTime(expected)
    const due: number[] = []
    for (const [index, missing] of this.#missing) {
      const { since, askedAt, asked } = missing
      if (now > since + patience) {
        this.#missing.delete(index)
        continue
      }
      const isNew = now >= (askedAt === undefined ? since + REORDER : askedAt + pause)
      const isTwice = asked > 1 || expected >= LONG_ROUND_TRIP
      const isRepetition = isTwice && !missing.isRepeated && now >= (askedAt ?? now) + REPEAT
      if (!isNew && !isRepetition) continue
      if (askedAt === undefined) this.#missed += 1
      if (isNew) {
        missing.askedAt = now
        missing.asked += 1
      }
      missing.isRepeated = !isNew
      due.push(index % 0x1_0000)
    }
    return due.sort(sequenceDelta)
  }

  /** Packets that were asked for, each counted once, since the last call of this. */
  takeMissed(): number {
    const missed = this.#missed
    this.#missed = 0
    return missed
  }

  /** Share of packets that do not come the first time. */
  get loss(): number {
    return this.#loss
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

/** From a request to its answer, and a little more. */
function answerTime(roundTrip: Ms): Ms {
  return roundTrip + Math.min(MAX_ANSWER_EXTRA, roundTrip / 4) + REORDER
}

/**
 * How long a gap is worth waiting for: long enough to ask twice, as a keyframe takes longer than a packet and is lost more easily; and
 * where much is lost, `loss` both ways, for as many requests as leave hardly a packet out.
 */
export function patienceFor(roundTrip: Ms = ROUND_TRIP_GUESS, loss = 0): Ms {
  const unanswered = 1 - (1 - loss) ** 2
  const first = roundTrip < LONG_ROUND_TRIP ? unanswered : unanswered ** 2
  const more = loss > 0 ? Math.ceil(Math.log(GIVEN_UP / (loss * first)) / Math.log(unanswered ** 2)) : 0
  const requests = answerTime(roundTrip) * (1 + Math.max(0, more))
  return Math.min(MAX_PATIENCE, Math.max(MIN_PATIENCE, 2.5 * roundTrip + 40, requests))
}
