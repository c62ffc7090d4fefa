import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { SoundFramer } from '../../../src-renderer/media-worker/sound-framer.ts'

/** As much of WebCodecs' AudioData as the framer uses; Node has none. */
class FakeAudioData {
  readonly timestamp: number
  readonly sampleRate: number
  readonly numberOfFrames: number
  readonly numberOfChannels: number
  readonly samples: Float32Array

  constructor(init: { timestamp: number; sampleRate: number; numberOfChannels: number; data: Float32Array }) {
    this.timestamp = init.timestamp
    this.sampleRate = init.sampleRate
    this.samples = init.data.slice()
    this.numberOfChannels = init.numberOfChannels
    this.numberOfFrames = this.samples.length / init.numberOfChannels
  }

  copyTo(target: Float32Array, { planeIndex, frameOffset, frameCount }: AudioDataCopyToOptions): void {
    const at = planeIndex * this.numberOfFrames + (frameOffset ?? 0)
    target.set(this.samples.subarray(at, at + (frameCount ?? this.numberOfFrames)))
  }

  close(): void {
    this.samples.fill(NaN)
  }
}

beforeAll(() => {
  vi.stubGlobal('AudioData', FakeAudioData)
})
afterAll(() => {
  vi.unstubAllGlobals()
})

function piece(timestamp: number, samples: readonly number[], sampleRate = 48_000): AudioData {
  return new AudioData({
    format: 'f32-planar',
    numberOfChannels: 1,
    numberOfFrames: samples.length,
    timestamp,
    sampleRate,
    data: Float32Array.from(samples),
  })
}

function contents(frame: AudioData): number[] {
  const samples = new Float32Array(frame.numberOfFrames)
  frame.copyTo(samples, { planeIndex: 0, frameOffset: 0, frameCount: samples.length })
  return [...samples]
}

it('cuts any pieces into whole packets, and loses and moves nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 6 }), (sizes) => {
      const framer = new SoundFramer('first')
      const frames: AudioData[] = []
      let next = 0
      for (const size of sizes) {
        const sound = piece(
          1_000_000 + (next * 1e6) / 48_000,
          Array.from({ length: size }, (_, i) => next + i),
        )
        expect(framer.continues(sound)).toBe(true)
        frames.push(...framer.add(sound))
        next += size
      }
      expect(frames).toHaveLength(Math.floor(next / 960))
      expect(frames.flatMap(contents)).toEqual(Array.from({ length: frames.length * 960 }, (_, i) => i))
      frames.forEach((frame, i) => {
        expect(Math.abs(frame.timestamp - (1_000_000 + i * 20_000))).toBeLessThan(1)
      })
    }),
    { numRuns: 40 },
  )
})

it('notices a hole, and a change of the rate', () => {
  const framer = new SoundFramer('first')
  framer.add(piece(0, new Array<number>(480).fill(0)))
  expect(framer.continues(piece(10_000, [0]))).toBe(true)
  expect(framer.continues(piece(12_000, [0]))).toBe(true)
  expect(framer.continues(piece(30_000, [0]))).toBe(false)
  expect(framer.continues(piece(10_000, [0], 44_100))).toBe(false)
  framer.reset()
  expect(framer.continues(piece(30_000, [0]))).toBe(true)
})

it('works at other rates', () => {
  const framer = new SoundFramer('first')
  const frames = framer.add(piece(0, new Array<number>(882).fill(0.5), 44_100))
  expect(frames.map(({ numberOfFrames, sampleRate }) => [numberOfFrames, sampleRate])).toEqual([[882, 44_100]])
})

describe('of two channels', () => {
  const left = Array.from({ length: 960 }, (_, i) => i / 960)
  const stereo = () =>
    new AudioData({
      format: 'f32-planar',
      numberOfChannels: 2,
      numberOfFrames: 960,
      timestamp: 0,
      sampleRate: 48_000,
      data: Float32Array.from([...left, ...left.map(() => 1)]),
    })

  it('takes the first', () => {
    expect(new SoundFramer('first').add(stereo()).flatMap(contents)).toEqual(left.map(Math.fround))
  })

  it('or the mean of both, and of one channel that one', () => {
    const mean = new SoundFramer('mean')
    expect(mean.add(stereo()).flatMap(contents)).toEqual(
      left.map((sample) => Math.fround((Math.fround(sample) + 1) / 2)),
    )
    expect(mean.add(piece(20_000, left)).flatMap(contents)).toEqual(left.map(Math.fround))
  })
})
