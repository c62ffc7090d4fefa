/** docs/protocol/group.md, sections 2 (R33) and 7.2. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GroupProtection } from '../../../src-renderer/media-worker/group-protection.ts'
import { WAITING_PACKETS, WaitingRoom } from '../../../src-renderer/media-worker/waiting-room.ts'
import { concatBytes } from '../../../src-shared/base/bytes.ts'
import type { StreamKeys } from '../../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'
import { DEPARTURE_BYTES, stampDeparture } from '../../../src-shared/media/departure.ts'
import { forwardingElements } from '../../../src-shared/media/forwarding.ts'
import { buildRtcp } from '../../../src-shared/media/rtcp.ts'
import { buildRtp } from '../../../src-shared/media/rtp.ts'
import { groupSsrc } from '../../../src-shared/media/ssrc.ts'

const PREFIX = { alice: 0xa11ce0, bob: 0xb0b000 }
const CM = 'AES_256_CM_HMAC_SHA1_80'
const GCM = 'AEAD_AES_256_GCM'

/** Anew each time: whoever installs them erases them. */
function keysOf(member: keyof typeof PREFIX, epoch: number, suite: SuiteName): StreamKeys {
  const stream = (kind: number) => ({
    key: new Uint8Array(32).fill((PREFIX[member] >> 12) + epoch * 16 + kind),
    salt: new Uint8Array(suite === CM ? 14 : 12).fill(epoch * 16 + kind + 8),
  })
  return { audio: stream(1), video: stream(2), screen: stream(3), screenSound: stream(4) }
}

const sending = (
  member: keyof typeof PREFIX,
  epoch: number,
  { afterMs = 0, suite = CM }: { afterMs?: number; suite?: SuiteName } = {},
) => ({ kind: 'sending-keys', epoch, suite, keys: keysOf(member, epoch, suite), afterMs }) as const
const receiving = (member: keyof typeof PREFIX, epoch: number, suite: SuiteName = CM) =>
  ({ kind: 'member-keys', member, epoch, suite, keys: keysOf(member, epoch, suite) }) as const

function rtp(sequenceNumber: number, prefix = PREFIX.alice): Uint8Array {
  return buildRtp({
    payloadType: 111,
    marker: false,
    sequenceNumber,
    timestamp: 9,
    ssrc: groupSsrc(prefix, 5, 'audio'),
    csrcs: [],
    extensions: forwardingElements({ audioLevel: { voice: true, level: 20 } }),
    payload: Uint8Array.of(1, 2, 3),
  })
}

/** As the relay sends it on. */
function departing(packet: Uint8Array): Uint8Array {
  const copy = concatBytes(packet, new Uint8Array(DEPARTURE_BYTES))
  stampDeparture(copy, 123)
  return copy
}

describe('the keys of a group', () => {
  let alice: GroupProtection
  let bob: GroupProtection

  beforeEach(() => {
    vi.useFakeTimers()
    alice = new GroupProtection()
    bob = new GroupProtection()
    bob.setMembers([{ id: 'alice', ssrcPrefix: PREFIX.alice }])
    alice.useToSend(sending('alice', 1))
    bob.useToReceive(receiving('alice', 1), 0)
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const send = (sequenceNumber: number) => alice.protectRtp('audio', rtp(sequenceNumber))

  it.each([CM, GCM] as const)('open what their member sent under %s, and say whose it is', (suite) => {
    alice.useToSend(sending('alice', 0x1_0203, { suite }))
    bob.useToReceive(receiving('alice', 0x1_0203, suite), 0)
    const packet = send(7)
    // The MKI: epoch modulo 65536.
    expect([...packet.subarray(suite === CM ? -12 : -2)].slice(0, 2)).toEqual([2, 3])
    const opened = bob.open(packet, 0)
    expect(opened).toMatchObject({ ok: true, value: { from: 'alice', kind: 'audio', rtcp: false } })
    const report = buildRtcp([{ kind: 'receiver-report', ssrc: groupSsrc(PREFIX.alice, 5, 'audio'), reports: [] }])
    expect(bob.open(alice.protectRtcp('audio', report), 0)).toMatchObject({ ok: true, value: { rtcp: true } })
    expect(bob.open(packet, 0)).toEqual({ ok: false, reason: 'replayed' })
  })

  it('open a packet that says when the relay sent it on, also after it waited for its key', () => {
    alice.useToSend(sending('alice', 2))
    const waiting = departing(send(8))
    expect(bob.open(waiting, 0)).toEqual({ ok: false, reason: 'waiting' })
    const late = bob.useToReceive(receiving('alice', 2), 0)
    for (const packet of [...late, departing(send(9))]) {
      expect(bob.open(packet, 0)).toMatchObject({ ok: true, value: { from: 'alice' } })
    }
  })

  it('count rounds anew in each epoch, and open a stream that they get only now and then', () => {
    for (let i = 0; i < 5; i++) send((60_000 + i * 20_000) & 0xffff)
    // A hundred thousand packets on: the second round after the first that was missed.
    const late = send((60_000 + 5 * 20_000) & 0xffff)
    expect(late[18]).toBe(2)
    expect(bob.open(late, 0).ok).toBe(true)
    alice.useToSend(sending('alice', 2))
    bob.useToReceive(receiving('alice', 2), 0)
    const fresh = send(50_000)
    expect(fresh[18]).toBe(0)
    expect(bob.open(fresh, 0).ok).toBe(true)
    const lied = late.slice()
    lied[18] = 3
    expect(bob.open(lied, 0)).toEqual({ ok: false, reason: 'authentication' })
  })

  it('become the sending keys at their moment, and the ones before are gone then (R33)', () => {
    alice.useToSend(sending('alice', 2, { afterMs: 800 }))
    bob.useToReceive(receiving('alice', 2), 0)
    expect(send(1).at(-11)).toBe(1)
    vi.advanceTimersByTime(801)
    expect(send(2).at(-11)).toBe(2)
    alice.useToSend(sending('alice', 3, { afterMs: 800 }))
    alice.useToSend(sending('alice', 4))
    expect(send(3).at(-11)).toBe(4)
    vi.advanceTimersByTime(2000)
    expect(send(4).at(-11)).toBe(4)
  })

  it('are never begun anew: their nonces would come again', () => {
    const packet = send(9)
    alice.useToSend(sending('alice', 1))
    expect(() => send(9)).toThrow(RangeError)
    expect(bob.open(packet, 0).ok).toBe(true)
    bob.useToReceive(receiving('alice', 1), 0)
    expect(bob.open(packet, 0)).toEqual({ ok: false, reason: 'replayed' })
  })

  it('are waited for: packets of an epoch that came early are opened when its key comes', () => {
    alice.useToSend(sending('alice', 2, { suite: GCM }))
    const early = [send(1), send(2)]
    for (const packet of early) expect(bob.open(packet, 100)).toEqual({ ok: false, reason: 'waiting' })
    const released = bob.useToReceive(receiving('alice', 2, GCM), 900)
    expect(released).toEqual(early)
    expect(released.map((packet) => bob.open(packet, 900).ok)).toEqual([true, true])
    expect(bob.useToReceive(receiving('alice', 2, GCM), 900)).toEqual([])
  })

  it('come too late after a second', () => {
    alice.useToSend(sending('alice', 2))
    bob.open(send(1), 0)
    expect(bob.useToReceive(receiving('alice', 2), 1001)).toEqual([])
    expect(bob.expired).toBe(1)
  })

  it('open nothing when they are wrong, nor for another member or nobody', () => {
    bob.useToReceive({ ...receiving('bob', 2), member: 'alice' }, 0)
    alice.useToSend(sending('alice', 2))
    expect(bob.open(send(1), 0)).toEqual({ ok: false, reason: 'authentication' })
    // Alice's key under Bob's SSRC: only Bob's keys are tried.
    bob.setMembers([
      { id: 'alice', ssrcPrefix: PREFIX.alice },
      { id: 'bob', ssrcPrefix: PREFIX.bob },
    ])
    bob.useToReceive(receiving('bob', 2), 0)
    expect(bob.open(alice.protectRtp('audio', rtp(1, PREFIX.bob)), 0)).toEqual({ ok: false, reason: 'authentication' })
    expect(bob.open(alice.protectRtp('audio', rtp(1, 0x123456)), 0)).toEqual({ ok: false, reason: 'unknown-source' })
    expect(bob.open(new Uint8Array(40), 0)).toEqual({ ok: false, reason: 'unknown-source' })
    for (const bytes of [new Uint8Array(), new Uint8Array(11)]) {
      expect(bob.open(bytes, 0)).toEqual({ ok: false, reason: 'malformed' })
    }
  })

  it('go when their epoch is dropped, their member leaves, or the call ends (R21, R33)', () => {
    const packets = [send(1), send(2), send(3)]
    const [first, second, third] = packets as [Uint8Array, Uint8Array, Uint8Array]
    expect(bob.open(first, 0).ok).toBe(true)
    bob.dropEpochs(2)
    expect(bob.open(second, 0)).toEqual({ ok: false, reason: 'waiting' })
    expect(bob.useToReceive(receiving('alice', 1), 0)).toEqual([])
    bob.setMembers([])
    expect(bob.open(third, 0)).toEqual({ ok: false, reason: 'unknown-source' })
    alice.erase()
    expect(alice.canSend).toBe(false)
    expect(() => send(4)).toThrow()
  })

  it('are erased in the messages that brought them', () => {
    const messages = [sending('alice', 7), receiving('alice', 7), receiving('bob', 7)] as const
    alice.useToSend(messages[0])
    bob.useToReceive(messages[1], 0)
    bob.useToReceive(messages[2], 0)
    for (const { keys } of messages) {
      for (const { key, salt } of Object.values(keys)) expect([...key, ...salt].every((byte) => byte === 0)).toBe(true)
    }
  })
})

describe('the room in which packets wait', () => {
  it('holds so many in all, and who floods it pushes out its own', () => {
    const room = new WaitingRoom()
    room.add(1, Uint8Array.of(1), 0)
    for (let i = 0; i < WAITING_PACKETS + 100; i++) room.add(2, Uint8Array.of(2, i & 0xff), 1)
    expect(room.dropped).toBe(101)
    expect(room.take(1, 2)).toEqual([Uint8Array.of(1)])
    const kept = room.take(2, 2)
    expect(kept).toHaveLength(WAITING_PACKETS - 1)
    expect(kept.at(-1)).toEqual(Uint8Array.of(2, (WAITING_PACKETS + 99) & 0xff))
    expect(room.take(2, 2)).toEqual([])
  })

  it('keeps copies, each for a second', () => {
    const room = new WaitingRoom()
    const bytes = Uint8Array.of(1, 2)
    room.add(1, bytes, 0)
    bytes[0] = 9
    room.add(1, bytes, 500)
    expect(room.take(1, 1200)).toEqual([Uint8Array.of(9, 2)])
    expect(room.dropped).toBe(1)
  })
})
