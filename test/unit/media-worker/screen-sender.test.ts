/** docs/protocol/media.md, section 12: a screen that stands still goes on. Encoder and frames are stand-ins that count. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CodecSelection } from '../../../src-renderer/media-worker/codec-selection.ts'
import { ScreenSender } from '../../../src-renderer/media-worker/screen-sender.ts'
import { SendingRate } from '../../../src-renderer/media-worker/sending-rate.ts'
import { VIDEO_CLOCK_RATE } from '../../../src-shared/media/payload-types.ts'
import { RtpSender } from '../../../src-shared/media/rtp-sender.ts'
import { seededRandom } from '../../support/seeded-random.ts'

interface Encoded {
  readonly at: number
  readonly keyFrame: boolean
  readonly timestamp: number
}

let encoded: Encoded[]
let configs: VideoEncoderConfig[]
let open: number

class CountedFrame {
  readonly displayWidth = 1920
  readonly displayHeight = 1080
  readonly timestamp: number
  #isOpen = true

  constructor(from: CountedFrame | undefined, { timestamp }: { timestamp: number }) {
    if (from?.isClosed === true) throw new Error('a closed frame')
    this.timestamp = timestamp
    open += 1
  }

  get isClosed(): boolean {
    return !this.#isOpen
  }

  close(): void {
    if (this.#isOpen) open -= 1
    this.#isOpen = false
  }
}

class CountingEncoder {
  readonly encodeQueueSize = 0
  state = 'unconfigured'

  configure(config: VideoEncoderConfig): void {
    this.state = 'configured'
    configs.push(config)
  }

  encode({ timestamp }: CountedFrame, { keyFrame }: { keyFrame: boolean }): void {
    encoded.push({ at: performance.now(), keyFrame, timestamp })
  }

  close(): void {
    this.state = 'closed'
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('VideoEncoder', CountingEncoder)
  vi.stubGlobal('VideoFrame', CountedFrame)
  encoded = []
  configs = []
  open = 0
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A screen that is captured, and the sender that it goes to. */
function sharing(content: 'text' | 'motion' = 'text') {
  const rate = new SendingRate(2_000_000, () => true)
  const stream = new RtpSender({ ssrc: 0x13, clockRate: VIDEO_CLOCK_RATE, random: seededRandom('screen') })
  const outlet = { isOpen: () => true, send: () => true }
  const sender = new ScreenSender({ stream, rate, selection: new CodecSelection() }, outlet)
  let capture: ReadableStreamDefaultController<VideoFrame> | undefined
  const frames = new ReadableStream<VideoFrame>({ start: (controller) => void (capture = controller) })
  sender.share(frames, content)
  return {
    sender,
    rate,
    change: () => {
      const frame = new CountedFrame(undefined, { timestamp: performance.now() * 1000 })
      capture?.enqueue(frame as unknown as VideoFrame)
    },
  }
}

describe('a screen that stands still', () => {
  it('begins with a keyframe, gets sharp, and then is kept alive', async () => {
    const { change } = sharing()
    change()
    await vi.advanceTimersByTimeAsync(3900)
    const [first] = encoded
    expect(encoded.map(({ keyFrame }) => keyFrame)).toEqual([true, ...encoded.slice(1).map(() => false)])
    expect(encoded.map(({ at }) => at - (first?.at ?? 0))).toEqual([0, 200, 400, 600, 800, 1000, 2000, 3000])
    const times = encoded.map(({ timestamp }) => timestamp)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    // The first one is coarse, to be there soon.
    const [coarse, sharp] = configs.map(({ bitrate = 0 }) => bitrate)
    expect(coarse).toBeLessThan((sharp ?? 0) / 2)
  })

  it('answers a request for a keyframe without waiting for a change', async () => {
    const { change, sender } = sharing()
    change()
    await vi.advanceTimersByTimeAsync(3500)
    const before = encoded.length
    sender.requestKeyframe()
    expect(encoded.slice(before)).toMatchObject([{ keyFrame: true }])
  })

  it('is gone when it is not shared any more, and leaves the camera everything', async () => {
    const { change, sender, rate } = sharing()
    const alone = rate.camera
    change()
    await vi.advanceTimersByTimeAsync(500)
    expect(rate.screen).toBeGreaterThan(0)
    expect(rate.camera).toBeLessThan(alone)
    sender.end()
    const { length } = encoded
    await vi.advanceTimersByTimeAsync(5000)
    expect(encoded).toHaveLength(length)
    expect([open, rate.screen, rate.camera]).toEqual([0, 0, alone])
  })
})

describe('a screen that moves', () => {
  it('is encoded no more often than its content needs, with its newest picture', async () => {
    const { change } = sharing('text')
    for (let passed = 0; passed < 3000; passed += 20) {
      change()
      await vi.advanceTimersByTimeAsync(20)
    }
    // One a picture that is encoded, and the newest.
    expect(open).toBe(1)
    const { framerate = 0 } = configs.at(-1) ?? {}
    expect(framerate).toBeLessThanOrEqual(15)
    expect(encoded.length).toBeGreaterThan(10)
    expect(encoded.length).toBeLessThanOrEqual(3 * 15 * 1.2)
  })

  it('tells the encoder what it shows', async () => {
    for (const content of ['text', 'motion'] as const) {
      const { change, sender } = sharing(content)
      change()
      await vi.advanceTimersByTimeAsync(100)
      expect(configs.at(-1)).toMatchObject({ contentHint: content })
      sender.end()
    }
  })
})
