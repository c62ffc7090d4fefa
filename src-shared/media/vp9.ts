/**
 * VP9 in RTP (RFC 9628): a descriptor, then a part of a layer frame. Both modes are read, with spatial layers and the
 * scalability structure; what this side makes is non-flexible with one spatial layer.
 */
import type { Bytes } from '../base/bytes.ts'
import { type ByteReader, MalformedError, parse } from '../base/reader.ts'
import {
  type EncodedFrame,
  type FramePiece,
  type LayerInfo,
  splitEvenly,
  type VideoPacketizer,
} from './payload-format.ts'
import { MAX_PAYLOAD_LENGTH } from './rtp.ts'
import { pictureIdBytes, readPictureId } from './vp8.ts'

/** RFC 9628 section 4.2. */
export interface Vp9Descriptor {
  /** Refers to a frame of an earlier picture. */
  readonly interPicture: boolean
  readonly flexible: boolean
  readonly startOfFrame: boolean
  readonly endOfFrame: boolean
  readonly notReferenceForUpperSpatial: boolean
  readonly pictureId: { readonly value: number; readonly bits: 7 | 15 } | undefined
  readonly layers: Vp9Layers | undefined
  /** Flexible mode: how many pictures back each reference is; one to three. */
  readonly references: readonly number[]
  readonly structure: Vp9Structure | undefined
}

export interface Vp9Layers {
  readonly temporalId: number
  readonly switchingUp: boolean
  readonly spatialId: number
  readonly interLayer: boolean
  /** Non-flexible mode only. */
  readonly tl0PicIdx: number | undefined
}

/** Section 4.2.1; the group of pictures is checked and stepped over, since TL0PICIDX says what this receiver needs. */
export interface Vp9Structure {
  readonly spatialLayers: number
  readonly sizes: readonly { readonly width: number; readonly height: number }[]
}

export interface Vp9Payload {
  readonly descriptor: Vp9Descriptor
  readonly data: Bytes
}

export function parseVp9(payload: Bytes): Vp9Payload | undefined {
  const parsed = parse(payload, (reader) => ({ descriptor: readDescriptor(reader), data: reader.rest() }))
  return parsed !== undefined && parsed.data.length > 0 ? parsed : undefined
}

function readDescriptor(reader: ByteReader): Vp9Descriptor {
  const first = reader.u8()
  const interPicture = (first & 0x40) !== 0
  const flexible = (first & 0x10) !== 0
  const pictureId = (first & 0x80) !== 0 ? readPictureId(reader) : undefined
  if (flexible && pictureId === undefined) throw new MalformedError('flexible mode without picture id')
  return {
    interPicture,
    flexible,
    startOfFrame: (first & 0x08) !== 0,
    endOfFrame: (first & 0x04) !== 0,
    notReferenceForUpperSpatial: (first & 0x01) !== 0,
    pictureId,
    layers: (first & 0x20) !== 0 ? readLayers(reader, flexible) : undefined,
    references: flexible && interPicture ? readReferences(reader) : [],
    structure: (first & 0x02) !== 0 ? readStructure(reader) : undefined,
  }
}

function readLayers(reader: ByteReader, flexible: boolean): Vp9Layers {
  const byte = reader.u8()
  return {
    temporalId: byte >> 5,
    switchingUp: (byte & 0x10) !== 0,
    spatialId: (byte >> 1) & 0x07,
    interLayer: (byte & 0x01) !== 0,
    tl0PicIdx: flexible ? undefined : reader.u8(),
  }
}

function readReferences(reader: ByteReader): number[] {
  const references: number[] = []
  for (;;) {
    const byte = reader.u8()
    references.push(byte >> 1)
    if ((byte & 1) === 0) return references
    if (references.length === 3) throw new MalformedError('more than three references')
  }
}

function readStructure(reader: ByteReader): Vp9Structure {
  const first = reader.u8()
  const spatialLayers = (first >> 5) + 1
  const sizes: { width: number; height: number }[] = []
  if ((first & 0x10) !== 0) {
    for (let i = 0; i < spatialLayers; i++) sizes.push({ width: reader.u16(), height: reader.u16() })
  }
  if ((first & 0x08) !== 0) {
    const pictures = reader.u8()
    for (let i = 0; i < pictures; i++) reader.fixed((reader.u8() >> 2) & 0x03)
  }
  return { spatialLayers, sizes }
}

export function depacketizeVp9(payload: Bytes): FramePiece | undefined {
  const parsed = parseVp9(payload)
  if (parsed === undefined) return undefined
  const { descriptor, data } = parsed
  // With spatial layers the frames of one picture share the timestamp and are decoded together: the lowest opens the picture.
  const start = descriptor.startOfFrame && (descriptor.layers?.spatialId ?? 0) === 0
  return {
    data,
    start: start ? 'yes' : 'no',
    keyframe: start && !descriptor.interPicture && beginsKeyframe(data),
    layer: layerOf(descriptor),
  }
}

/**
 * VP9 bitstream section 6.2: frame_marker 2 bits, profile 2, show_existing_frame, frame_type (0 = key). An intra-only
 * frame has the descriptor of a keyframe, and no decoder can begin with it. Profile 3 puts one more bit in between.
 */
function beginsKeyframe(data: Bytes): boolean {
  const first = data[0] ?? 0
  if (first >> 6 !== 2) return false
  const flags = (first & 0x30) === 0x30 ? first >> 1 : first >> 2
  return (flags & 3) === 0
}

function layerOf({ layers }: Vp9Descriptor): LayerInfo | undefined {
  if (layers?.tl0PicIdx === undefined) return undefined
  return { id: layers.temporalId, sync: layers.switchingUp, base: layers.tl0PicIdx }
}

export class Vp9Packetizer implements VideoPacketizer {
  #pictureId: number
  #base = 0xff
  readonly #maxLength: number

  constructor(firstPictureId: number, maxLength: number = MAX_PAYLOAD_LENGTH) {
    this.#pictureId = firstPictureId & 0x7fff
    this.#maxLength = maxLength
  }

  packetize({ data, keyframe, temporal }: EncodedFrame): Uint8Array<ArrayBuffer>[] {
    const pictureId = pictureIdBytes({ value: this.#pictureId, bits: 15 })
    this.#pictureId = (this.#pictureId + 1) & 0x7fff
    if (temporal?.id === 0) this.#base = (this.#base + 1) & 0xff
    const layers = temporal === undefined ? [] : [(temporal.id << 5) | (temporal.sync ? 0x10 : 0), this.#base]
    const common = 0x80 | (keyframe ? 0 : 0x40) | (temporal === undefined ? 0 : 0x20)
    const describe = ({ first, last }: { first: boolean; last: boolean }): number[] => [
      common | (first ? 0x08 : 0) | (last ? 0x04 : 0),
      ...pictureId,
      ...layers,
    ]
    return splitEvenly(data, describe, this.#maxLength)
  }
}
