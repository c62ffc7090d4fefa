/** Who gets what of an estimate: sound first, the picture what is left. */
import { OPUS_BITRATE } from '../bitrate.ts'
import { OPUS_FRAME_MS } from '../opus.ts'
import { OVERHEAD_BYTES } from './sent-log.ts'

/** RTP header, MKI and the longer of the two tags: docs/protocol/media.md, sections 5 and 6. */
const PROTECTED_HEADER_BYTES = 12 + 1 + 16
const HEADER_BYTES = OVERHEAD_BYTES + PROTECTED_HEADER_BYTES
/** Packets of a picture hold some 1000 bytes in the mean. */
const PICTURE_SHARE = 1000 / (1000 + HEADER_BYTES)
const SOUND_BITRATE = OPUS_BITRATE + (8 * HEADER_BYTES * 1000) / OPUS_FRAME_MS
/** Of the reports, and of packets that are sent again. */
const RESERVE = 0.97
/** Bits a second; a picture of a few frames, rather than none. */
const LEAST_PICTURE = 30_000

/** Bits a second for the encoder of the picture, of `estimate` for everything. */
export function pictureBitrate(estimate: number): number {
  return Math.max(LEAST_PICTURE, Math.round((RESERVE * estimate - SOUND_BITRATE) * PICTURE_SHARE))
}

/** The estimate that leaves the picture `bitrate`. */
export function estimateFor(bitrate: number): number {
  return Math.ceil((bitrate / PICTURE_SHARE + SOUND_BITRATE) / RESERVE)
}
