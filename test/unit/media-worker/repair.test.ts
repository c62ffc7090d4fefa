/** docs/protocol/media.md, section 9. */
import { describe, expect, it } from 'vitest'
import { PacketRequests, patienceFor, SentPackets } from '../../../src-renderer/media-worker/repair.ts'

function packet(sequenceNumber: number): Uint8Array {
  return Uint8Array.of(0x80, 96, sequenceNumber >> 8, sequenceNumber & 0xff, 1, 2, 3)
}

describe('what was sent', () => {
  it('is found again as it was, across the wrap', () => {
    const sent = new SentPackets()
    const packets = [65_534, 65_535, 0, 1].map(packet)
    sent.remember(packets, 0)
    expect(sent.find([65_535, 1, 7], 100, 50)).toEqual([packets[1], packets[3]])
  })
  it('goes out at most four times more, and not twice within a round trip', () => {
    const sent = new SentPackets()
    sent.remember([packet(5)], 0)
    expect(sent.find([5, 5], 10, 50)).toHaveLength(1)
    expect(sent.find([5], 40, 50)).toHaveLength(0)
    const later = [70, 130, 190, 250, 310].map((now) => sent.find([5], now, 50).length)
    expect(later).toEqual([1, 1, 1, 0, 0])
  })
  it('is forgotten after a second, and beyond a thousand', () => {
    const sent = new SentPackets()
    sent.remember([packet(1)], 0)
    sent.remember([packet(2)], 900)
    sent.remember([packet(3)], 1100)
    expect(sent.find([1, 2, 3], 1100, 50)).toEqual([packet(2), packet(3)])
    sent.remember(
      Array.from({ length: 2000 }, (_, i) => packet(i + 10)),
      1200,
    )
    expect(sent.find([11, 2009], 1200, 50)).toEqual([packet(2009)])
  })
})

describe('what is missing', () => {
  const SSRC = 6
  const arrive = (requests: PacketRequests, now: number, ...numbers: number[]) => {
    for (const number of numbers) requests.arrived(SSRC, number & 0xffff, now)
  }

  it('is asked for after the time of reordering, and again while it does not come', () => {
    const requests = new PacketRequests()
    arrive(requests, 0, 65_534, 2)
    expect(requests.take(5, 40, 200)).toEqual([])
    expect(requests.take(8, 40, 200)).toEqual([65_535, 0, 1])
    expect(requests.take(20, 40, 200)).toEqual([])
    arrive(requests, 30, 0)
    expect(requests.take(70, 40, 200)).toEqual([65_535, 1])
    expect(requests.take(201, 40, 200)).toEqual([])
    expect(requests.isEmpty).toBe(true)
  })
  it('is not asked for if it was only overtaken', () => {
    const requests = new PacketRequests()
    arrive(requests, 0, 1, 3)
    arrive(requests, 4, 2)
    expect(requests.take(100, 40, 200)).toEqual([])
    expect(requests.isEmpty).toBe(true)
  })
  it('is not asked for after an outage: a keyframe is the better remedy', () => {
    const requests = new PacketRequests()
    arrive(requests, 0, 1, 1000)
    expect(requests.take(50, 40, 200)).toEqual([])
  })
  it('begins anew with another stream', () => {
    const requests = new PacketRequests()
    arrive(requests, 0, 1, 5)
    requests.arrived(10, 400, 1)
    requests.arrived(10, 402, 1)
    expect(requests.take(20, 40, 200)).toEqual([401])
  })
  it('is waited for long enough to be asked for twice', () => {
    for (const roundTrip of [10, 40, 100]) expect(patienceFor(roundTrip)).toBeGreaterThan(2 * (1.25 * roundTrip))
    expect(patienceFor(1000)).toBe(400)
  })
})
