import { describe, expect, it } from 'vitest'
import en from '../../../src-renderer/app/language/en.json' with { type: 'json' }
import { createTranslate } from '../../../src-renderer/app/language/translator.ts'
import type { CallStatistics } from '../../../src-renderer/devices/media-session.ts'
import { canCallAgain, isWaiting, phaseWord } from '../../../src-renderer/features/call/call-state.ts'
import { statisticsGroups } from '../../../src-renderer/features/call/statistics-rows.ts'
import { callLine } from '../../../src-renderer/features/people/call-line.ts'
import type { CallView, EndReason, HistoryEntry } from '../../../src-shared/ipc/snapshot.ts'

const t = createTranslate(en, 'en')

const ended = (reason: EndReason): CallView => ({
  callId: '00',
  behindGroup: false,
  direction: 'outgoing',
  name: 'Mara',
  handle: 'mara',
  accountId: undefined,
  phase: { kind: 'ended', reason },
  local: { audio: true, video: true, screen: false },
  remote: { audio: false, video: false, screen: false },
  proof: undefined,
  connectedAt: undefined,
})

describe('a call that ended', () => {
  it.each(['hung-up', 'declined', 'busy', 'no-answer', 'connection-lost', 'failed', 'offline', 'no-devices'] as const)(
    'can be repeated after %s',
    (reason) => {
      expect(canCallAgain(ended(reason))).toBe(true)
    },
  )

  it.each(['insecure', 'key-changed', 'unknown-handle', 'answered-elsewhere'] as const)(
    'cannot be mended by repeating it after %s',
    (reason) => {
      expect(canCallAgain(ended(reason))).toBe(false)
    },
  )

  it('cannot be repeated while it runs', () => {
    expect(canCallAgain({ ...ended('failed'), phase: { kind: 'connected' } })).toBe(false)
  })
})

describe('a call that runs', () => {
  it('waits for an answer until someone accepts', () => {
    expect(isWaiting({ kind: 'calling' })).toBe(true)
    expect(isWaiting({ kind: 'ringing' })).toBe(true)
    expect(isWaiting({ kind: 'connecting' })).toBe(false)
    expect(isWaiting({ kind: 'reconnecting', until: 0 })).toBe(false)
  })

  it('says where it stands', () => {
    expect(t(phaseWord.ringing)).toBe('Ringing…')
    expect(t(phaseWord.reconnecting)).toBe('Reconnecting…')
  })
})

describe('callLine', () => {
  const entry: HistoryEntry = {
    id: '1',
    handle: 'mara',
    accountId: undefined,
    name: 'Mara',
    group: undefined,
    direction: 'incoming',
    video: true,
    startedAt: 0,
    durationMs: 0,
    reason: 'no-answer',
    unseen: false,
  }

  it('names missed calls as such', () => {
    expect(callLine(entry, t)).toBe('Missed video call')
    expect(callLine({ ...entry, video: false, reason: 'cancelled' }, t)).toBe('Missed audio call')
  })

  it('says how long a call was, or why there was none', () => {
    expect(callLine({ ...entry, reason: 'hung-up', durationMs: 90_000 }, t)).toBe('Video call, 2 min')
    expect(callLine({ ...entry, direction: 'outgoing' }, t)).toBe('Video call, no answer')
    expect(callLine({ ...entry, reason: 'declined', video: false }, t)).toBe('Audio call, declined')
  })
})

describe('statisticsGroups', () => {
  const counters = { codec: 'VP9' as const, frames: 1234, keyframes: 2, bytes: 5_600_000, width: 640, height: 360 }
  const statistics: CallStatistics = {
    suite: undefined,
    path: undefined,
    firstRemoteFrameAt: undefined,
    firstRemoteAudioAt: undefined,
    video: {
      sent: { ...counters, codec: undefined, width: 0, height: 0, limitedBy: 'computer' },
      received: { ...counters, rendered: 1200, freezes: 1, freezeMs: 640 },
      keyframesRequested: 0,
    },
    screen: {
      sent: { ...counters, codec: undefined },
      received: { ...counters, rendered: 7, freezes: 0, freezeMs: 0 },
    },
    screenSound: { sentMs: 0, received: undefined },
    audio: { codec: 'opus', sentMs: 12_340, playedMs: 12_000, concealedMs: 0, bufferMs: 42 },
    packets: { sent: 10, received: 9, lost: 1, repeated: 0, refused: 0, dropped: 0 },
    audioVideoSkewMs: undefined,
    roundTripMs: 38.4,
    sending: { availableBitrate: 2_480_000, loss: 0.004 },
  }
  const rows = new Map<string, string>(
    statisticsGroups(statistics, t, 'en').flatMap((group) =>
      group.rows.map((row): readonly [string, string] => [[group.id, row.label].join(' '), row.value]),
    ),
  )

  it('writes units, and a dash for what is not known', () => {
    expect(rows.get('stats.group.connection stats.roundTrip')).toBe('38 ms')
    expect(rows.get('stats.group.videoReceived stats.size')).toBe('640 × 360')
    expect(rows.get('stats.group.videoReceived stats.frames')).toBe('1,234')
    expect(rows.get('stats.group.videoReceived stats.bytes')).toBe('5.6 MB')
    expect(rows.get('stats.group.videoReceived stats.freezes')).toBe('1 (0.6 s)')
    expect(rows.get('stats.group.videoSent stats.size')).toBe('–')
    expect(rows.get('stats.group.videoReceived stats.codec')).toBe('VP9')
    expect(rows.get('stats.group.videoSent stats.codec')).toBe('–')
    expect(rows.get('stats.group.videoReceived stats.skew')).toBe('–')
    expect(rows.get('stats.group.audio stats.audioSent')).toBe('12.3 s')
  })

  it('speaks of screens where there was one', () => {
    expect(rows.get('stats.group.screenReceived stats.rendered')).toBe('7')
    expect(rows.has('stats.group.screenSent stats.codec')).toBe(false)
  })
})
