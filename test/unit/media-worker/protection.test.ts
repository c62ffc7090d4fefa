import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { buildRtcp } from '../../../src-shared/media/rtcp.ts'
import { buildRtp } from '../../../src-shared/media/rtp.ts'
import type { StreamKeys } from '../../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../../src-shared/ipc/snapshot.ts'
import { type GenerationOfKeys, Protection } from '../../../src-renderer/media-worker/protection.ts'

const SUITE: SuiteName = 'AES_256_CM_HMAC_SHA1_80'
const SSRC = { audio: 0x1001, video: 0x1002, screen: 0x1003, screenSound: 0x1004 }

function streams(seed: number): StreamKeys {
  const stream = (kind: number) => ({
    key: new Uint8Array(32).fill(seed * 16 + kind),
    salt: new Uint8Array(14).fill(seed * 16 + kind + 8),
  })
  return { audio: stream(1), video: stream(2), screen: stream(3), screenSound: stream(4) }
}

function generation(number: number, end: 0 | 1): GenerationOfKeys {
  const both = [streams(2 * number + 1), streams(2 * number + 2)] as const
  return { kind: 'keys', generation: number, suite: SUITE, send: both[end], receive: both[end === 0 ? 1 : 0] }
}

function rtp(ssrc: number, sequenceNumber: number): Uint8Array {
  return buildRtp({
    payloadType: 96,
    marker: true,
    sequenceNumber,
    timestamp: 9,
    ssrc,
    csrcs: [],
    extensions: [],
    payload: Uint8Array.of(1, 2, 3),
  })
}

describe('protection', () => {
  let near: Protection
  let far: Protection

  beforeEach(() => {
    vi.useFakeTimers()
    near = new Protection()
    far = new Protection()
    near.install(generation(0, 0))
    far.install(generation(0, 1))
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('opens what the other end protected, each kind under its own key', () => {
    for (const kind of ['audio', 'video', 'screen'] as const) {
      const packet = rtp(SSRC[kind], 7)
      const opened = far.open(near.protectRtp(kind, packet))
      expect(opened).toEqual({ ok: true, value: { kind, rtcp: false, packet } })
    }
    const compound = buildRtcp([{ kind: 'receiver-report', ssrc: SSRC.video, reports: [] }])
    expect(far.open(near.protectRtcp('video', compound))).toMatchObject({
      ok: true,
      value: { kind: 'video', rtcp: true },
    })
  })

  it('refuses a packet whose SSRC names another kind', () => {
    expect(far.open(near.protectRtp('audio', rtp(SSRC.video, 7))).ok).toBe(false)
    expect(far.open(near.protectRtp('audio', rtp(SSRC.screenSound, 7))).ok).toBe(false)
    expect(far.open(new Uint8Array()).ok).toBe(false)
    expect(far.open(new Uint8Array(11)).ok).toBe(false)
  })

  it('has no keys to open its own packets with (R17)', () => {
    expect(near.open(near.protectRtp('audio', rtp(SSRC.audio, 7))).ok).toBe(false)
  })

  it('erases the message that brought the keys', () => {
    const keys = generation(1, 0)
    near.install(keys)
    for (const { key, salt } of Object.values({ ...keys.send, ...keys.receive })) {
      expect([...key, ...salt].every((byte) => byte === 0)).toBe(true)
    }
  })

  it('keeps the generation before for two seconds, under the same SSRC and numbers (R18, R39)', () => {
    const early = near.protectRtp('video', rtp(SSRC.video, 41_000))
    const late = near.protectRtp('video', rtp(SSRC.video, 41_001))
    near.install(generation(1, 0))
    far.install(generation(1, 1))
    const fresh = near.protectRtp('video', rtp(SSRC.video, 41_002))
    expect(fresh.at(-11)).toBe(1)
    expect(far.open(fresh).ok).toBe(true)
    expect(far.open(early).ok).toBe(true)
    vi.advanceTimersByTime(2001)
    expect(far.open(late)).toEqual({ ok: false, reason: 'unknown-mki' })
    expect(far.open(near.protectRtp('video', rtp(SSRC.video, 41_003))).ok).toBe(true)
  })

  it('opens what comes under the next generation before it sends under it, and each packet once (R39)', () => {
    const ahead = { ...generation(1, 1), kind: 'keys-ahead' } as const
    far.expect(ahead)
    for (const { key, salt } of Object.values(ahead.receive)) {
      expect([...key, ...salt].every((byte) => byte === 0)).toBe(true)
    }
    expect(far.open(near.protectRtp('video', rtp(SSRC.video, 1))).ok).toBe(true)
    near.install(generation(1, 0))
    const first = near.protectRtp('video', rtp(SSRC.video, 2))
    expect(far.open(first).ok).toBe(true)
    expect(far.protectRtp('audio', rtp(SSRC.audio, 1)).at(-11)).toBe(0)
    far.install(generation(1, 1))
    expect(far.open(first)).toEqual({ ok: false, reason: 'replayed' })
    expect(far.open(near.protectRtp('video', rtp(SSRC.video, 3))).ok).toBe(true)
    expect(far.protectRtp('audio', rtp(SSRC.audio, 2)).at(-11)).toBe(1)
  })

  it('begins no generation anew: its nonces would come again (R18, R39)', () => {
    const packet = rtp(SSRC.video, 100)
    near.protectRtp('video', packet)
    near.install(generation(0, 0))
    expect(() => near.protectRtp('video', packet)).toThrow(RangeError)
    near.install(generation(1, 0))
    near.install(generation(0, 0))
    expect(near.protectRtp('video', rtp(SSRC.video, 101)).at(-11)).toBe(1)
  })

  it('neither opens nor protects after the end (R21)', () => {
    const packet = near.protectRtp('audio', rtp(SSRC.audio, 7))
    near.erase()
    far.erase()
    expect(far.open(packet)).toEqual({ ok: false, reason: 'no-keys' })
    near.install(generation(0, 0))
    expect(near.canSend).toBe(false)
    expect(() => near.protectRtp('audio', rtp(SSRC.audio, 8))).toThrow()
  })
})
