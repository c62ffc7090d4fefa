/** What a device tells the relay of the pictures that it looks at (docs/protocol/group.md, section 5.3). */
import { describe, expect, it, vi } from 'vitest'
import { Looking } from '../../../src-renderer/media-worker/looking.ts'
import type { GroupFromWorker } from '../../../src-shared/ipc/media-port.ts'
import { stampDeparture } from '../../../src-shared/media/departure.ts'

function looking() {
  const told: GroupFromWorker[] = []
  return { told, looking: new Looking((request) => told.push(request)) }
}

describe('whoever looks at pictures', () => {
  it('asks for the smallest layer that looks whole, the most important first', () => {
    const { told, looking: own } = looking()
    own.watch([
      { member: 'large', height: 900 },
      { member: 'middle', height: 400 },
      { member: 'small', height: 120 },
    ])
    expect(told).toEqual([
      {
        kind: 'look',
        downlink: 0,
        pictures: [
          { member: 'large', layer: 2 },
          { member: 'middle', layer: 1 },
          { member: 'small', layer: 0 },
        ],
      },
    ])
  })

  it('says nothing again while nothing changes but the size of the window, and everything on another connection', () => {
    const { told, looking: own } = looking()
    for (let height = 300; height < 400; height++) own.watch([{ member: 'a', height }])
    expect(told).toHaveLength(1)
    own.watch([{ member: 'a', height: 700 }])
    own.watch([])
    expect(told).toHaveLength(3)
    own.tell()
    expect(told).toHaveLength(4)
    expect(told[3]).toEqual(told[2])
  })

  it('says what its network carries once packets queue, and again only when that moves', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { told, looking: own } = looking()
    own.watch([{ member: 'a', height: 300 }])
    let departure = 0
    /** A thousand bytes every 10 ms, each some time later than the one before. */
    const second = (later: number): void => {
      for (let i = 0; i < 100; i++) {
        vi.advanceTimersByTime(10)
        departure += 10 - later
        const packet = new Uint8Array(1000)
        stampDeparture(packet, departure)
        own.arrived(packet, performance.now())
        own.packetsTaken(() => 0)
      }
    }
    second(0)
    expect(told).toHaveLength(1)
    second(5)
    expect(told.length).toBeGreaterThan(1)
    const last = told[told.length - 1]
    expect(last?.kind === 'look' && last.downlink).toBeGreaterThan(300)
    vi.useRealTimers()
  })

  it('learns nothing from reports, which do not say when they left', () => {
    const { told, looking: own } = looking()
    const report = new Uint8Array(1000)
    report[1] = 200
    for (let i = 0; i < 100; i++) {
      own.arrived(report, 10 * i + i * i)
      own.packetsTaken(() => 50)
    }
    expect(told).toEqual([])
  })
})
