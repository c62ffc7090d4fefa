import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AudioReceiver } from '../../../src-shared/media/audio-receiver.ts'
import { OPUS_FRAME_SAMPLES } from '../../../src-shared/media/opus.ts'
import { parseRedundantAudio, redundancyFor, redundantAudio } from '../../../src-shared/media/redundant-audio.ts'
import type { RtpPacket } from '../../../src-shared/media/rtp.ts'
import { foreignBytes } from '../../support/foreign-bytes.ts'
import { generator } from './network.ts'

const TOC = 0x78
const frameOf = (number: number): Uint8Array => Uint8Array.of(TOC, number & 0xff, number >> 8, 1, 1)

describe('the bytes', () => {
  test('are those of RFC 2198 section 3', () => {
    // F ‖ payload type 111 ‖ 960 in 14 bits ‖ length 3 in 10 bits, then the last header and the two frames.
    const bytes = Uint8Array.of(0xef, 0x0f, 0x00, 0x03, 0x6f, 1, 2, 3, 9, 8)
    const content = { frame: Uint8Array.of(9, 8), earlier: [{ distance: 1, frame: Uint8Array.of(1, 2, 3) }] }
    expect(redundantAudio(content)).toEqual(bytes)
    expect(parseRedundantAudio(bytes)).toEqual(content)
  })

  test.each([
    ['nothing', []],
    ['a header without an end', [0xef, 0x0f, 0x00, 0x03]],
    ['a frame that is cut', [0xef, 0x0f, 0x00, 0x03, 0x6f, 1, 2]],
    ['another format', [0x60, 1, 2]],
    ['nine blocks', [...Array.from({ length: 9 }, () => [0xef, 0x0f, 0, 0]).flat(), 0x6f, 1]],
  ])('%s is refused', (_, bytes) => {
    expect(parseRedundantAudio(Uint8Array.from(bytes))).toBeUndefined()
  })

  test('blocks of another format, of no frame’s distance, or of the frame itself are passed over', () => {
    for (const header of [
      [0xe0, 0x0f, 0, 1],
      [0xef, 0x0f, 0x04, 1],
      [0xef, 0, 0, 1],
    ]) {
      expect(parseRedundantAudio(Uint8Array.from([...header, 0x6f, 5, 9]))).toEqual({
        frame: Uint8Array.of(9),
        earlier: [],
      })
    }
  })

  test('never make the parser throw, and what it takes can be built again', () => {
    const valid = [1, 2, 3].map((count) =>
      redundantAudio({
        frame: frameOf(9),
        earlier: Array.from({ length: count }, (_, i) => ({ distance: count - i, frame: frameOf(i) })),
      }),
    )
    fc.assert(
      fc.property(foreignBytes(...valid), (bytes) => {
        const content = parseRedundantAudio(bytes)
        if (content === undefined) return
        expect(parseRedundantAudio(redundantAudio(content))).toEqual(content)
      }),
      { numRuns: 5000 },
    )
  })
})

/** What is heard of a minute of sound that loses packets by itself. */
function listen(loss: number, redundancy: number, seed = 1): { concealedMs: number; playedMs: number; wrong: number } {
  const random = generator(seed)
  const receiver = new AudioReceiver()
  const arrivals: { at: number; packet: RtpPacket }[] = []
  for (let number = 0; number < 3000; number++) {
    if (random() < loss) continue
    const earlier = Array.from({ length: redundancy }, (_, i) => redundancy - i)
      .filter((distance) => number >= distance)
      .map((distance) => ({ distance, frame: frameOf(number - distance) }))
    const isRedundant = earlier.length > 0
    arrivals.push({
      at: number * 20 + 30 + random() * 8,
      packet: {
        payloadType: isRedundant ? 112 : 111,
        marker: false,
        sequenceNumber: (65_000 + number) & 0xffff,
        timestamp: (number * OPUS_FRAME_SAMPLES) >>> 0,
        ssrc: 1,
        csrcs: [],
        extensions: [],
        payload: isRedundant ? redundantAudio({ frame: frameOf(number), earlier }) : frameOf(number),
      },
    })
  }
  let wrong = 0
  let next = 0
  let last = -1
  for (let now = 7; now < 60_000; now += 20) {
    for (let arrival = arrivals[next]; arrival !== undefined && arrival.at <= now; arrival = arrivals[++next]) {
      receiver.insert(arrival.packet, arrival.at)
    }
    const unit = receiver.pull(now)
    if (unit.kind !== 'packet') continue
    const number = (unit.data[1] ?? 0) | ((unit.data[2] ?? 0) << 8)
    if (number <= last || unit.rtpTimestamp !== number * OPUS_FRAME_SAMPLES) wrong += 1
    last = number
  }
  return { ...receiver.statistics, wrong }
}

describe('a receiver', () => {
  test('plays what was lost from the packets that follow, in order, each frame once', () => {
    const without = listen(0.1, 0)
    const one = listen(0.1, 1)
    const two = listen(0.1, 2)
    expect(without.concealedMs).toBeGreaterThan(4500)
    expect(one.concealedMs).toBeLessThan(0.3 * without.concealedMs)
    expect(two.concealedMs).toBeLessThan(0.15 * without.concealedMs)
    expect([without.wrong, one.wrong, two.wrong]).toEqual([0, 0, 0])
  })

  test('waits no longer for it where nothing is lost', () => {
    expect(listen(0, 2)).toMatchObject({ concealedMs: 0, wrong: 0 })
  })
})

test('a sender repeats nothing on a good network, and more the more is lost', () => {
  expect([0, 0.005, 0.02, 0.05, 0.1, 0.3].map(redundancyFor)).toEqual([0, 0, 1, 1, 2, 2])
})
