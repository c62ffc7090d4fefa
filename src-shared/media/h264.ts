/**
 * H.264 in RTP (RFC 6184, packetization-mode 1): single NAL units, STAP-A and FU-A. Frames are in Annex B form,
 * NAL units behind start codes. The parameter sets travel in the stream, before every IDR picture.
 */
import { type Bytes, concatBytes, equalBytes } from '../base/bytes.ts'
import { MalformedError, parse } from '../base/reader.ts'
import { type EncodedFrame, evenSizes, type FramePiece, type VideoPacketizer } from './payload-format.ts'
import { MAX_PAYLOAD_LENGTH } from './rtp.ts'

const IDR_SLICE = 5
const SEQUENCE_PARAMETERS = 7
const PICTURE_PARAMETERS = 8
const ACCESS_UNIT_DELIMITER = 9
const AGGREGATE = 24
const FRAGMENT = 28
const START_CODE = Uint8Array.of(0, 0, 0, 1)

function typeOf(nal: Bytes): number {
  return (nal[0] ?? 0) & 0x1f
}

/** The NAL units of an Annex B byte stream (H.264 annex B.1): views, without start codes and trailing zeros. */
export function splitAnnexB(stream: Bytes): Uint8Array[] {
  const units: Uint8Array[] = []
  let start: number | undefined
  for (let at = 0; at + 2 < stream.length;) {
    if ((stream[at + 2] ?? 0) > 1) at += 3
    else if (stream[at] === 0 && stream[at + 1] === 0 && stream[at + 2] === 1) {
      if (start !== undefined) pushUnit(units, stream.subarray(start, at))
      start = at + 3
      at += 3
    } else at += 1
  }
  if (start !== undefined) pushUnit(units, stream.subarray(start))
  return units
}

/** A NAL unit never ends in a zero byte: the zeros belong to the next start code. */
function pushUnit(units: Uint8Array[], bytes: Uint8Array): void {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  if (end > 0) units.push(bytes.subarray(0, end))
}

export function joinAnnexB(units: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  return concatBytes(...units.flatMap((unit) => [START_CODE, unit]))
}

export function depacketizeH264(payload: Bytes): FramePiece | undefined {
  const type = typeOf(payload)
  if (type >= 1 && type <= 23) return wholeUnits([payload])
  if (type === AGGREGATE) return aggregate(payload)
  return type === FRAGMENT ? fragment(payload) : undefined
}

function wholeUnits(units: readonly Bytes[]): FramePiece {
  return {
    data: joinAnnexB(units),
    start: units.some((unit) => typeOf(unit) === SEQUENCE_PARAMETERS) ? 'yes' : 'unknown',
    keyframe: units.some((unit) => typeOf(unit) === IDR_SLICE),
    layer: undefined,
  }
}

/** RFC 6184 section 5.7.1: NAL units behind 16-bit lengths, none of them a packet form itself. */
function aggregate(payload: Bytes): FramePiece | undefined {
  const units = parse(payload, (reader) => {
    reader.u8()
    const read: Bytes[] = []
    do {
      const unit = reader.var16(0xffff)
      if (typeOf(unit) === 0 || typeOf(unit) > 23) throw new MalformedError('not a NAL unit')
      read.push(unit)
    } while (reader.remaining > 0)
    return read
  })
  return units === undefined ? undefined : wholeUnits(units)
}

/** RFC 6184 section 5.8: indicator (F, NRI), header (S, E, R, type), a part of the NAL unit without its first byte. */
function fragment(payload: Bytes): FramePiece | undefined {
  const indicator = payload[0] ?? 0
  const header = payload[1] ?? 0
  const type = header & 0x1f
  const first = (header & 0x80) !== 0
  const last = (header & 0x40) !== 0
  if (payload.length < 3 || type === 0 || type > 23 || (first && last)) return undefined
  const part = payload.subarray(2)
  return {
    data: first ? concatBytes(START_CODE, Uint8Array.of((indicator & 0xe0) | type), part) : part,
    start: !first ? 'no' : type === SEQUENCE_PARAMETERS ? 'yes' : 'unknown',
    keyframe: type === IDR_SLICE,
    layer: undefined,
  }
}

export class H264Packetizer implements VideoPacketizer {
  /** The last parameter sets, for an IDR picture that comes without. */
  #parameterSets: readonly Bytes[] = []
  readonly #maxLength: number

  constructor(maxLength: number = MAX_PAYLOAD_LENGTH) {
    this.#maxLength = maxLength
  }

  packetize(frame: EncodedFrame): Uint8Array<ArrayBuffer>[] {
    const units = this.#withParameterSets(splitAnnexB(frame.data))
    const payloads: Uint8Array<ArrayBuffer>[] = []
    let group: Bytes[] = []
    const closeGroup = (): void => {
      if (group.length > 0) payloads.push(aggregated(group))
      group = []
    }
    for (const unit of units) {
      if (aggregatedLength([...group, unit]) > this.#maxLength) closeGroup()
      if (unit.length > this.#maxLength) payloads.push(...fragmented(unit, this.#maxLength))
      else group.push(unit)
    }
    closeGroup()
    return payloads
  }

  #withParameterSets(units: readonly Bytes[]): Bytes[] {
    const others = units.filter((unit) => !isParameterSet(unit) && typeOf(unit) !== ACCESS_UNIT_DELIMITER)
    const own = units.filter(isParameterSet)
    if (own.length > 0) this.#remember(own)
    const sets = others.some((unit) => typeOf(unit) === IDR_SLICE) ? this.#parameterSets : own
    return [...sets, ...others]
  }

  #remember(sets: readonly Bytes[]): void {
    const kept = this.#parameterSets.filter((old) => !sets.some((set) => typeOf(set) === typeOf(old)))
    const fresh = [...kept, ...sets].sort((a, b) => typeOf(a) - typeOf(b))
    // Copies: an encoder's chunk must not be held for the length of a call.
    if (
      fresh.length !== this.#parameterSets.length ||
      fresh.some((set, i) => !equalBytes(set, this.#parameterSets[i] ?? START_CODE))
    ) {
      this.#parameterSets = fresh.map((set) => set.slice())
    }
  }
}

function isParameterSet(unit: Bytes): boolean {
  return typeOf(unit) === SEQUENCE_PARAMETERS || typeOf(unit) === PICTURE_PARAMETERS
}

function aggregatedLength(units: readonly Bytes[]): number {
  return units.length === 1 ? (units[0]?.length ?? 0) : units.reduce((sum, unit) => sum + 2 + unit.length, 1)
}

function aggregated(units: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const [only] = units
  if (units.length === 1 && only !== undefined) return concatBytes(only)
  // RFC 6184 section 5.7: F is the OR, NRI the maximum of the units'.
  const forbidden = units.reduce((bit, unit) => bit | ((unit[0] ?? 0) & 0x80), 0)
  const importance = Math.max(...units.map((unit) => (unit[0] ?? 0) & 0x60))
  const parts = units.flatMap((unit) => [Uint8Array.of(unit.length >> 8, unit.length & 0xff), unit])
  return concatBytes(Uint8Array.of(forbidden | importance | AGGREGATE), ...parts)
}

function fragmented(unit: Bytes, maxLength: number): Uint8Array<ArrayBuffer>[] {
  const head = unit[0] ?? 0
  let at = 1
  return evenSizes(unit.length - 1, maxLength - 2).map((size, i, sizes) => {
    const flags = (i === 0 ? 0x80 : 0) | (i === sizes.length - 1 ? 0x40 : 0)
    const payload = concatBytes(
      Uint8Array.of((head & 0xe0) | FRAGMENT, flags | (head & 0x1f)),
      unit.subarray(at, at + size),
    )
    at += size
    return payload
  })
}
