import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  sequenceDelta,
  SequenceTracker,
  timestampDelta,
  unwrapSequence,
  unwrapTimestamp,
} from '../../../src-shared/media/sequence.ts'
import { CurrentSource, kindOfSsrc, MEDIA_KINDS, newSsrc } from '../../../src-shared/media/ssrc.ts'
import { clockRateOf, payloadTypeOf, videoCodecOf } from '../../../src-shared/media/payload-types.ts'
import { listedRandom, seededRandom } from '../../support/seeded-random.ts'

describe('numbers that wrap', () => {
  it('are compared on their circle', () => {
    expect(sequenceDelta(0, 0xffff)).toBe(1)
    expect(sequenceDelta(0xffff, 0)).toBe(-1)
    expect(sequenceDelta(0x8000, 0)).toBe(-0x8000)
    expect(timestampDelta(0, 0xffff_ffff)).toBe(1)
    expect(timestampDelta(5, 0x8000_0006)).toBe(0x7fff_ffff)
  })

  it('unwrap to the nearest value with the same low bits, over the whole 48 bits', () => {
    const index = fc.integer({ min: 0x1_0000, max: 2 ** 48 - 0x1_0000 })
    fc.assert(
      fc.property(index, fc.integer({ min: -0x8000, max: 0x7fff }), (reference, offset) => {
        return unwrapSequence(reference, (reference + offset) % 0x1_0000) === reference + offset
      }),
      { numRuns: 20_000 },
    )
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 40), max: 2 ** 48 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (reference, offset) => {
          return unwrapTimestamp(reference, (reference + offset) >>> 0) === reference + offset
        },
      ),
      { numRuns: 20_000 },
    )
  })

  it('never unwrap below zero', () => {
    expect(unwrapSequence(3, 0xfffe)).toBe(0xfffe)
  })
})

describe('a stream of sequence numbers', () => {
  it('keeps its order through many wraps, with loss and reordering', () => {
    const tracker = new SequenceTracker()
    const first = tracker.place(65_530)
    const base = first.kind === 'placed' ? first.index - 65_530 : NaN
    const isPlaced = (i: number): boolean => {
      const placed = tracker.place(i & 0xffff)
      return placed.kind === 'placed' && placed.index === base + i
    }
    let misplaced = 0
    for (let i = 65_531; i < 400_000; i += 1 + (i % 7)) {
      if (!isPlaced(i)) misplaced += 1
      const late = i - (i % 50)
      if (late > 65_530 && !isPlaced(late)) misplaced += 1
    }
    expect(misplaced).toBe(0)
    expect(tracker.highest).toBeGreaterThan(base + 399_900)
  })

  it('places what was overtaken by the very first packet', () => {
    const tracker = new SequenceTracker()
    const first = tracker.place(1)
    const before = tracker.place(0xffff)
    expect(first.kind === 'placed' && before.kind === 'placed' && first.index - before.index).toBe(2)
  })

  it('is not moved by one absurd number, and is by two in a row (RFC 3550 appendix A.1)', () => {
    const tracker = new SequenceTracker()
    tracker.place(100)
    expect(tracker.place(40_000)).toEqual({ kind: 'stray' })
    expect(tracker.place(101).kind).toBe('placed')
    expect(tracker.place(40_001)).toEqual({ kind: 'stray' })
    expect(tracker.place(40_002).kind).toBe('restarted')
    expect(tracker.place(40_003).kind).toBe('placed')
  })

  it('gives no index twice for different packets, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }), (numbers) => {
        const tracker = new SequenceTracker()
        const seen = new Map<number, number>()
        for (const number of numbers) {
          const placed = tracker.place(number)
          if (placed.kind === 'stray') continue
          expect(placed.index % 0x1_0000).toBe(number)
          expect(seen.get(placed.index) ?? number).toBe(number)
          seen.set(placed.index, number)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('SSRCs', () => {
  it('tell the kind of media in their last two bits', () => {
    const random = seededRandom('ssrc')
    const used = new Set<number>()
    for (const kind of MEDIA_KINDS) {
      for (let i = 0; i < 200; i++) {
        const ssrc = newSsrc(kind, random, used)
        expect(kindOfSsrc(ssrc)).toBe(kind)
        expect(Number.isInteger(ssrc) && ssrc >= 0 && ssrc <= 0xffff_ffff).toBe(true)
        used.add(ssrc)
      }
    }
    expect([4, 5, 6, 7].map(kindOfSsrc)).toEqual(['screenSound', 'audio', 'video', 'screen'])
    expect(used.size).toBe(800)
  })

  it('serve one stream of a call only (R18)', () => {
    const random = listedRandom(Uint8Array.of(0xff, 0, 0, 3), Uint8Array.of(0xff, 0, 0, 0), Uint8Array.of(1, 2, 3, 4))
    expect(newSsrc('video', random, new Set([0xff00_0002]))).toBe(0x0102_0306)
  })

  it('replace one another, and never come back', () => {
    const source = new CurrentSource()
    expect([source.see(5), source.see(5), source.see(9), source.see(5), source.see(9)]).toEqual([
      'changed',
      'current',
      'changed',
      'retired',
      'current',
    ])
    for (let i = 0; i < 1000; i++) source.see(100 + i)
    expect(source.ssrc).toBe(1099)
  })
})

describe('payload types', () => {
  it('are those of the profile', () => {
    expect([payloadTypeOf('opus'), payloadTypeOf('VP8'), payloadTypeOf('VP9'), payloadTypeOf('H264')]).toEqual([
      111, 96, 98, 102,
    ])
    expect([videoCodecOf(96), videoCodecOf(98), videoCodecOf(102), videoCodecOf(111)]).toEqual([
      'VP8',
      'VP9',
      'H264',
      undefined,
    ])
    expect([clockRateOf('audio'), clockRateOf('video'), clockRateOf('screen')]).toEqual([48_000, 90_000, 90_000])
  })
})
