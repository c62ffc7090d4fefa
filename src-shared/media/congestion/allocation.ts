/** Who gets what of an estimate: sound first, then a shared screen, then the camera. */
import { OPUS_BITRATE } from '../bitrate.ts'
import { OPUS_FRAME_MS } from '../opus.ts'
import { OVERHEAD_BYTES } from './sent-log.ts'

/** RTP header, MKI and the longer of the two tags: docs/protocol/media.md, sections 5 and 6. */
const PROTECTED_HEADER_BYTES = 12 + 1 + 16
const HEADER_BYTES = OVERHEAD_BYTES + PROTECTED_HEADER_BYTES
/** Packets of a picture hold some 1000 bytes in the mean. */
const PICTURE_SHARE = 1000 / (1000 + HEADER_BYTES)
/** On the wire, bits a second. */
export const SOUND_BITRATE = OPUS_BITRATE + (8 * HEADER_BYTES * 1000) / OPUS_FRAME_MS
/** Of the reports, and of packets that are sent again. */
const RESERVE = 0.97
/** Bits a second; a picture of a few frames, rather than none. */
const LEAST_PICTURE = 30_000
/** What a camera keeps beside a screen, so that a face is still seen: bits a second, and of all pictures at most so much. */
const CAMERA_BESIDE_SCREEN = 150_000
const CAMERA_SHARE = 0.25

/** Bits a second for the encoders of all pictures together, of `estimate` for everything. */
export function pictureBitrate(estimate: number): number {
  return Math.max(LEAST_PICTURE, Math.round((RESERVE * estimate - SOUND_BITRATE) * PICTURE_SHARE))
}

/** The estimate that leaves the pictures `bitrate`. */
export function estimateFor(bitrate: number): number {
  return Math.ceil((bitrate / PICTURE_SHARE + SOUND_BITRATE) / RESERVE)
}

/** Bits a second. */
export interface PictureShares {
  readonly screen: number
  readonly camera: number
}

/**
 * Of `all` that the pictures get, bits a second. `screen`: the most that the shared screen has a use for, `undefined` while
 * none is shared. Without a camera the screen need not leave it anything.
 */
export function sharePictures(all: number, wants: { screen: number | undefined; camera: boolean }): PictureShares {
  if (wants.screen === undefined) return { screen: 0, camera: all }
  const kept = wants.camera ? Math.min(CAMERA_BESIDE_SCREEN, Math.round(CAMERA_SHARE * all)) : 0
  const screen = Math.min(wants.screen, all - kept)
  return { screen, camera: all - screen }
}
