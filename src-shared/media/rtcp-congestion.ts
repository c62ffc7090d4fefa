/**
 * Congestion control feedback (RFC 8888 section 3.1): when each packet came in, told by SSRC and sequence number, so that
 * packets need no further header and those that are sent again stay as they were protected (R18). ECN is not used.
 */
import { type ByteReader, MalformedError } from '../base/reader.ts'
import { type Ms, SECOND } from '../base/time.ts'
import type { ByteWriter } from '../base/writer.ts'

export interface StreamArrivals {
  readonly ssrc: number
  /** Sequence number of the first of `arrivals`. */
  readonly begin: number
  /** Of consecutive packets: how long before the report each came in; `undefined`: not yet. */
  readonly arrivals: readonly (Ms | undefined)[]
}

export interface CongestionFeedback {
  readonly kind: 'congestion-feedback'
  readonly sender: number
  readonly streams: readonly StreamArrivals[]
  /** The moment of the report on its sender's clock, `shortNtp`. */
  readonly timestamp: number
}

/** Among the transport layer's feedback (RFC 8888 section 3.1). */
export const CONGESTION_FORMAT = 11

const RECEIVED = 0x8000
const OFFSET_MASK = 0x1fff
/** Longer ago than the field can say. */
const OFFSET_LONG_AGO = 0x1ffe
/** Came in after the report's moment: no use to anybody. */
const OFFSET_UNAVAILABLE = 0x1fff
const UNITS_PER_SECOND = 1024

/** Of all streams together; a report holds what came in within a fraction of a second. */
const MAX_ARRIVALS = 4096

export function readCongestionFeedback(body: ByteReader): CongestionFeedback {
  const sender = body.u32()
  const streams: StreamArrivals[] = []
  let count = 0
  while (body.remaining > 4) {
    const ssrc = body.u32()
    const begin = body.u16()
    const length = body.u16()
    count += length
    if (count > MAX_ARRIVALS) throw new MalformedError('congestion feedback too long')
    const arrivals: (Ms | undefined)[] = []
    for (let i = 0; i < length; i++) arrivals.push(arrivalOf(body.u16()))
    if (length % 2 === 1) body.u16()
    streams.push({ ssrc, begin, arrivals })
  }
  return { kind: 'congestion-feedback', sender, streams, timestamp: body.u32() }
}

function arrivalOf(field: number): Ms | undefined {
  const offset = field & OFFSET_MASK
  if ((field & RECEIVED) === 0 || offset === OFFSET_UNAVAILABLE) return undefined
  return (offset * SECOND) / UNITS_PER_SECOND
}

export function writeCongestionFeedback(body: ByteWriter, { sender, streams, timestamp }: CongestionFeedback): void {
  body.u32(sender)
  for (const { ssrc, begin, arrivals } of streams) {
    body.u32(ssrc).u16(begin).u16(arrivals.length)
    for (const arrival of arrivals) body.u16(fieldOf(arrival))
    if (arrivals.length % 2 === 1) body.u16(0)
  }
  body.u32(timestamp)
}

function fieldOf(arrival: Ms | undefined): number {
  if (arrival === undefined) return 0
  const offset = Math.round((Math.max(0, arrival) * UNITS_PER_SECOND) / SECOND)
  return RECEIVED | Math.min(OFFSET_LONG_AGO, offset)
}
