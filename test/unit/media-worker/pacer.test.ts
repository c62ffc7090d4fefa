import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Pacer } from '../../../src-renderer/media-worker/pacer.ts'

const frame = (packets: number) => Array.from({ length: packets }, (_, i) => new Uint8Array(1100).fill(i))

let sent: Uint8Array[][]
let pacer: Pacer

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  vi.advanceTimersByTime(1000)
  sent = []
  pacer = new Pacer((packets) => sent.push([...packets]))
})
afterEach(() => {
  vi.useRealTimers()
})

it('sends a frame of usual size at once', () => {
  pacer.enqueue(frame(8), 4_500_000)
  expect(sent).toEqual([frame(8)])
})

it('spreads a large frame, in order', () => {
  pacer.enqueue(frame(100), 4_500_000)
  expect(sent.flat().length).toBeLessThan(40)
  vi.advanceTimersByTime(300)
  expect(sent.flat()).toEqual(frame(100))
  for (const step of sent.slice(1)) expect(step.length).toBeLessThan(20)
})

it('keeps frames behind one another', () => {
  pacer.enqueue(frame(60), 4_500_000)
  pacer.enqueue([Uint8Array.of(9)], 4_500_000)
  vi.advanceTimersByTime(300)
  expect(sent.flat().at(-1)).toEqual(Uint8Array.of(9))
  expect(sent.flat()).toHaveLength(61)
})

it('refuses what would be too late, and forgets all at the end', () => {
  expect(pacer.enqueue(frame(500), 4_500_000)).toBe(true)
  expect(pacer.enqueue(frame(500), 4_500_000)).toBe(false)
  pacer.clear()
  const before = sent.flat().length
  vi.advanceTimersByTime(2000)
  expect(sent.flat().length).toBe(before)
})
