import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LipSync } from '../../../src-renderer/media-worker/lip-sync.ts'
import { ntpOf } from '../../../src-shared/media/ntp.ts'
import type { PlayoutPlan } from '../../../src-shared/media/received.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Plays what was captured at 0 so much later, before any extra delay. */
function stream(later: number) {
  const delays: number[] = []
  const plan = (): PlayoutPlan => ({ rtpTimestamp: 0, at: later })
  return { plan, setExtraDelay: (extra: number) => delays.push(extra), delays }
}

function synced(sound: ReturnType<typeof stream>, picture: ReturnType<typeof stream>, latency = 0) {
  const sync = new LipSync(sound, picture, () => latency)
  const capturedAtZero = { ntp: ntpOf(0), rtpTimestamp: 0, packetCount: 1, octetCount: 1 }
  sync.senderReport('audio', capturedAtZero)
  sync.senderReport('video', capturedAtZero)
  sync.start()
  vi.advanceTimersByTime(20_000)
  sync.stop()
  return sync
}

it('lets the sound wait for a picture that takes longer', () => {
  const [sound, picture] = [stream(100), stream(400)]
  synced(sound, picture)
  // 16 ms from the frame's writing to the screen.
  expect(sound.delays.at(-1)).toBeGreaterThan(295)
  expect(sound.delays.at(-1)).toBeLessThan(320)
  expect(picture.delays.at(-1)).toBe(0)
})

it('lets the picture wait for sound that takes longer than is noticed, and counts the way to the ear', () => {
  const [sound, picture] = [stream(100), stream(100)]
  synced(sound, picture, 300)
  expect(sound.delays.at(-1)).toBe(0)
  expect(picture.delays.at(-1)).toBeGreaterThan(150)
  expect(picture.delays.at(-1)).toBeLessThan(300)
})

it('tells by how much the picture is late', () => {
  const sync = synced(stream(0), stream(0))
  sync.heard(0, 1000)
  sync.shown(0, 1040)
  expect(sync.skew).toBe(56)
})
