/** VP8 in RTP (RFC 7741): a descriptor of one to six bytes, then a part of the frame. */
import type { Bytes } from '../base/bytes.ts'
import { type ByteReader, parse } from '../base/reader.ts'
import {
  type EncodedFrame,
  type FramePiece,
  type LayerInfo,
  splitEvenly,
  type VideoPacketizer,
} from './payload-format.ts'
import { MAX_PAYLOAD_LENGTH } from './rtp.ts'

/** RFC 7741 section 4.2. */
export interface Vp8Descriptor {
  readonly startOfPartition: boolean
  readonly partition: number
  /** No other frame refers to this one. */
  readonly nonReference: boolean
  /** `bits` is 7 or 15. */
  readonly pictureId: { readonly value: number; readonly bits: 7 | 15 } | undefined
  readonly tl0PicIdx: number | undefined
  readonly temporal: { readonly id: number; readonly sync: boolean } | undefined
  readonly keyIdx: number | undefined
}

export interface Vp8Payload {
  readonly descriptor: Vp8Descriptor
  readonly data: Bytes
}

/** `undefined` if the descriptor is cut off or nothing follows it. */
export function parseVp8(payload: Bytes): Vp8Payload | undefined {
  const parsed = parse(payload, (reader) => ({ descriptor: readDescriptor(reader), data: reader.rest() }))
  return parsed !== undefined && parsed.data.length > 0 ? parsed : undefined
}

function readDescriptor(reader: ByteReader): Vp8Descriptor {
  const first = reader.u8()
  const extended = (first & 0x80) !== 0 ? reader.u8() : 0
  const pictureId = (extended & 0x80) !== 0 ? readPictureId(reader) : undefined
  const tl0PicIdx = (extended & 0x40) !== 0 ? reader.u8() : undefined
  const layers = (extended & 0x30) !== 0 ? reader.u8() : 0
  return {
    startOfPartition: (first & 0x10) !== 0,
    partition: first & 0x07,
    nonReference: (first & 0x20) !== 0,
    pictureId,
    tl0PicIdx,
    temporal: (extended & 0x20) !== 0 ? { id: layers >> 6, sync: (layers & 0x20) !== 0 } : undefined,
    keyIdx: (extended & 0x10) !== 0 ? layers & 0x1f : undefined,
  }
}

/** 7 bits, or 15 behind a set first bit: the same in VP9. */
export function readPictureId(reader: ByteReader): { value: number; bits: 7 | 15 } {
  const first = reader.u8()
  return (first & 0x80) === 0 ? { value: first, bits: 7 } : { value: ((first & 0x7f) << 8) | reader.u8(), bits: 15 }
}

export function buildVp8Descriptor(descriptor: Vp8Descriptor): number[] {
  const { pictureId, tl0PicIdx, temporal, keyIdx } = descriptor
  const extended =
    (pictureId === undefined ? 0 : 0x80) |
    (tl0PicIdx === undefined ? 0 : 0x40) |
    (temporal === undefined ? 0 : 0x20) |
    (keyIdx === undefined ? 0 : 0x10)
  const bytes = [
    (extended === 0 ? 0 : 0x80) |
      (descriptor.nonReference ? 0x20 : 0) |
      (descriptor.startOfPartition ? 0x10 : 0) |
      descriptor.partition,
  ]
  if (extended !== 0) bytes.push(extended)
  if (pictureId !== undefined) bytes.push(...pictureIdBytes(pictureId))
  if (tl0PicIdx !== undefined) bytes.push(tl0PicIdx)
  if (temporal !== undefined || keyIdx !== undefined) {
    bytes.push(((temporal?.id ?? 0) << 6) | (temporal?.sync === true ? 0x20 : 0) | (keyIdx ?? 0))
  }
  return bytes
}

export function pictureIdBytes({ value, bits }: { readonly value: number; readonly bits: 7 | 15 }): number[] {
  return bits === 7 ? [value] : [0x80 | (value >> 8), value & 0xff]
}

export function depacketizeVp8(payload: Bytes): FramePiece | undefined {
  const parsed = parseVp8(payload)
  if (parsed === undefined) return undefined
  const { descriptor, data } = parsed
  const start = descriptor.startOfPartition && descriptor.partition === 0
  return {
    data,
    start: start ? 'yes' : 'no',
    // RFC 7741 section 4.3: the inverse key frame flag is the frame's first bit.
    keyframe: start && ((data[0] ?? 1) & 1) === 0,
    layer: layerOf(descriptor),
  }
}

/** Layers help only together with the number of the base frame; without it every frame may refer to any before it. */
function layerOf({ temporal, tl0PicIdx }: Vp8Descriptor): LayerInfo | undefined {
  return temporal === undefined || tl0PicIdx === undefined ? undefined : { ...temporal, base: tl0PicIdx }
}

export class Vp8Packetizer implements VideoPacketizer {
  #pictureId: number
  #base = 0xff
  readonly #maxLength: number

  /** `firstPictureId`: any number; RFC 7741 wants it random. */
  constructor(firstPictureId: number, maxLength: number = MAX_PAYLOAD_LENGTH) {
    this.#pictureId = firstPictureId & 0x7fff
    this.#maxLength = maxLength
  }

  packetize({ data, temporal }: EncodedFrame): Uint8Array<ArrayBuffer>[] {
    const pictureId = { value: this.#pictureId, bits: 15 } as const
    this.#pictureId = (this.#pictureId + 1) & 0x7fff
    if (temporal?.id === 0) this.#base = (this.#base + 1) & 0xff
    const describe = ({ first }: { first: boolean }): number[] =>
      buildVp8Descriptor({
        startOfPartition: first,
        partition: 0,
        nonReference: false,
        pictureId,
        tl0PicIdx: temporal === undefined ? undefined : this.#base,
        temporal,
        keyIdx: undefined,
      })
    return splitEvenly(data, describe, this.#maxLength)
  }
}
