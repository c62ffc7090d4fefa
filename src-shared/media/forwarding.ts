/**
 * What a packet of a group says in the clear to the relay that forwards it, and to a receiver that comes late
 * (docs/protocol/group.md, section 7.3): elements of RFC 8285's one-byte form. Authenticated like all of the header, so
 * that the relay can read them and change none.
 */
import type { Bytes } from '../base/bytes.ts'
import { type HeaderExtension, parseRtp, type RtpPacket } from './rtp.ts'

const ROLLOVER_ID = 1
const AUDIO_LEVEL_ID = 2
const PICTURE_ID = 3

/** RFC 6464. */
export interface AudioLevel {
  /** The sender takes it for speech. */
  readonly voice: boolean
  /** Below full scale, decibels: 0 the loudest, 127 silence. */
  readonly level: number
}

/** Of the frame that the packet is of. */
export interface PictureLayer {
  /** 0 the smallest picture; 0 to 7. */
  readonly layer: number
  /** 0: no frame of a higher number is needed; 0 to 3. */
  readonly temporal: number
  readonly keyframe: boolean
}

export interface Forwarding {
  /** The roll-over counter that the packet is protected under, modulo 2^16. */
  readonly rollover: number
  readonly audioLevel: AudioLevel | undefined
  readonly picture: PictureLayer | undefined
}

/** Where the roll-over counter stands: first behind the fixed header, which has no CSRCs, and the extension's own. */
const ROLLOVER_AT = 12 + 4 + 1

/** The elements of a packet before it is protected. */
export function forwardingElements(about: {
  readonly audioLevel?: AudioLevel
  readonly picture?: PictureLayer
}): HeaderExtension[] {
  const { audioLevel, picture } = about
  const elements: HeaderExtension[] = [{ id: ROLLOVER_ID, data: new Uint8Array(2) }]
  if (audioLevel !== undefined) {
    const { voice, level } = audioLevel
    elements.push({ id: AUDIO_LEVEL_ID, data: Uint8Array.of((voice ? 0x80 : 0) | Math.min(127, Math.max(0, level))) })
  }
  if (picture !== undefined) {
    const { keyframe, layer, temporal } = picture
    elements.push({
      id: PICTURE_ID,
      data: Uint8Array.of((keyframe ? 0x80 : 0) | ((layer & 7) << 4) | ((temporal & 3) << 2)),
    })
  }
  return elements
}

/** Writes the roll-over counter into a packet that was built with `forwardingElements`. */
export function stampRollover(packet: Bytes, rollover: number): void {
  if (packet[ROLLOVER_AT - 1] !== ((ROLLOVER_ID << 4) | 1))
    throw new RangeError('a packet without room for a roll-over counter')
  packet[ROLLOVER_AT] = (rollover >> 8) & 0xff
  packet[ROLLOVER_AT + 1] = rollover & 0xff
}

/** Of a packet that may still be protected. `undefined` if it is malformed or says no roll-over counter: nothing of a group then. */
export function parseForwarding(packet: Bytes): Forwarding | undefined {
  const parsed = parseRtp(packet)
  return parsed === undefined ? undefined : forwardingOf(parsed)
}

/** Where the element about sound or picture stands. */
const SECOND_ELEMENT_AT = ROLLOVER_AT + 2
/** The fixed header of a packet of a group, without CSRCs: version 2, extension. */
const FIRST_BYTE = 0x90

/**
 * The byte of RFC 6464's element, or of the picture's, where a sender of this protocol puts it; `undefined` for anything else.
 * For the relay, which looks at each packet once and makes nothing for it: `parseForwarding` takes twenty times as long.
 */
export function peekForwarding(packet: Bytes, kind: 'audio' | 'video'): number | undefined {
  const element = (kind === 'audio' ? AUDIO_LEVEL_ID : PICTURE_ID) << 4
  const isOurs =
    packet[0] === FIRST_BYTE && packet[12] === 0xbe && packet[13] === 0xde && packet[14] === 0 && packet[15] === 2
  return isOurs && packet[SECOND_ELEMENT_AT] === element ? packet[SECOND_ELEMENT_AT + 1] : undefined
}

/** Reads what `peekForwarding` found of a picture. */
export function pictureLayerOf(byte: number): PictureLayer {
  return { keyframe: byte >= 0x80, layer: (byte >> 4) & 7, temporal: (byte >> 2) & 3 }
}

/** Elements of other lengths or unknown numbers are passed over; of several with one number the first counts. */
export function forwardingOf({ extensions }: RtpPacket): Forwarding | undefined {
  const rollover = find(extensions, ROLLOVER_ID, 2)
  if (rollover === undefined) return undefined
  const level = find(extensions, AUDIO_LEVEL_ID, 1)?.[0]
  const picture = find(extensions, PICTURE_ID, 1)?.[0]
  return {
    rollover: ((rollover[0] ?? 0) << 8) | (rollover[1] ?? 0),
    audioLevel: level === undefined ? undefined : { voice: level >= 0x80, level: level & 0x7f },
    picture: picture === undefined ? undefined : pictureLayerOf(picture),
  }
}

function find(extensions: readonly HeaderExtension[], id: number, length: number): Bytes | undefined {
  return extensions.find((element) => element.id === id && element.data.length === length)?.data
}
