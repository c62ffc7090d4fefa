import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { SoundFramer } from '../../../src-renderer/media-worker/sound-framer.ts'

/** As much of WebCodecs' AudioData as the framer uses; Node has none. */
class FakeAudioData {
  readonly timestamp: number
  readonly sampleRate: number
  readonly numberOfFrames: number
  readonly numberOfChannels = 1
  readonly samples: Float32Array

  constructor(init: { timestamp: number; sampleRate: number; data: Float32Array }) {
    this.timestamp = init.timestamp
    this.sampleRate = init.sampleRate
    this.samples = init.data.slice()
    this.numberOfFrames = this.samples.length
  }

  copyTo(target: Float32Array, { frameOffset, frameCount }: { frameOffset: number; frameCount: number }): void {
    target.set(this.samples.subarray(frameOffset, frameOffset + frameCount))
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
      const framer = new SoundFramer()
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
  const framer = new SoundFramer()
  framer.add(piece(0, new Array<number>(480).fill(0)))
  expect(framer.continues(piece(10_000, [0]))).toBe(true)
  expect(framer.continues(piece(12_000, [0]))).toBe(true)
  expect(framer.continues(piece(30_000, [0]))).toBe(false)
  expect(framer.continues(piece(10_000, [0], 44_100))).toBe(false)
  framer.reset()
  expect(framer.continues(piece(30_000, [0]))).toBe(true)
})

it('works at other rates', () => {
  const framer = new SoundFramer()
  const frames = framer.add(piece(0, new Array<number>(882).fill(0.5), 44_100))
  expect(frames.map(({ numberOfFrames, sampleRate }) => [numberOfFrames, sampleRate])).toEqual([[882, 44_100]])
})
