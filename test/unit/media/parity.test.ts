import { describe, expect, it } from 'vitest'
import { parseRepair } from '../../../src-shared/media/flexible-fec.ts'
import { PacketRecovery } from '../../../src-shared/media/packet-recovery.ts'
import { ParityChoice, ParityGroups } from '../../../src-shared/media/parity.ts'
import { FLEXIBLE_FEC } from '../../../src-shared/media/payload-types.ts'
import { buildRtp, type RtpPacket, sequenceNumberOf } from '../../../src-shared/media/rtp.ts'

const SSRC = 0x1236

const rtp = (sequenceNumber: number, payload: Uint8Array, rest: Partial<RtpPacket> = {}): RtpPacket => ({
  payloadType: 96,
  marker: false,
  sequenceNumber: sequenceNumber & 0xffff,
  timestamp: 9,
  ssrc: SSRC,
  csrcs: [],
  extensions: [],
  payload,
  ...rest,
})

/** The packets of a frame, numbered from `first`. */
const frameOf = (first: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => buildRtp(rtp(first + i, Uint8Array.of(i, first & 0xff, 7))))

const repairOf = (payload: Uint8Array, source = SSRC): RtpPacket =>
  rtp(1, payload, { payloadType: FLEXIBLE_FEC, ssrc: 0x223a, csrcs: [source] })

/** What each frame's repair packets cover. */
const covered = (groups: ParityGroups, frame: readonly Uint8Array[]): (readonly number[])[] =>
  groups.add(frame).flatMap(({ repair }) => (repair === undefined ? [] : [parseRepair(repair)?.numbers ?? []]))

describe('groups', () => {
  it('end with their frame, and cover every second packet of the one before as well', () => {
    const groups = new ParityGroups()
    expect(covered(groups, frameOf(10, 4))).toEqual([[10, 11, 12, 13]])
    expect(covered(groups, frameOf(14, 4))).toEqual([[11, 13, 14, 15, 16, 17]])
  })
  it('of frames of one or two packets span two of them', () => {
    const groups = new ParityGroups()
    expect(covered(groups, frameOf(1, 1))).toEqual([])
    expect(covered(groups, frameOf(2, 1))).toEqual([[1, 2]])
    expect(covered(groups, frameOf(3, 2))).toEqual([])
    expect(covered(groups, frameOf(5, 1))).toEqual([[2, 3, 4, 5]])
  })
  it('of a keyframe are even, of ten packets at most, and follow their packets', () => {
    const groups = new ParityGroups()
    const parts = groups.add(frameOf(0xfff0, 46))
    expect(parts.map(({ packets }) => packets.length)).toEqual([10, 10, 10, 10, 6])
    expect(parts.every(({ repair }) => repair !== undefined)).toBe(true)
    expect(parts.flatMap(({ packets }) => packets.map(sequenceNumberOf))[45]).toBe(29)
  })
  it('are not joined over a pause', () => {
    const groups = new ParityGroups()
    groups.add(frameOf(1, 4))
    groups.add(frameOf(5, 2))
    groups.clear()
    expect(covered(groups, frameOf(500, 3))).toEqual([[500, 501, 502]])
  })
})

describe('the choice', () => {
  const far = { roundTrip: 250, loss: 0.03, lossRun: 1.1 }

  it('is for long ways on which packets are lost one by one', () => {
    const isWorthwhile = (path: Partial<typeof far>) => new ParityChoice().isWorthwhile({ ...far, ...path })
    expect(isWorthwhile({})).toBe(true)
    expect(isWorthwhile({ roundTrip: 100 })).toBe(false)
    expect(isWorthwhile({ loss: 0.001 })).toBe(false)
    expect(isWorthwhile({ lossRun: 3 })).toBe(false)
    expect(new ParityChoice().isWorthwhile({ ...far, roundTrip: undefined })).toBe(false)
  })
  it('does not swing at a border', () => {
    const choice = new ParityChoice()
    const losses = [0.006, 0.009, 0.006, 0.009, 0.006, 0.003, 0.006]
    expect(losses.map((loss) => choice.isWorthwhile({ ...far, loss }))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
    ])
  })
})

describe('recovery', () => {
  const groups = new ParityGroups()
  const first = frameOf(0xfffe, 4)
  const second = frameOf(2, 4)
  const [repairFirst, repairSecond] = [first, second].map((frame) => groups.add(frame)[0]?.repair ?? new Uint8Array())
  if (repairFirst === undefined || repairSecond === undefined) throw new Error('no repair packets')

  const without = (frame: readonly Uint8Array[], ...lost: number[]) => frame.filter((_, i) => !lost.includes(i))
  const come = (recovery: PacketRecovery, packets: readonly Uint8Array[]) =>
    packets.flatMap((packet) => recovery.received(packet))

  it('gives one lost packet as soon as the repair packet is there, or the last of the others', () => {
    const recovery = new PacketRecovery()
    expect(come(recovery, without(first, 2))).toEqual([])
    expect(recovery.repair(repairOf(repairFirst))).toEqual([first[2]])
    const other = new PacketRecovery()
    come(other, without(first, 1, 2))
    expect(other.repair(repairOf(repairFirst))).toEqual([])
    expect(come(other, first.slice(1, 2))).toEqual([first[2]])
  })
  it('gives two with the next repair packet, of which one is covered twice', () => {
    const recovery = new PacketRecovery()
    come(recovery, without(first, 0, 1))
    expect(recovery.repair(repairOf(repairFirst))).toEqual([])
    come(recovery, second)
    expect(recovery.repair(repairOf(repairSecond))).toEqual([first[1], first[0]])
  })
  it('needs nothing where all came, and ignores what is malformed or about another stream', () => {
    const recovery = new PacketRecovery()
    come(recovery, without(first, 2))
    expect(recovery.repair(repairOf(repairFirst, 0x9996))).toEqual([])
    expect(recovery.repair(repairOf(repairFirst.subarray(0, 11)))).toEqual([])
    expect(recovery.repair(rtp(1, repairFirst, { payloadType: FLEXIBLE_FEC }))).toEqual([])
    come(recovery, first.slice(2, 3))
    expect(recovery.repair(repairOf(repairFirst))).toEqual([])
  })
  it('forgets with a new stream, and after half a thousand packets', () => {
    const recovery = new PacketRecovery()
    come(recovery, without(first, 2))
    come(recovery, frameOf(100, 600))
    expect(recovery.repair(repairOf(repairFirst))).toEqual([])
    const other = new PacketRecovery()
    come(other, without(first, 2))
    other.received(buildRtp(rtp(5, Uint8Array.of(1), { ssrc: 0x777e })))
    expect(other.repair(repairOf(repairFirst))).toEqual([])
  })
})
