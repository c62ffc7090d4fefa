/**
 * Redundant sound (RFC 2198): a packet carries the frames before its own as well, so that a lost one is there with the next. Only frames
 * of the profile's one format and length are carried; blocks of other formats are passed over.
 */
import { type Bytes, concatBytes } from '../base/bytes.ts'
import { MalformedError, parse } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { OPUS_FRAME_SAMPLES } from './opus.ts'
import { payloadTypeOf } from './payload-types.ts'

export interface RedundantAudio {
  readonly frame: Bytes
  /** Frames before it: how many frames before, and what. The oldest first. */
  readonly earlier: readonly { readonly distance: number; readonly frame: Bytes }[]
}

/** Ten bits (section 3). */
const MAX_LENGTH = 0x3ff
/** Fourteen bits, in frames. */
const MAX_DISTANCE = Math.floor(0x3fff / OPUS_FRAME_SAMPLES)
/** More blocks than any sender has use for. */
const MAX_BLOCKS = 8
const FOLLOWED = 0x80

/** `undefined`: malformed, or no Opus in it. */
export function parseRedundantAudio(payload: Bytes): RedundantAudio | undefined {
  return parse(payload, (reader) => {
    const blocks: { readonly payloadType: number; readonly offset: number; readonly length: number }[] = []
    let header = reader.u8()
    while ((header & FOLLOWED) !== 0) {
      if (blocks.length === MAX_BLOCKS) throw new MalformedError('too many blocks')
      const rest = (reader.u8() << 16) | reader.u16()
      blocks.push({ payloadType: header & 0x7f, offset: rest >>> 10, length: rest & MAX_LENGTH })
      header = reader.u8()
    }
    const earlier = blocks.flatMap(({ payloadType, offset, length }) => {
      const frame = reader.fixed(length)
      const distance = offset / OPUS_FRAME_SAMPLES
      if (payloadType !== payloadTypeOf('opus') || !Number.isInteger(distance) || distance === 0) return []
      return [{ distance, frame }]
    })
    if (header !== payloadTypeOf('opus')) throw new MalformedError('not Opus')
    return { frame: reader.rest(), earlier }
  })
}

/** Frames that do not fit the header's fields are left out. */
export function redundantAudio({ frame, earlier }: RedundantAudio): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter()
  const carried = earlier.filter((each) => each.distance <= MAX_DISTANCE && each.frame.length <= MAX_LENGTH)
  for (const {
    distance,
    frame: { length },
  } of carried) {
    const rest = ((distance * OPUS_FRAME_SAMPLES) << 10) | length
    writer
      .u8(FOLLOWED | payloadTypeOf('opus'))
      .u8(rest >>> 16)
      .u16(rest & 0xffff)
  }
  writer.u8(payloadTypeOf('opus'))
  return concatBytes(writer.finish(), ...carried.map((each) => each.frame), frame)
}

/** How many frames before its own each packet is to carry, where this share of packets is lost. Each costs as much as the sound itself. */
export function redundancyFor(loss: number): number {
  if (loss < 0.01) return 0
  return loss < 0.06 ? 1 : 2
}
