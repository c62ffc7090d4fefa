/** What a device tells the relay of the pictures that it looks at (docs/protocol/group.md, section 5.3). */
import { describe, expect, it } from 'vitest'
import { Looking } from '../../../src-renderer/media-worker/looking.ts'
import type { GroupFromWorker } from '../../../src-shared/ipc/media-port.ts'

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

  it('says what its network carries once packets are missed, and again only when that moves', () => {
    const { told, looking: own } = looking()
    own.watch([{ member: 'a', height: 300 }])
    own.measure({ bytes: 100_000, packets: 200, missed: 100 })
    expect(told).toHaveLength(2)
    expect(told[1]?.kind === 'look' && told[1].downlink).toBeGreaterThan(0)
    own.measure({ bytes: 200_000, packets: 400, missed: 10 })
    expect(told).toHaveLength(2)
  })
})
