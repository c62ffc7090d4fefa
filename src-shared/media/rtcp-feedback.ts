/** Feedback: picture loss and generic NACK (RFC 4585 section 6), full intra request (RFC 5104 section 4.3.1), congestion (RFC 8888). */
import { type ByteReader, MalformedError } from '../base/reader.ts'
import type { ByteWriter } from '../base/writer.ts'
import {
  CONGESTION_FORMAT,
  type CongestionFeedback,
  readCongestionFeedback,
  writeCongestionFeedback,
} from './rtcp-congestion.ts'
import { sequenceDelta } from './sequence.ts'

export const TRANSPORT_FEEDBACK = 205
export const PAYLOAD_FEEDBACK = 206

export type FeedbackLayer = 'transport' | 'payload'

/** "I cannot go on decoding": the sender answers with a keyframe. */
export interface PictureLoss {
  readonly kind: 'picture-loss'
  readonly sender: number
  readonly media: number
}

export interface FullIntraRequest {
  readonly kind: 'full-intra-request'
  readonly sender: number
  /** `sequence` (u8) changes with each new request; the same one again is a repetition. */
  readonly requests: readonly { readonly ssrc: number; readonly sequence: number }[]
}

export interface NegativeAcknowledgement {
  readonly kind: 'negative-acknowledgement'
  readonly sender: number
  readonly media: number
  /** Sequence numbers that are missing. */
  readonly lost: readonly number[]
}

export type Feedback = PictureLoss | FullIntraRequest | NegativeAcknowledgement | CongestionFeedback

const FORMATS = {
  'picture-loss': { layer: 'payload', format: 1 },
  'full-intra-request': { layer: 'payload', format: 4 },
  'negative-acknowledgement': { layer: 'transport', format: 1 },
  'congestion-feedback': { layer: 'transport', format: CONGESTION_FORMAT },
} as const satisfies Record<Feedback['kind'], { layer: FeedbackLayer; format: number }>

export function feedbackFormat(kind: Feedback['kind']): { readonly layer: FeedbackLayer; readonly format: number } {
  return FORMATS[kind]
}

export function readFeedback(body: ByteReader, layer: FeedbackLayer, format: number): Feedback | 'unknown' {
  // The one without a media field.
  if (layer === 'transport' && format === CONGESTION_FORMAT) return readCongestionFeedback(body)
  const sender = body.u32()
  const media = body.u32()
  if (layer === 'payload' && format === FORMATS['picture-loss'].format) return { kind: 'picture-loss', sender, media }
  if (layer === 'payload' && format === FORMATS['full-intra-request'].format) {
    return { kind: 'full-intra-request', sender, requests: readRequests(body) }
  }
  if (layer === 'transport' && format === FORMATS['negative-acknowledgement'].format) {
    return { kind: 'negative-acknowledgement', sender, media, lost: readLost(body) }
  }
  body.rest()
  return 'unknown'
}

/** RFC 5104 section 4.3.1.1: entries of SSRC, sequence number and three reserved bytes, at least one. */
function readRequests(body: ByteReader): { ssrc: number; sequence: number }[] {
  const requests: { ssrc: number; sequence: number }[] = []
  do {
    requests.push({ ssrc: body.u32(), sequence: body.u8() })
    body.fixed(3)
  } while (body.remaining > 0)
  return requests
}

/** RFC 4585 section 6.2.1: a sequence number and a bit mask of the sixteen after it, at least one pair. */
function readLost(body: ByteReader): number[] {
  const lost: number[] = []
  do {
    const first = body.u16()
    lost.push(first)
    const mask = body.u16()
    for (let bit = 0; bit < 16; bit++) if ((mask & (1 << bit)) !== 0) lost.push((first + 1 + bit) & 0xffff)
    // Far more than any sender keeps: 64 pairs.
    if (lost.length > 17 * 64) throw new MalformedError('NACK too long')
  } while (body.remaining > 0)
  return lost
}

export function writeFeedback(body: ByteWriter, feedback: Feedback): void {
  if (feedback.kind === 'congestion-feedback') {
    writeCongestionFeedback(body, feedback)
    return
  }
  body.u32(feedback.sender)
  switch (feedback.kind) {
    case 'picture-loss':
      body.u32(feedback.media)
      return
    case 'full-intra-request':
      // RFC 5104 section 4.3.1.2: the media field is not used.
      body.u32(0)
      for (const { ssrc, sequence } of feedback.requests) body.u32(ssrc).u8(sequence).fixed(new Uint8Array(3), 3)
      return
    case 'negative-acknowledgement':
      body.u32(feedback.media)
      writeLost(body, feedback.lost)
  }
}

function writeLost(body: ByteWriter, lost: readonly number[]): void {
  let first: number | undefined
  let mask = 0
  for (const sequenceNumber of lost) {
    const bit = first === undefined ? -1 : sequenceDelta(sequenceNumber, first) - 1
    if (bit >= 0 && bit < 16) {
      mask |= 1 << bit
      continue
    }
    if (first !== undefined) body.u16(first).u16(mask)
    first = sequenceNumber
    mask = 0
  }
  if (first === undefined) throw new RangeError('a NACK names at least one packet')
  body.u16(first).u16(mask)
}
