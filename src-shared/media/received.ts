/**
 * What the two receive buffers promise (`audio-receiver.ts`, `video-receiver.ts`), one for each sender and kind of
 * media. Packets go in decrypted, in whatever order and quality the network leaves them in; what comes out can be
 * decoded as it is. State is bounded whatever comes in.
 */
import type { Bytes } from '../base/bytes.ts'
import type { Ms } from '../base/time.ts'
import type { VideoCodec } from './payload-types.ts'
import type { RtpPacket } from './rtp.ts'

/** By its buffer's own plan, without extra delay, the media of this RTP timestamp is played at this local time: what lip sync compares. */
export interface PlayoutPlan {
  readonly rtpTimestamp: number
  readonly at: Ms
}

/** Twenty milliseconds of sound: 960 samples at 48 kHz. */
export type AudioUnit =
  /** Decode it. `stretch`: it should last longer by so much, shorter if negative, as far as nobody hears that; `stretched` takes the answer. */
  | { readonly kind: 'packet'; readonly data: Bytes; readonly rtpTimestamp: number; readonly stretch: Ms }
  /** Give `data` to the decoder like a packet: it makes up for a missing one. */
  | { readonly kind: 'conceal'; readonly data: Bytes }
  /** Nothing to decode: play silence (or comfort noise). */
  | { readonly kind: 'silence' }

export interface AudioBuffer {
  insert(packet: RtpPacket, now: Ms): void
  /** The next 20 ms, when what was pulled before is used up but for less than a slot. */
  pull(now: Ms): AudioUnit
  /** The last units became longer by so much, or shorter. */
  stretched(by: Ms): void
  /** From lip sync: play later than the network makes necessary. */
  setExtraDelay(extra: Ms): void
  plan(): PlayoutPlan | undefined
  readonly statistics: AudioStatistics
}

export interface AudioStatistics {
  readonly packetsLate: number
  readonly packetsDuplicate: number
  /** Malformed, of another length than 20 ms, or with a timestamp or number from nowhere. */
  readonly packetsRefused: number
  readonly playedMs: number
  /** Made up for lost and late packets. Silence that was not sent does not count. */
  readonly concealedMs: number
  readonly silenceMs: number
  /** Left out to catch up, and what sound became shorter by. */
  readonly skippedMs: number
  /** What sound became longer by, to wait. */
  readonly insertedMs: number
  /** Now waiting in the buffer. */
  readonly bufferMs: number
  readonly targetMs: number
}

export interface VideoFrame {
  readonly codec: VideoCodec
  readonly data: Bytes
  readonly keyframe: boolean
  /** For `EncodedVideoChunk`, microseconds. Rises within one SSRC. */
  readonly timestampUs: number
  readonly rtpTimestamp: number
  /** Local time; a moment that is past means: decode it for those that build on it, show it if nothing newer is there. */
  readonly renderAt: Ms
  /** Those that build on it need it decoded; the picture is past it. */
  readonly decodeOnly?: boolean
}

export interface VideoBuffer {
  insert(packet: RtpPacket, now: Ms): void
  /** The frames that are due for the decoder, in order; each only if everything that it refers to was handed out before. */
  poll(now: Ms): VideoFrame[]
  /** When `poll` should be called next, if nothing comes in before. */
  nextPollAt(now: Ms): Ms | undefined
  /** The stream that comes in, which requests are about. */
  readonly ssrc: number | undefined
  /** `true`: send PLI now. Ask after each `insert` and `poll`. `roundTrip`: as far as it is known. */
  takeKeyframeRequest(now: Ms, roundTrip: Ms | undefined): boolean
  /** The decoder failed or was replaced: nothing comes out before a keyframe. */
  requireKeyframe(now: Ms): void
  /** Forgets all packets, nobody looked: nothing comes out before a keyframe. */
  restart(): void
  setExtraDelay(extra: Ms): void
  /**
   * How long a missing packet may take to come, before its frame is given up and a keyframe asked for. 40 ms at least,
   * for packets that were overtaken; more where lost packets are asked for again (NACK).
   */
  setPatience(patience: Ms): void
  plan(): PlayoutPlan | undefined
  readonly statistics: VideoStatistics
}

export interface VideoStatistics {
  readonly framesComplete: number
  /** Incomplete, too old, or without the frames that they refer to. */
  readonly framesDropped: number
  readonly keyframesRequested: number
  readonly packetsDuplicate: number
  readonly packetsRefused: number
  readonly packetsLate: number
  readonly targetMs: number
}
