/** docs/protocol/media.md, section 9. */
import { describe, expect, it } from 'vitest'
import { PacketRequests, patienceFor, ResendBudget, SentPackets } from '../../../src-renderer/media-worker/repair.ts'

function packet(sequenceNumber: number): Uint8Array {
  return Uint8Array.of(0x80, 96, sequenceNumber >> 8, sequenceNumber & 0xff, 1, 2, 3)
}

const ANY = () => true

describe('what was sent', () => {
  it('is found again as it was, across the wrap', () => {
    const sent = new SentPackets()
    const packets = [65_534, 65_535, 0, 1].map(packet)
    sent.remember(packets, 0)
    expect(sent.find([65_535, 1, 7], 100, ANY)).toEqual([packets[1], packets[3]])
  })
  it('goes out at most ten times more, and not at once for a request that came twice', () => {
    const sent = new SentPackets()
    sent.remember([packet(5)], 0)
    expect(sent.find([5, 5], 10, ANY)).toHaveLength(1)
    expect(sent.find([5], 20, ANY)).toHaveLength(0)
    const later = Array.from({ length: 12 }, (_, i) => sent.find([5], 30 + 20 * i, ANY).length)
    expect(later).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0])
  })
  it('is forgotten after a second and a half, and beyond a thousand', () => {
    const sent = new SentPackets()
    sent.remember([packet(1)], 0)
    sent.remember([packet(2)], 1400)
    sent.remember([packet(3)], 1600)
    expect(sent.find([1, 2, 3], 1600, ANY)).toEqual([packet(2), packet(3)])
    sent.remember(
      Array.from({ length: 2000 }, (_, i) => packet(i + 10)),
      1700,
    )
    expect(sent.find([11, 2009], 1700, ANY)).toEqual([packet(2009)])
  })
})

describe('what is sent again', () => {
  it('is a third of what may leave, and little of it is saved up', () => {
    const budget = new ResendBudget()
    const admitted = (pacing: number, now: number) => {
      let bytes = 0
      while (budget.admit(1000, pacing, now)) bytes += 1000
      return bytes
    }
    expect(admitted(480_000, 0)).toBe(6000)
    expect(admitted(480_000, 0)).toBe(0)
    expect(admitted(480_000, 100)).toBe(2000)
    expect(admitted(480_000, 60_000)).toBe(6000)
    expect(admitted(4_800_000, 60_100)).toBe(20_000)
    expect(admitted(0, 60_200)).toBe(0)
    // Nor is one that began with nothing spoiled for ever.
    const poor = new ResendBudget()
    expect(poor.admit(1000, 0, 10)).toBe(false)
    expect(poor.admit(1000, 480_000, 10)).toBe(false)
    expect(poor.admit(1000, 480_000, 110)).toBe(true)
  })
  it('stays what it was where it is not admitted', () => {
    const sent = new SentPackets()
    sent.remember([packet(5), packet(6)], 0)
    const lengths: number[] = []
    const none = (length: number) => lengths.push(length) === 0
    expect(sent.find([5, 6], 10, none)).toEqual([])
    expect(lengths).toEqual([7, 7])
    expect(sent.find([5, 6], 11, ANY)).toHaveLength(2)
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
  it('is asked for twice in a row where a lost request would cost a long round trip', () => {
    const requests = new PacketRequests()
    arrive(requests, 0, 1, 3)
    const moments = Array.from({ length: 80 }, (_, i) => 10 * i)
    const asked = moments.filter((now) => requests.take(now, 300, patienceFor(300)).length > 0)
    expect(asked).toEqual([10, 30, 360, 380, 710, 730])
  })
  it('is asked for twice in a row on a short way as well, when the first request came to nothing', () => {
    const requests = new PacketRequests()
    arrive(requests, 0, 1, 3)
    const moments = Array.from({ length: 30 }, (_, i) => 10 * i)
    const asked = moments.filter((now) => requests.take(now, 40, 250).length > 0)
    expect(asked).toEqual([10, 70, 90, 130, 150, 190, 210, 250])
  })
  it('is waited for longer where much is lost, which the packets that came tell', () => {
    const requests = new PacketRequests()
    expect(patienceFor(50, requests.loss)).toBe(250)
    let number = 0
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 4; j++) requests.arrived(10, number++, i)
      number += 1
    }
    expect(requests.loss).toBeGreaterThan(0.15)
    expect(requests.loss).toBeLessThan(0.25)
    expect(patienceFor(50, requests.loss)).toBeGreaterThan(300)
    for (const loss of [0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 0.999, 1]) {
      for (const roundTrip of [0, 10, 99, 100, 1000]) {
        expect(patienceFor(roundTrip, loss)).toBeGreaterThanOrEqual(patienceFor(roundTrip, 0))
        expect(patienceFor(roundTrip, loss)).toBeLessThanOrEqual(1000)
      }
    }
  })
  it('is waited for long enough to be asked for twice, and for an answer on the longest way', () => {
    for (const roundTrip of [10, 40, 100, 200, 300, 380]) {
      const requests = new PacketRequests()
      arrive(requests, 0, 1, 3)
      let second = 0
      for (let now = 1; second === 0; now++) {
        const due = requests.take(now, roundTrip, patienceFor(roundTrip))
        if (due.length > 0 && now > 8 + roundTrip) second = now
      }
      expect(second + roundTrip).toBeLessThan(patienceFor(roundTrip))
    }
    expect(patienceFor(900)).toBe(1000)
  })
})
