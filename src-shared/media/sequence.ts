/**
 * Arithmetic on numbers that wrap: 16-bit RTP sequence numbers and 32-bit RTP timestamps, and their unwrapping into
 * plain numbers. A sequence number unwraps to the 48-bit index of RFC 3711 section 3.3.1 (2^16 × roll-overs + number).
 */

const SEQUENCE_SPAN = 0x1_0000
const TIMESTAMP_SPAN = 0x1_0000_0000
/** 2^48: where the index of RFC 3711 ends; a stream never gets there. */
const INDEX_SPAN = 2 ** 48

/** `a − b` on the circle of 16 bits: −32768 … 32767. */
export function sequenceDelta(a: number, b: number): number {
  return ((a - b) << 16) >> 16
}

/** `a − b` on the circle of 32 bits: −2^31 … 2^31 − 1. */
export function timestampDelta(a: number, b: number): number {
  return (a - b) | 0
}

/** The index nearest to `reference` whose low 16 bits are `sequenceNumber`; never negative. */
export function unwrapSequence(reference: number, sequenceNumber: number): number {
  const index = reference + sequenceDelta(sequenceNumber, reference % SEQUENCE_SPAN)
  return index < 0 ? index + SEQUENCE_SPAN : index % INDEX_SPAN
}

/** The value nearest to `reference` whose low 32 bits are `timestamp`. Negative for what lies before a stream's beginning. */
export function unwrapTimestamp(reference: number, timestamp: number): number {
  return reference + timestampDelta(timestamp, reference % TIMESTAMP_SPAN)
}

/** What `SequenceTracker` makes of a packet. */
export type Placed =
  /** Belongs to the run of numbers seen so far: ahead of it, in it, or behind it. */
  | { readonly kind: 'placed'; readonly index: number }
  /** Far away from everything before: wait for the next one. */
  | { readonly kind: 'stray' }
  /** The second in a row from far away: the stream goes on from here, what was before is void. */
  | { readonly kind: 'restarted'; readonly index: number }

/**
 * Unwraps a stream's sequence numbers after the manner of RFC 3550 appendix A.1: one packet with an absurd number
 * changes nothing; two consecutive ones move the stream there. So neither a long outage nor a hostile number starves it.
 */
export class SequenceTracker {
  /** Packets; at 500 a second, twice the longest gap that the buffers bridge. */
  static readonly MAX_AHEAD = 3000
  /** Packets; what is further behind is of no use to any buffer. */
  static readonly MAX_BEHIND = 1000

  #highest: number | undefined
  #expectedStray: number | undefined

  /** The highest index so far. */
  get highest(): number | undefined {
    return this.#highest
  }

  place(sequenceNumber: number): Placed {
    if (this.#highest === undefined) {
      // A whole cycle ahead, so that packets that were overtaken by the first one do not unwrap below zero.
      this.#highest = SEQUENCE_SPAN + sequenceNumber
      return { kind: 'placed', index: this.#highest }
    }
    const index = unwrapSequence(this.#highest, sequenceNumber)
    const ahead = index - this.#highest
    if (ahead <= SequenceTracker.MAX_AHEAD && ahead >= -SequenceTracker.MAX_BEHIND) {
      this.#expectedStray = undefined
      this.#highest = Math.max(this.#highest, index)
      return { kind: 'placed', index }
    }
    if (sequenceNumber !== this.#expectedStray) {
      this.#expectedStray = (sequenceNumber + 1) % SEQUENCE_SPAN
      return { kind: 'stray' }
    }
    this.#expectedStray = undefined
    // Always forward: an index is never given out twice.
    this.#highest = index > this.#highest ? index : index + SEQUENCE_SPAN
    return { kind: 'restarted', index: this.#highest }
  }
}
