/** Packets between the renderer's port and the paths, and what is dropped when this process was busy. */
import { expect, it } from 'vitest'
import { type MediaPath, PacketFlow } from '../../../src-main/calls/packet-flow.ts'
import type { MediaPorts } from '../../../src-main/calls/ports.ts'
import type { Clock } from '../../../src-shared/base/time.ts'
import { joinPackets, splitPackets } from '../../../src-shared/ipc/packet-batch.ts'

/** Time passes without timers, as in a process that is busy, until `run` lets those run that are due. */
class BusyClock implements Clock {
  time = 1000
  #timers: { at: number; callback: () => void }[] = []

  now(): number {
    return this.time
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.time + delay, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** One phase of timers: those that are due now, not those that they start. */
  run(): void {
    const due = this.#timers.filter(({ at }) => at <= this.time)
    this.#timers = this.#timers.filter(({ at }) => at > this.time)
    for (const { callback } of due) callback()
  }

  get timers(): number {
    return this.#timers.length
  }
}

function setUp(path: MediaPath | undefined = 'relay') {
  const clock = new BusyClock()
  const batches: Uint8Array[] = []
  const arrivals: number[] = []
  const sent: { path: MediaPath; packet: Uint8Array }[] = []
  let fromRenderer: (batch: Uint8Array) => void = () => undefined
  let listening = true
  const ports: MediaPorts = {
    send: (_, message) => {
      if (message.kind !== 'packets') return
      batches.push(message.batch)
      arrivals.push(message.arrivedAt)
    },
    onPackets: (_, listener) => {
      fromRenderer = listener
      return () => {
        listening = false
      }
    },
    close: () => undefined,
  }
  const taken = new Set<MediaPath>(['relay'])
  const routes = {
    sendingPath: () => path,
    takes: (from: MediaPath) => taken.has(from),
    send: (to: MediaPath, packet: Uint8Array) => void sent.push({ path: to, packet }),
  }
  const flow = new PacketFlow(clock, ports, 'call', routes)
  const received = (): (number | undefined)[] =>
    batches.flatMap((batch) => splitPackets(batch) ?? []).map(([first]) => first)
  return {
    clock,
    flow,
    batches,
    arrivals,
    sent,
    taken,
    received,
    emit: (batch: Uint8Array) => fromRenderer(batch),
    on: () => listening,
  }
}

const packet = (n: number): Uint8Array => new Uint8Array(20).fill(n)

it('brings what arrives together as one message', () => {
  const { clock, flow, batches, received } = setUp()
  for (const n of [1, 2, 3]) flow.fromPath('relay', packet(n))
  expect(batches).toEqual([])
  clock.run()
  expect(batches).toHaveLength(1)
  flow.fromPath('relay', packet(4))
  clock.run()
  expect(received()).toEqual([1, 2, 3, 4])
  expect(batches).toHaveLength(2)
})

it('says when the first of them came, however long it waited', () => {
  const { clock, flow, arrivals } = setUp()
  flow.fromPath('relay', packet(1))
  clock.time += 40
  flow.fromPath('relay', packet(2))
  clock.run()
  flow.fromPath('relay', packet(3))
  clock.run()
  expect(arrivals).toEqual([1000, 1040])
})

it('keeps copies: the sender of a packet may use its buffer again', () => {
  const { clock, flow, received } = setUp()
  const bytes = packet(1)
  flow.fromPath('relay', bytes)
  bytes.fill(9)
  clock.run()
  expect(received()).toEqual([1])
})

it('takes packets only from paths that count', () => {
  const { clock, flow, received, taken } = setUp()
  flow.fromPath('direct', packet(1))
  taken.add('direct')
  flow.fromPath('direct', packet(2))
  clock.run()
  expect(received()).toEqual([2])
})

it('sends to the current path, and nowhere without one', () => {
  const direct = setUp('direct')
  direct.emit(joinPackets([packet(1), packet(2)]))
  expect(direct.sent.map(({ path, packet: [first] }) => [path, first])).toEqual([
    ['direct', 1],
    ['direct', 2],
  ])
  const none = setUp()
  none.emit(Uint8Array.of(0, 200, 1))
  expect(none.sent).toEqual([])
})

it('sends nothing before there is a path', () => {
  const clock = new BusyClock()
  let emit: (batch: Uint8Array) => void = () => undefined
  const ports: MediaPorts = {
    send: () => undefined,
    onPackets: (_, listener) => {
      emit = listener
      return () => undefined
    },
    close: () => undefined,
  }
  const sent: Uint8Array[] = []
  new PacketFlow(clock, ports, 'call', {
    sendingPath: () => undefined,
    takes: () => false,
    send: (_, bytes) => void sent.push(bytes),
  })
  emit(joinPackets([packet(1)]))
  expect(sent).toEqual([])
})

it('drops what waited while the process was busy, whether timers or packets come first', () => {
  const { clock, flow, emit, sent, received } = setUp()
  clock.time += 2000
  // The queue is emptied before any timer runs.
  flow.fromPath('relay', packet(1))
  emit(joinPackets([packet(1)]))
  // Then the late timer, and the rest of the queue.
  clock.run()
  flow.fromPath('relay', packet(2))
  emit(joinPackets([packet(2)]))
  // The next turn: from here on packets are fresh.
  clock.time += 1
  clock.run()
  flow.fromPath('relay', packet(3))
  emit(joinPackets([packet(3)]))
  clock.run()
  expect(received()).toEqual([3])
  expect(sent.map(({ packet: [first] }) => first)).toEqual([3])
})

it('does not drop after a short pause', () => {
  const { clock, flow, received } = setUp()
  clock.time += 300
  flow.fromPath('relay', packet(1))
  clock.run()
  flow.fromPath('relay', packet(2))
  clock.run()
  expect(received()).toEqual([1, 2])
})

it('stops: no timer and no listener is left', () => {
  const { clock, flow, batches, on } = setUp()
  flow.fromPath('relay', packet(1))
  flow.stop()
  clock.time += 1000
  clock.run()
  expect(batches).toEqual([])
  expect(clock.timers).toBe(0)
  expect(on()).toBe(false)
})
