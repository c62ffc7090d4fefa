/**
 * Payload types and clock rates of the RTP profile (docs/protocol/media.md, section 2). They are fixed: a side says which
 * of them it decodes, and not what they mean. 64 to 95 are never used, the second byte of an RTCP packet looks like them (RFC 5761 section 4).
 */
import type { MediaKind } from './ssrc.ts'

/** The encoding names of RFC 7741, RFC 9628 and RFC 6184. */
export const VIDEO_CODECS = ['VP8', 'VP9', 'H264'] as const
export type VideoCodec = (typeof VIDEO_CODECS)[number]
/** What every receiver decodes. */
export const MANDATORY_VIDEO_CODEC: VideoCodec = 'VP8'
export type AudioCodec = 'opus'
export type Codec = AudioCodec | VideoCodec

const PAYLOAD_TYPES: Readonly<Record<Codec, number>> = { opus: 111, VP8: 96, VP9: 98, H264: 102 }

/** Opus frames, several in a packet (`redundant-audio.ts`). */
export const REDUNDANT_AUDIO = 112

/** Repair packets of a picture (`flexible-fec.ts`). A side that has a use for them names it among the formats that it decodes. */
export const FLEXIBLE_FEC = 113

/** Ticks a second of the RTP timestamps. Opus: always 48000, whatever the encoder runs at (RFC 7587 section 4.1). */
export const AUDIO_CLOCK_RATE = 48_000
export const VIDEO_CLOCK_RATE = 90_000

export function payloadTypeOf(codec: Codec): number {
  return PAYLOAD_TYPES[codec]
}

/** The codec of a packet of this kind, `undefined` if the payload type does not belong there. */
export function videoCodecOf(payloadType: number): VideoCodec | undefined {
  return VIDEO_CODECS.find((codec) => PAYLOAD_TYPES[codec] === payloadType)
}

export function clockRateOf(kind: MediaKind): number {
  return kind === 'audio' || kind === 'screenSound' ? AUDIO_CLOCK_RATE : VIDEO_CLOCK_RATE
}
