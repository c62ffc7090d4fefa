import { describe, expect, it } from 'vitest'
import en from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import { createTranslate } from '../../../src-renderer/app/language/translator.ts'
import type { GroupStatistics, MemberStatistics } from '../../../src-renderer/devices/group-session.ts'
import { GroupQuality } from '../../../src-renderer/features/group/group-quality.ts'
import { type GroupReport, GroupReports } from '../../../src-renderer/features/group/group-report.ts'
import { groupFigures } from '../../../src-renderer/features/group/group-rows.ts'

const ADA = 'aa'.repeat(32)
const BEN = 'bb'.repeat(32)
const NONE = { codec: undefined, frames: 0, keyframes: 0, bytes: 0, width: 0, height: 0 }
const UNSEEN = { ...NONE, rendered: 0, freezes: 0, freezeMs: 0 }

/** After so many seconds; a member's counters begin when it comes. */
const memberAfter = (seconds: number): MemberStatistics => ({
  firstFrameAt: 1,
  firstSoundAt: 1,
  video: {
    ...{ codec: 'VP8', frames: 30 * seconds, rendered: 25 * seconds, keyframes: 1, bytes: 20_000 * seconds },
    ...{ width: 320, height: 180, freezes: 1, freezeMs: 640 },
  },
  layer: 0,
  screen: UNSEEN,
  screenSound: undefined,
  keyframesRequested: 0,
  audio: { playedMs: 1000 * seconds, concealedMs: 40, bufferMs: 60 },
  received: 90 * seconds,
  lost: 10 * seconds,
  skewMs: undefined,
  roundTripMs: undefined,
})

const after = (seconds: number, members: GroupStatistics['members'] = { [ADA]: memberAfter(seconds) }) => ({
  suite: 'AEAD_AES_256_GCM',
  sending: { availableBitrate: 1_500_000, loss: 0.01 },
  roundTripMs: 30,
  sent: {
    layers: [
      { codec: 'VP8' as const, frames: 15 * seconds, keyframes: 1, bytes: 12_500 * seconds, width: 320, height: 180 },
      NONE,
      NONE,
    ],
    screen: NONE,
    soundMs: 1000 * seconds,
    soundBytes: 4000 * seconds,
  },
  packets: { sent: 1, received: 2, repeated: 0, refused: 0, dropped: 0 },
  members,
})

const proof = { epoch: 7, keysSince: 1000, transport: 'websocket' as const }

function reports(...readings: readonly ReturnType<typeof after>[]): GroupReport[] {
  const made = new GroupReports()
  return readings.map((reading, at) => made.report(reading, { proof, members: [ADA, BEN] }, 10_000 + 1000 * at))
}

describe('the report of a group call', () => {
  it('counts by the second, once there are two readings', () => {
    const [first, second] = reports(after(10), after(11))
    expect(first?.sent.sound.bitrate).toBeUndefined()
    expect(second?.sent.sound.bitrate).toBe(32_000)
    expect(second?.sent.layers[0]).toMatchObject({ bitrate: 100_000, framesPerSecond: 15 })
    expect(second?.members[0]?.pace.video).toEqual({ bitrate: 160_000, framesPerSecond: 25 })
    expect(second?.members[0]?.loss).toBeCloseTo(0.1)
  })

  it('looks back over a few seconds only', () => {
    const idle = after(13)
    const last = reports(after(10), after(13), idle, idle, idle, idle).at(-1)
    expect(last?.sent.sound.bitrate).toBe(0)
    expect(last?.members[0]?.loss).toBeUndefined()
  })

  it('begins anew with who comes anew', () => {
    const again = reports(after(10), after(11, { [ADA]: memberAfter(1) })).at(-1)
    expect(again?.members[0]?.pace.video.bitrate).toBeUndefined()
    expect(again?.members[0]?.loss).toBeUndefined()
    expect(reports(after(10), after(11, { [BEN]: memberAfter(1) })).at(-1)?.members).toHaveLength(1)
  })

  it('knows the keys, and names nobody', () => {
    const [report] = reports(after(10))
    expect(report).toMatchObject({ epoch: 7, keysAgeMs: 9000, transport: 'websocket', suite: 'AEAD_AES_256_GCM' })
    expect(JSON.stringify(report)).not.toContain(ADA)
  })
})

describe('groupFigures', () => {
  const t = createTranslate(en, 'en')
  const report = reports(after(10), after(11)).at(-1)
  const groups = report === undefined ? [] : groupFigures(report, ['Ada'], t, 'en')
  const rows = new Map<string, string>(
    groups.flatMap(({ title, rows }) => rows.map(({ label, value }) => [`${title}: ${t(label)}`, value] as const)),
  )

  it('tells what is sent', () => {
    expect(rows.get('Connection: Relay reached by')).toBe('WebSocket')
    expect(rows.get('Connection: Age of the keys')).toBe('0:10')
    expect(rows.get('Sent by you: Small')).toBe('320 × 180, 15/s, 100 kb/s')
    expect(rows.get('Sent by you: Large')).toBe('Nothing at present')
    expect(rows.get('Sent by you: Sound')).toBe('32 kb/s')
    expect(rows.has('Sent by you: Screen')).toBe(false)
  })

  it('tells what comes from each member', () => {
    expect(rows.get('From Ada: Picture')).toBe('320 × 180, 25/s, 160 kb/s')
    expect(rows.get('From Ada: Layer')).toBe('Small')
    expect(rows.get('From Ada: Freezes')).toBe('1 (0.6 s)')
    expect(rows.get('From Ada: Packets lost')).toBe('110 (10% lately)')
  })
})

describe('GroupQuality', () => {
  const WELL = { availableBitrate: 2_000_000, loss: 0 }
  /** What it says after ten seconds in which each member lost this share. */
  function after10(shares: Readonly<Record<string, number>>, sending = WELL) {
    const quality = new GroupQuality()
    const counters = (second: number, share: number) => ({
      lost: 100 * share * second,
      received: 100 * (1 - share) * second,
    })
    const said = Array.from({ length: 10 }, (_, second) =>
      quality.measured({
        sending,
        members: Object.fromEntries(Object.entries(shares).map(([id, share]) => [id, counters(second, share)])),
      }),
    )
    return said.at(-1)
  }

  it('says nothing while all is well, or nobody is there', () => {
    expect(after10({ [ADA]: 0.01, [BEN]: 0 })).toBeUndefined()
    expect(after10({})).toBeUndefined()
  })

  it('finds the reason with the one whose packets alone are lost', () => {
    expect(after10({ [ADA]: 0, [BEN]: 0.2 })).toEqual({ side: 'theirs', member: BEN })
    expect(after10({ [BEN]: 0.2 })).toEqual({ side: 'theirs', member: BEN })
  })

  it('finds it here when most suffer, or what is sent', () => {
    const lossy = { availableBitrate: 2_000_000, loss: 0.2 }
    expect(after10({ [ADA]: 0.2, [BEN]: 0.2 })).toEqual({ side: 'own', way: 'here' })
    expect(after10({ [ADA]: 0, [BEN]: 0 }, lossy)).toEqual({ side: 'own', way: 'there' })
    expect(after10({ [ADA]: 0.2, [BEN]: 0.2 }, lossy)).toEqual({ side: 'own', way: 'both' })
  })

  it('forgets who is gone', () => {
    const quality = new GroupQuality()
    const lossy = (second: number) => ({ lost: 20 * second, received: 80 * second })
    for (let second = 0; second < 10; second++) quality.measured({ sending: WELL, members: { [ADA]: lossy(second) } })
    expect(quality.measured({ sending: WELL, members: {} })).toBeUndefined()
    expect(quality.measured({ sending: WELL, members: { [ADA]: lossy(11) } })).toBeUndefined()
  })
})
