import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bytes, concatBytes, fromHex, toHex } from '../../../src-shared/base/bytes.ts'
import { depacketizeH264, H264Packetizer, joinAnnexB, splitAnnexB } from '../../../src-shared/media/h264.ts'
import { evenSizes, type FramePiece, type VideoPacketizer } from '../../../src-shared/media/payload-format.ts'
import type { VideoCodec } from '../../../src-shared/media/payload-types.ts'
import { depacketize, videoPacketizer } from '../../../src-shared/media/video-format.ts'
import { buildVp8Descriptor, depacketizeVp8, parseVp8, Vp8Packetizer } from '../../../src-shared/media/vp8.ts'
import { depacketizeVp9, parseVp9, Vp9Packetizer } from '../../../src-shared/media/vp9.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'

function pieces(codec: VideoCodec, payloads: readonly Bytes[]): FramePiece[] {
  return payloads.map((payload) => {
    const piece = depacketize(codec, payload)
    if (piece === undefined) throw new Error('own payload does not parse')
    return piece
  })
}

/** A frame of the codec: the first byte says whether it is a keyframe. */
const frame = fc.record({ keyframe: fc.boolean(), rest: fc.uint8Array({ minLength: 1, maxLength: 9000 }) })
const OPENING = { VP8: [0x10, 0x11], VP9: [0x82, 0x86] } as const

describe.each(['VP8', 'VP9'] as const)('%s', (codec) => {
  const make = (maxLength: number): VideoPacketizer =>
    codec === 'VP8' ? new Vp8Packetizer(0x7ffe, maxLength) : new Vp9Packetizer(0x7ffe, maxLength)

  it('comes back as it was, in even packets that do not exceed the limit', () => {
    fc.assert(
      fc.property(
        frame,
        fc.option(fc.record({ id: fc.integer({ min: 0, max: 3 }), sync: fc.boolean() }), { nil: undefined }),
        fc.integer({ min: 20, max: 1200 }),
        ({ keyframe, rest }, temporal, maxLength) => {
          const data = concatBytes(Uint8Array.of(OPENING[codec][keyframe ? 0 : 1]), rest)
          const payloads = make(maxLength).packetize({
            data,
            keyframe,
            ...(temporal === undefined ? {} : { temporal }),
          })
          const lengths = payloads.map((payload) => payload.length)
          expect(Math.max(...lengths)).toBeLessThanOrEqual(maxLength)
          expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
          const all = pieces(codec, payloads)
          expect(concatBytes(...all.map((piece) => piece.data))).toEqual(data)
          expect(all.map((piece) => piece.start)).toEqual(all.map((_, i) => (i === 0 ? 'yes' : 'no')))
          expect(all.map((piece) => piece.keyframe)).toEqual(all.map((_, i) => i === 0 && keyframe))
          for (const { layer } of all) expect(layer && { id: layer.id, sync: layer.sync }).toEqual(temporal)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('counts pictures in 15 bits and base frames in 8', () => {
    const packetizer = make(1100)
    const seen: string[] = []
    for (let i = 0; i < 4; i++) {
      const [payload] = packetizer.packetize({
        data: Uint8Array.of(OPENING[codec][1]),
        keyframe: false,
        temporal: { id: i % 2, sync: true },
      })
      if (payload === undefined) throw new Error('no payload')
      const id = (codec === 'VP8' ? parseVp8(payload) : parseVp9(payload))?.descriptor.pictureId?.value
      seen.push(`${String(id)}/${String(depacketize(codec, payload)?.layer?.base)}`)
    }
    expect(seen).toEqual(['32766/0', '32767/0', '0/1', '1/1'])
  })

  it('makes nothing of nothing', () => {
    expect(make(1100).packetize({ data: new Uint8Array(), keyframe: true })).toEqual([])
  })
})

describe('VP8 descriptors', () => {
  it('are those of the examples in RFC 7741 section 4.5', () => {
    // 4.5.1: X, S; I; PictureID 17; a key frame
    expect(depacketizeVp8(fromHex('908011' + '10'))).toMatchObject({ start: 'yes', keyframe: true })
    // 4.5.2: the same, an interframe
    expect(depacketizeVp8(fromHex('908011' + '11'))).toMatchObject({ start: 'yes', keyframe: false })
    // 4.5.3: the second partition begins, but no frame
    expect(depacketizeVp8(fromHex('918011' + '10'))).toMatchObject({ start: 'no', keyframe: false })
    // 4.5.4: a continued partition
    expect(depacketizeVp8(fromHex('818011' + '10'))).toMatchObject({ start: 'no', keyframe: false })
    // 4.5.5: long PictureID 4711
    expect(parseVp8(fromHex('90809267' + '10'))?.descriptor.pictureId).toEqual({ value: 4711, bits: 15 })
  })

  it('come back from every combination of fields', () => {
    const descriptor = fc.record({
      startOfPartition: fc.boolean(),
      partition: fc.integer({ min: 0, max: 7 }),
      nonReference: fc.boolean(),
      pictureId: fc.option(
        fc.oneof(
          fc.record({ value: fc.integer({ min: 0, max: 0x7f }), bits: fc.constant(7 as const) }),
          fc.record({ value: fc.integer({ min: 0, max: 0x7fff }), bits: fc.constant(15 as const) }),
        ),
        { nil: undefined },
      ),
      tl0PicIdx: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
      temporal: fc.option(fc.record({ id: fc.integer({ min: 0, max: 3 }), sync: fc.boolean() }), { nil: undefined }),
      keyIdx: fc.option(fc.integer({ min: 0, max: 31 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(descriptor, (value) => {
        const parsed = parseVp8(Uint8Array.of(...buildVp8Descriptor(value), 1, 2))
        expect(parsed).toEqual({ descriptor: value, data: Uint8Array.of(1, 2) })
      }),
      { numRuns: 5000 },
    )
  })

  it.each(['', '90', '9080', '908011', '90f0', '9020'])('are refused when cut off, or without data: %s', (hex) => {
    expect(parseVp8(fromHex(hex))).toBeUndefined()
  })
})

describe('VP9 descriptors', () => {
  it('are read in non-flexible mode with a scalability structure (RFC 9628 section 4.2)', () => {
    // I L B V | 15-bit id 0x1234 | TID 1 U SID 1 D | TL0PICIDX 7 | N_S=1 Y G | 320x180 640x360 | N_G=2: (0,0) (1, up, 1 ref: 1)
    const parsed = parseVp9(
      fromHex('aa' + '9234' + '33' + '07' + '38' + '014000b4' + '02800168' + '02' + '00' + '3401' + '82'),
    )
    expect(parsed).toEqual({
      descriptor: {
        interPicture: false,
        flexible: false,
        startOfFrame: true,
        endOfFrame: false,
        notReferenceForUpperSpatial: false,
        pictureId: { value: 0x1234, bits: 15 },
        layers: { temporalId: 1, switchingUp: true, spatialId: 1, interLayer: true, tl0PicIdx: 7 },
        references: [],
        structure: {
          spatialLayers: 2,
          sizes: [
            { width: 320, height: 180 },
            { width: 640, height: 360 },
          ],
        },
      },
      data: fromHex('82'),
    })
  })

  it('are read in flexible mode, with references', () => {
    // I P L F B | id 5 | TID 2 | P_DIFF 1, P_DIFF 3
    const parsed = parseVp9(fromHex('f8' + '05' + '40' + '03' + '06' + '86'))
    expect(parsed?.descriptor).toMatchObject({ flexible: true, pictureId: { value: 5, bits: 7 }, references: [1, 3] })
    expect(parsed?.descriptor.layers).toEqual({
      temporalId: 2,
      switchingUp: false,
      spatialId: 0,
      interLayer: false,
      tl0PicIdx: undefined,
    })
    // Without TL0PICIDX it cannot be told what a frame builds on.
    expect(depacketizeVp9(fromHex('f8' + '05' + '40' + '03' + '06' + '86'))?.layer).toBeUndefined()
  })

  it.each([
    ['flexible mode without picture id', '18' + '86'],
    ['four references', 'd8' + '05' + '03050709' + '86'],
    ['a cut picture id', '88' + '92'],
    ['a structure without its sizes', '8a' + '05' + '10' + '0140'],
    ['a structure without its group', '8a' + '05' + '08' + '02' + '00'],
    ['no data', '88' + '05'],
  ])('are refused: %s', (_, hex) => {
    expect(parseVp9(fromHex(hex))).toBeUndefined()
  })

  it('make a keyframe only of a frame that a decoder can begin with', () => {
    const first = (data: string): boolean | undefined => depacketizeVp9(fromHex('8805' + data))?.keyframe
    expect(first('82')).toBe(true) // profile 0, key
    expect(first('86')).toBe(false) // profile 0, intra only or inter
    expect(first('8a')).toBe(false) // show existing frame
    expect(first('b0')).toBe(true) // profile 3, key
    expect(first('b2')).toBe(false) // profile 3, not key
    expect(first('42')).toBe(false) // no VP9
    expect(depacketizeVp9(fromHex('c80582'))?.keyframe).toBe(false) // refers to an earlier picture
    expect(depacketizeVp9(fromHex('8005' + '82'))?.start).toBe('no')
    // An upper spatial layer begins a frame, but no picture.
    expect(depacketizeVp9(fromHex('a8' + '05' + '02' + '01' + '82'))?.start).toBe('no')
  })
})

describe('H.264', () => {
  const SPS = fromHex('6742c01e')
  const PPS = fromHex('68ce3c80').subarray(0, 3)
  const IDR = fromHex('65888480')
  const SLICE = fromHex('419a02')
  /** NAL units as an encoder makes them: no start code inside, no zero at the end. */
  const unit = fc
    .tuple(fc.constantFrom(0x61, 0x41, 0x06, 0x01), fc.uint8Array({ minLength: 1, maxLength: 4000 }))
    .map(([head, body]) => Uint8Array.of(head, ...body.map((byte) => byte | 1)))

  it('keeps NAL units through Annex B', () => {
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 5 }), (units) => {
        expect(splitAnnexB(joinAnnexB(units))).toEqual(units)
      }),
      { numRuns: 1000 },
    )
    expect(splitAnnexB(fromHex('0000016501' + '0000' + '0000000141aa0000')).map(toHex)).toEqual(['6501', '41aa'])
    expect(splitAnnexB(fromHex('0102030405'))).toEqual([])
    expect(splitAnnexB(fromHex('000001'))).toEqual([])
  })

  it('keeps NAL units through packets that do not exceed the limit', () => {
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 20, max: 1200 }),
        (units, maxLength) => {
          const payloads = new H264Packetizer(maxLength).packetize({ data: joinAnnexB(units), keyframe: false })
          for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(maxLength)
          expect(concatBytes(...pieces('H264', payloads).map((piece) => piece.data))).toEqual(joinAnnexB(units))
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('aggregates what is small (STAP-A, RFC 6184 section 5.7.1) and fragments what is large, evenly (FU-A, section 5.8)', () => {
    const big = Uint8Array.of(0x65, ...Array.from({ length: 2000 }, () => 0x99))
    const payloads = new H264Packetizer(1100).packetize({ data: joinAnnexB([SPS, PPS, big]), keyframe: true })
    expect(payloads.map((payload) => payload.length)).toEqual([12, 1002, 1002])
    expect(toHex(payloads[0] ?? SPS)).toBe('78' + '0004' + '6742c01e' + '0003' + '68ce3c')
    expect(toHex((payloads[1] ?? SPS).subarray(0, 3))).toBe('7c8599')
    expect(toHex((payloads[2] ?? SPS).subarray(0, 3))).toBe('7c4599')
    expect(pieces('H264', payloads).map(({ start, keyframe }) => [start, keyframe])).toEqual([
      ['yes', false],
      ['unknown', true],
      ['no', true],
    ])
  })

  it('repeats the parameter sets before every IDR picture, the newest ones', () => {
    const packetizer = new H264Packetizer()
    const sent = (...units: Bytes[]): string[] => {
      const payloads = packetizer.packetize({ data: joinAnnexB(units), keyframe: true })
      return splitAnnexB(concatBytes(...pieces('H264', payloads).map((piece) => piece.data))).map(toHex)
    }
    expect(sent(fromHex('09f0'), SPS, PPS, IDR)).toEqual(
      [SPS, PPS, splitAnnexB(joinAnnexB([IDR]))[0] ?? IDR].map(toHex),
    )
    expect(sent(SLICE)).toEqual([toHex(SLICE)])
    expect(sent(IDR).slice(0, 2)).toEqual([toHex(SPS), toHex(PPS)])
    const other = fromHex('6742c01f')
    expect(sent(other, IDR).slice(0, 2)).toEqual([toHex(other), toHex(PPS)])
  })

  it('does not take an IDR picture without parameter sets for the begin of a frame', () => {
    expect(depacketizeH264(IDR)).toMatchObject({ start: 'unknown', keyframe: true })
    expect(depacketizeH264(SPS)).toMatchObject({ start: 'yes', keyframe: false })
  })

  it.each([
    ['nothing', ''],
    ['NAL unit type 0', '00aa'],
    ['STAP-B', '190000'],
    ['MTAP16', '1a00000000'],
    ['FU-B', '1d8500000000'],
    ['types 30 and 31', '1e00'],
    ['an empty aggregate', '18'],
    ['an aggregate of an empty unit', '180000'],
    ['an aggregate longer than the packet', '18000465aa'],
    ['an aggregate of aggregates', '180002' + '1800'],
    ['a fragment without data', '7c85'],
    ['a fragment that begins and ends', '7cc5aa'],
    ['a fragment of an aggregate', '7c9822'],
  ])('refuses %s', (_, hex) => {
    expect(depacketizeH264(fromHex(hex))).toBeUndefined()
  })
})

describe('foreign payloads', () => {
  const valid: Record<VideoCodec, Uint8Array[]> = {
    VP8: ['90f092670142ff10aa', '908011' + '10aabb', '10aa'].map(fromHex),
    VP9: ['aa9234330738014000b40280016802003401' + '82', 'f805400306' + '86aa', '8805' + '82'].map(fromHex),
    H264: ['7800046742c01e000368ce3c', '7c8599aa', '65888480'].map(fromHex),
  }

  it.each(['VP8', 'VP9', 'H264'] as const)('never make %s throw', (codec) => {
    fc.assert(
      fc.property(foreignBytes(...valid[codec]), (bytes) => {
        const piece = depacketize(codec, bytes)
        if (piece !== undefined) expect(piece.data.length).toBeGreaterThan(0)
      }),
      { numRuns: 20_000 },
    )
  })

  it.each(['VP8', 'VP9', 'H264'] as const)('have a packetiser for %s within the default limit', (codec) => {
    const data =
      codec === 'H264'
        ? joinAnnexB([Uint8Array.of(0x61, ...Array.from({ length: 5000 }, () => 7))])
        : new Uint8Array(5000).fill(0x11)
    const payloads = videoPacketizer(codec, 1).packetize({ data, keyframe: false })
    expect(payloads).toHaveLength(5)
    for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(1100)
  })
})

describe('even parts', () => {
  it('differ by one at most and add up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 1500 }), (total, max) => {
        const sizes = evenSizes(total, max)
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total)
        expect(Math.max(...sizes)).toBeLessThanOrEqual(max)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        expect(sizes.length).toBe(Math.ceil(total / max))
      }),
    )
  })
})
