/** What the receiver of pictures makes of single packets. Whole calls are in `video-call.test.ts`. */
import { describe, expect, it } from 'vitest'
import { FrameAssembler } from '../../../src-shared/media/frame-assembler.ts'
import type { RtpPacket } from '../../../src-shared/media/rtp.ts'
import { VideoReceiver } from '../../../src-shared/media/video-receiver.ts'

/** Of VP8: one packet, with or without begin, end and keyframe. */
function packetOf(
  sequenceNumber: number,
  timestamp: number,
  {
    start = true,
    end = true,
    keyframe = false,
    ssrc = 6,
  }: { start?: boolean; end?: boolean; keyframe?: boolean; ssrc?: number } = {},
): RtpPacket {
  return {
    payloadType: 96,
    marker: end,
    sequenceNumber: sequenceNumber & 0xffff,
    timestamp: timestamp >>> 0,
    ssrc,
    csrcs: [],
    extensions: [],
    payload: Uint8Array.of(start ? 0x10 : 0x00, start && keyframe ? 0x10 : 0x11, sequenceNumber & 0xff),
  }
}

describe('after a loss', () => {
  const insertAll = (receiver: VideoReceiver, packets: readonly (readonly [RtpPacket, number])[]): number[] => {
    const out: number[] = []
    for (const [packet, now] of packets) {
      receiver.insert(packet, now)
      out.push(...receiver.poll(now).map(({ data }) => data[1] ?? -1))
    }
    return out
  }

  it('nothing comes out before a keyframe, which is asked for', () => {
    const receiver = new VideoReceiver()
    const before = [0, 1, 2].map((i) => [packetOf(i, i * 3000, { keyframe: i === 0 }), i * 33.3] as const)
    // Number 3 is lost.
    const after = [4, 5, 6, 7].map((i) => [packetOf(i, i * 3000), i * 33.3] as const)
    expect([...insertAll(receiver, before), ...receiver.poll(99)]).toHaveLength(3)
    expect(receiver.takeKeyframeRequest(99, 50)).toBe(false)
    expect(insertAll(receiver, after)).toEqual([])
    expect(receiver.poll(300)).toEqual([])
    expect(receiver.takeKeyframeRequest(300, 50)).toBe(true)
    expect(receiver.takeKeyframeRequest(310, 50)).toBe(false)
    receiver.insert(packetOf(8, 9 * 3000, { keyframe: true }), 320)
    expect(receiver.poll(320).map(({ keyframe }) => keyframe)).toEqual([true])
    expect(receiver.takeKeyframeRequest(2000, 50)).toBe(false)
  })

  it('that was none, a packet that was overtaken, nothing is lost', () => {
    const receiver = new VideoReceiver()
    const order = [0, 1, 3, 2, 4]
    const packets = order.map((i, at) => [packetOf(i, i * 3000, { keyframe: i === 0 }), at * 33.3] as const)
    expect([...insertAll(receiver, packets), ...receiver.poll(400).map(({ data }) => data[1])]).toEqual([0, 1, 2, 3, 4])
    expect(receiver.statistics).toMatchObject({ framesDropped: 0, keyframesRequested: 0 })
  })

  it('asks for a keyframe before the frames are due, as soon as the loss is certain', () => {
    const receiver = new VideoReceiver()
    receiver.setExtraDelay(500)
    receiver.insert(packetOf(0, 0, { keyframe: true }), 0)
    receiver.insert(packetOf(2, 6000), 66)
    expect(receiver.nextPollAt(66)).toBe(106)
    expect(receiver.takeKeyframeRequest(105, undefined)).toBe(false)
    expect(receiver.takeKeyframeRequest(106, undefined)).toBe(true)
    // It comes all the same: nothing is lost.
    receiver.insert(packetOf(1, 3000), 120)
    expect(receiver.poll(700)).toHaveLength(3)
  })

  it('of the end of a keyframe, and of its begin, asks again', () => {
    for (const missing of [0, 2]) {
      const receiver = new VideoReceiver()
      for (let i = 0; i < 8; i++) {
        if (i === missing) continue
        const inKeyframe = i < 3
        receiver.insert(
          packetOf(i, inKeyframe ? 0 : i * 3000, {
            start: !inKeyframe || i === 0,
            end: !inKeyframe || i === 2,
            keyframe: i === 0,
          }),
          inKeyframe ? i : i * 33,
        )
      }
      expect(receiver.poll(400)).toEqual([])
      expect(receiver.takeKeyframeRequest(400, 20)).toBe(true)
    }
  })

  it('padding is not taken for one', () => {
    const receiver = new VideoReceiver()
    receiver.insert(packetOf(0, 0, { keyframe: true }), 0)
    receiver.insert({ ...packetOf(1, 0), payload: new Uint8Array() }, 1)
    receiver.insert(packetOf(2, 3000), 33)
    expect(receiver.poll(200)).toHaveLength(2)
    expect(receiver.takeKeyframeRequest(300, 20)).toBe(false)
  })
})

describe('a keyframe', () => {
  it('that is still coming in is waited for, not asked for', () => {
    const receiver = new VideoReceiver()
    // A large one, paced over 600 ms.
    for (let i = 0; i < 60; i++) {
      receiver.insert(packetOf(i, 0, { start: i === 0, end: i === 59, keyframe: i === 0 }), i * 10)
      expect(receiver.takeKeyframeRequest(i * 10, 50)).toBe(false)
      expect(receiver.poll(i * 10)).toHaveLength(i === 59 ? 1 : 0)
    }
  })

  it('of which a packet is asked for again is waited for, and asked for when that does not come', () => {
    const receiver = new VideoReceiver()
    receiver.setPatience(150)
    const part = (i: number): RtpPacket => packetOf(i, 0, { start: i === 0, end: i === 9, keyframe: i === 0 })
    for (let i = 0; i < 10; i++) if (i !== 4) receiver.insert(part(i), i)
    expect(receiver.takeKeyframeRequest(100, 50)).toBe(false)
    receiver.insert(part(4), 120)
    expect(receiver.poll(120)).toHaveLength(1)
    const other = new VideoReceiver()
    other.setPatience(150)
    for (let i = 0; i < 10; i++) if (i !== 4) other.insert(part(i), i)
    expect(other.takeKeyframeRequest(154, 50)).toBe(false)
    expect(other.takeKeyframeRequest(156, 50)).toBe(true)
  })

  it('of which a packet comes a long round trip later is shown with all that came behind it', () => {
    const receiver = new VideoReceiver()
    receiver.setPatience(1000)
    for (let i = 0; i < 10; i++) {
      if (i !== 4) receiver.insert(packetOf(i, 0, { start: i === 0, end: i === 9, keyframe: i === 0 }), i)
    }
    for (let i = 10; i < 22; i++) {
      receiver.insert(packetOf(i, (i - 9) * 3000), (i - 9) * 33)
      expect(receiver.poll((i - 9) * 33)).toEqual([])
    }
    receiver.insert(packetOf(4, 0, { start: false, end: false }), 410)
    expect([...receiver.poll(410), ...receiver.poll(900)]).toHaveLength(13)
    expect(receiver.statistics).toMatchObject({ framesDropped: 0, keyframesRequested: 0 })
  })

  it('is asked for when the stream is joined in the middle, and when the decoder failed', () => {
    const receiver = new VideoReceiver()
    expect(receiver.takeKeyframeRequest(0, undefined)).toBe(false)
    receiver.insert(packetOf(0, 0), 0)
    expect(receiver.takeKeyframeRequest(0, undefined)).toBe(true)
    receiver.insert(packetOf(1, 3000, { keyframe: true }), 33)
    expect(receiver.poll(60)).toHaveLength(1)
    receiver.requireKeyframe(1000)
    receiver.insert(packetOf(2, 6000), 1010)
    expect(receiver.poll(1100)).toEqual([])
    expect(receiver.takeKeyframeRequest(1100, undefined)).toBe(true)
  })

  it('is not asked for while nothing comes in: the camera is off', () => {
    const receiver = new VideoReceiver()
    receiver.insert(packetOf(0, 0), 0)
    expect(receiver.takeKeyframeRequest(0, undefined)).toBe(true)
    expect(receiver.takeKeyframeRequest(1900, undefined)).toBe(true)
    expect(receiver.takeKeyframeRequest(5000, undefined)).toBe(false)
  })

  it('opens a new SSRC, and the old one does not come back (R18)', () => {
    const receiver = new VideoReceiver()
    receiver.insert(packetOf(0, 0, { keyframe: true }), 0)
    receiver.insert(packetOf(1, 3000), 33)
    expect(receiver.poll(60)).toHaveLength(2)
    receiver.insert(packetOf(40_000, 77, { ssrc: 10 }), 66)
    expect(receiver.poll(100)).toEqual([])
    receiver.insert(packetOf(2, 6000), 100)
    expect(receiver.statistics.packetsRefused).toBe(1)
    receiver.insert(packetOf(40_001, 3077, { ssrc: 10, keyframe: true }), 110)
    expect(receiver.poll(150)).toHaveLength(1)
  })

  it('of another codec is taken, a delta frame of another codec is not', () => {
    const receiver = new VideoReceiver()
    receiver.insert(packetOf(0, 0, { keyframe: true }), 0)
    expect(receiver.poll(30)).toHaveLength(1)
    receiver.insert({ ...packetOf(1, 3000), payloadType: 98, payload: Uint8Array.of(0xcc, 5, 0x86) }, 33)
    expect(receiver.poll(66)).toEqual([])
    receiver.insert({ ...packetOf(2, 6000), payloadType: 98, payload: Uint8Array.of(0x8c, 6, 0x82) }, 70)
    expect(receiver.poll(100).map(({ codec }) => codec)).toEqual(['VP9'])
  })
})

describe('what is too old', () => {
  it('is dropped, and the picture begins anew with a keyframe', () => {
    const receiver = new VideoReceiver()
    receiver.insert(packetOf(0, 0, { keyframe: true }), 0)
    receiver.insert(packetOf(1, 3000), 33)
    expect(receiver.poll(3000)).toEqual([])
    expect(receiver.statistics.framesDropped).toBe(2)
    receiver.insert(packetOf(2, 270_000), 3000)
    expect(receiver.takeKeyframeRequest(3000, undefined)).toBe(true)
  })

  it('does not hold memory: a frame without an end goes after a second', () => {
    const receiver = new VideoReceiver()
    receiver.insert(packetOf(0, 0, { keyframe: true, end: false }), 0)
    expect(receiver.poll(999)).toEqual([])
    expect(receiver.nextPollAt(999)).toBe(1000)
    receiver.poll(1001)
    expect(receiver.statistics.framesDropped).toBe(1)
    expect(receiver.nextPollAt(1001)).toBeUndefined()
  })

  it('and too much at once empties the buffer', () => {
    const receiver = new VideoReceiver()
    receiver.insert(packetOf(0, 0, { keyframe: true }), 0)
    receiver.poll(20)
    // One frame without an end, of more packets than any has.
    for (let i = 1; i < FrameAssembler.MAX_PACKETS + 10; i++)
      receiver.insert(packetOf(i, 3000, { start: i === 1, end: false }), 30)
    expect(receiver.statistics.framesDropped).toBe(1)
    expect(receiver.takeKeyframeRequest(30, undefined)).toBe(true)
  })
})

describe('lip sync', () => {
  it('delays the pictures within bounds, and is left out of the plan', () => {
    const receiver = new VideoReceiver()
    receiver.setExtraDelay(300)
    receiver.insert(packetOf(0, 0, { keyframe: true }), 1000)
    expect(receiver.poll(1200)).toEqual([])
    const [frame] = receiver.poll(1310)
    expect(frame?.renderAt).toBe(1310)
    expect(receiver.plan()).toEqual({ rtpTimestamp: 0, at: 1010 })
    receiver.setExtraDelay(1e9)
    expect(receiver.statistics.targetMs).toBe(610)
  })
})
