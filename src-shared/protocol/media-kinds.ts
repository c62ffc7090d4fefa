/** Which kinds of media a side sends or offers: one byte of bits in Invite and Accept. */
import { type ByteReader, MalformedError } from '../base/reader.ts'

export interface MediaKinds {
  readonly audio: boolean
  readonly video: boolean
  readonly screen: boolean
}

const AUDIO = 1
const VIDEO = 2
const SCREEN = 4

export function mediaBits(kinds: MediaKinds): number {
  return (kinds.audio ? AUDIO : 0) | (kinds.video ? VIDEO : 0) | (kinds.screen ? SCREEN : 0)
}

export function readMediaKinds(reader: ByteReader): MediaKinds {
  const bits = reader.u8()
  if (bits > (AUDIO | VIDEO | SCREEN)) throw new MalformedError('unknown kind of media')
  return { audio: (bits & AUDIO) !== 0, video: (bits & VIDEO) !== 0, screen: (bits & SCREEN) !== 0 }
}
