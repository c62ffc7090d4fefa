/** Who gets what of an estimate: sound first, then a shared screen, then the camera. */
import { OPUS_BITRATE, SCREEN_SOUND_BITRATE } from '../bitrate.ts'
import { OPUS_FRAME_MS } from '../opus.ts'
import { OVERHEAD_BYTES } from './sent-log.ts'

/** RTP header, MKI and the longer of the two tags: docs/protocol/media.md, sections 5 and 6. */
const PROTECTED_HEADER_BYTES = 12 + 1 + 16
const HEADER_BYTES = OVERHEAD_BYTES + PROTECTED_HEADER_BYTES
/** Packets of a picture hold some 1000 bytes in the mean. */
const PICTURE_SHARE = 1000 / (1000 + HEADER_BYTES)
/** Of each stream of sound. */
const SOUND_HEADER_BITRATE = (8 * HEADER_BYTES * 1000) / OPUS_FRAME_MS
/** On the wire, bits a second. */
export const VOICE_WITH_HEADERS = OPUS_BITRATE + SOUND_HEADER_BITRATE
const SCREEN_SOUND_WITH_HEADERS = SCREEN_SOUND_BITRATE + SOUND_HEADER_BITRATE
/** Of the reports, and of packets that are sent again. */
const RESERVE = 0.97
/** Bits a second; a picture of a few frames, rather than none. */
const LEAST_PICTURE = 30_000
/** What a camera keeps beside a screen, so that a face is still seen: bits a second, and of all pictures at most so much. */
const CAMERA_BESIDE_SCREEN = 150_000
const CAMERA_SHARE = 0.25

/** What is sent beside the pictures, and goes before them: the voice, and perhaps a screen's sound. */
export interface SoundSent {
  readonly screenSound: boolean
}

/** Bits a second for the encoders of all pictures together, of `estimate` for everything. */
export function pictureBitrate(estimate: number, sound: SoundSent): number {
  return Math.max(LEAST_PICTURE, Math.round((RESERVE * estimate - soundBitrate(sound)) * PICTURE_SHARE))
}

/** The estimate that leaves the pictures `bitrate`. */
export function estimateFor(bitrate: number, sound: SoundSent): number {
  return Math.ceil((bitrate / PICTURE_SHARE + soundBitrate(sound)) / RESERVE)
}

function soundBitrate({ screenSound }: SoundSent): number {
  return VOICE_WITH_HEADERS + (screenSound ? SCREEN_SOUND_WITH_HEADERS : 0)
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
