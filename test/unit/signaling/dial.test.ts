import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { Dial } from '../../../src-main/signaling/dial.ts'
import { parseAddress } from '../../../src-shared/protocol/service/address.ts'
import { valueOf } from '../../support/test-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const address = valueOf(parseAddress('sightline.example'))

class Attempt extends EventEmitter {
  terminated = false
  readonly answered: () => void

  constructor(answered: () => void) {
    super()
    this.answered = answered
  }

  terminate(): void {
    this.terminated = true
    this.emit('close', 1006)
  }

  open(from: string): void {
    this.answered()
    this.emit('upgrade', { socket: { localAddress: from } })
    this.emit('open')
  }
}

function begin() {
  const clock = new FakeClock(0)
  const attempts: Attempt[] = []
  const opened: { readonly socket: unknown; readonly from: string | undefined }[] = []
  const failed: number[] = []
  const dial = new Dial(
    address,
    clock,
    { opened: (socket, from) => opened.push({ socket, from }), failed: (code) => failed.push(code) },
    (_, answered) => {
      const attempt = new Attempt(answered)
      attempts.push(attempt)
      return attempt as unknown as WebSocket
    },
  )
  return { clock, attempts, opened, failed, dial }
}

test('what finds nobody gets another beside it, and the first that comes about counts', () => {
  const { clock, attempts, opened, failed } = begin()
  clock.advance(2000)
  expect(attempts.length).toBe(3)
  attempts[1]?.open('192.0.2.1')
  expect(opened).toEqual([{ socket: attempts[1], from: '192.0.2.1' }])
  expect(attempts.map(({ terminated }) => terminated)).toEqual([true, false, true])
  attempts[2]?.open('192.0.2.2')
  clock.advance(20_000)
  // Its end is for whoever has it.
  attempts[1]?.emit('close', 1000)
  expect([attempts.length, opened.length, failed.length, clock.timers]).toEqual([3, 1, 0, 0])
})

test('who answers is given time, and not asked twice', () => {
  const { clock, attempts, opened } = begin()
  attempts[0]?.answered()
  clock.advance(5000)
  expect(attempts.length).toBe(1)
  attempts[0]?.open('192.0.2.1')
  expect(opened.length).toBe(1)
})

test('fails at once where it is refused, and at the latest after eight seconds', () => {
  const refused = begin()
  refused.attempts[0]?.emit('error', new Error('refused'))
  refused.attempts[0]?.emit('close', 1006)
  expect(refused.failed).toEqual([1006])
  const lost = begin()
  lost.clock.advance(8000)
  expect(lost.failed).toEqual([1006])
  expect(lost.attempts.every(({ terminated }) => terminated)).toBe(true)
  for (const { clock } of [refused, lost]) expect(clock.timers).toBe(0)
})

test('one refusal is no end while another attempt waits', () => {
  const { clock, attempts, opened, failed } = begin()
  clock.advance(1000)
  attempts[0]?.emit('close', 1006)
  expect(failed).toEqual([])
  attempts[1]?.open('192.0.2.1')
  expect(opened.length).toBe(1)
})

test('says nothing after it was stopped', () => {
  const { clock, attempts, opened, failed, dial } = begin()
  clock.advance(1000)
  dial.stop()
  attempts[0]?.open('192.0.2.1')
  clock.advance(20_000)
  expect([attempts.length, opened.length, failed.length, clock.timers]).toEqual([2, 0, 0, 0])
})
