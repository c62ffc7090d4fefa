import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppState } from '../../../src-main/app/app-state.ts'
import { attention, missedCalls, whoCalls } from '../../../src-main/app/attention.ts'
import { createLog, errorOutline } from '../../../src-main/app/log.ts'
import { ProfileFolder } from '../../../src-main/app/profile.ts'
import { textsFor } from '../../../src-main/app/texts.ts'
import { cornerBounds, FLOATING, floatingBounds, MINIMUM, restoredBounds } from '../../../src-main/app/window-bounds.ts'
import { DEFAULT_SETTINGS } from '../../../src-main/store/settings-defaults.ts'
import type { Contact, HistoryEntry, IncomingView, Snapshot } from '../../../src-shared/ipc/snapshot.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'app-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const empty: Snapshot = {
  startup: { kind: 'ready', profile: { name: 'Ada', handle: 'ada', accountId: 'aa' } },
  service: { kind: 'online', address: '', embedded: false },
  contacts: [],
  history: [],
  settings: DEFAULT_SETTINGS,
  call: undefined,
  group: undefined,
  incoming: undefined,
  joinable: [],
  muteShortcutTaken: false,
  mainWindow: 'front',
}

const incoming = (callId: string): IncomingView => ({
  callId,
  name: 'Bea',
  handle: 'bea',
  verification: 'verified',
  inContacts: true,
  video: true,
  group: undefined,
})

const missed = (id: string): HistoryEntry => ({
  id,
  handle: 'bea',
  accountId: undefined,
  name: 'Bea',
  group: undefined,
  direction: 'incoming',
  video: false,
  startedAt: 1,
  durationMs: 0,
  reason: 'no-answer',
  unseen: true,
})

describe('the state of the app', () => {
  it('is announced once a turn, whole, with what stood before', async () => {
    const state = new AppState(empty)
    const seen: [Snapshot, Snapshot][] = []
    const stop = state.onChange((now, before) => seen.push([now, before]))
    state.update({ incoming: incoming('1') })
    state.update({ service: { kind: 'offline', address: '', embedded: false } })
    expect(state.snapshot.incoming?.callId).toBe('1')
    expect(seen).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toHaveLength(1)
    expect(seen[0]?.[0]).toBe(state.snapshot)
    expect(seen[0]?.[1]).toBe(empty)
    stop()
    state.update({ incoming: undefined })
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toHaveLength(1)
  })
})

describe('what a person shall notice', () => {
  it('is a call that begins and ends to ring, and one that was missed', () => {
    const ringing = { ...empty, incoming: incoming('1') }
    expect(attention(ringing, empty)).toEqual([{ kind: 'incoming', incoming: incoming('1') }])
    expect(attention({ ...ringing, incoming: incoming('2') }, ringing).map(({ kind }) => kind)).toEqual([
      'incoming-over',
      'incoming',
    ])
    expect(attention({ ...ringing }, ringing)).toEqual([])
    const after = { ...empty, history: [missed('1')] }
    expect(attention(after, ringing).map(({ kind }) => kind)).toEqual(['incoming-over', 'missed'])
    expect(missedCalls(after)).toBe(1)
    expect(attention({ ...after, history: [{ ...missed('1'), unseen: false }] }, after)).toEqual([])
  })

  it('names a stranger with the handle, and a contact as the contacts do', () => {
    const caller = { name: 'Mara', handle: 'mallory' }
    const contact: Contact = {
      accountId: '00',
      handle: 'mallory',
      name: 'Mara',
      verification: 'unverified',
      blocked: false,
    }
    expect(whoCalls(empty, caller)).toBe('Mara (mallory)')
    expect(whoCalls(empty, { name: 'mallory', handle: 'mallory' })).toBe('mallory')
    expect(whoCalls({ contacts: [contact] }, caller)).toBe('Mara')
  })

  it('is not what was in the history when the app started', () => {
    const opening: Snapshot = { ...empty, startup: { kind: 'opening' } }
    expect(attention({ ...empty, history: [missed('1')] }, opening)).toEqual([])
  })
})

describe('the window', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1080 }

  it('comes back where it was, if that place is still there', () => {
    const bounds = { x: 100, y: 50, width: 900, height: 700 }
    expect(restoredBounds(bounds, [screen])).toEqual(bounds)
    expect(restoredBounds({ ...bounds, x: 3000 }, [screen])).toBeUndefined()
    expect(restoredBounds({ ...bounds, x: 3000 }, [screen, { ...screen, x: 1920 }])).toEqual({ ...bounds, x: 3000 })
    expect(restoredBounds({ ...bounds, width: 1, height: 1 }, [screen])).toEqual({ ...bounds, ...MINIMUM })
  })

  it('is always somewhere where it can be caught, whatever was saved', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({ x: fc.integer(), y: fc.integer(), width: fc.integer(), height: fc.integer() }),
        ),
        (saved) => {
          const bounds = restoredBounds(saved, [screen])
          if (bounds === undefined) return
          expect(bounds.x).toBeLessThan(screen.width)
          expect(bounds.x + bounds.width).toBeGreaterThan(0)
          expect(bounds.y).toBeLessThan(screen.height)
          expect(bounds.width).toBeGreaterThanOrEqual(MINIMUM.width)
        },
      ),
    )
  })

  it('announces calls in the corner', () => {
    expect(cornerBounds(screen, { width: 300, height: 400 })).toEqual({ x: 1604, y: 16, width: 300, height: 400 })
    expect(cornerBounds({ ...screen, width: 200 }, { width: 300, height: 400 }).x).toBe(0)
  })

  it('puts a call that floats where the person left it, and into the corner once that place is gone', () => {
    const left = { x: 100, y: 900, width: 400, height: 160 }
    const corner = { x: 1920 - 16 - FLOATING.initial.width, y: 16, ...FLOATING.initial }
    expect(floatingBounds(undefined, screen, [screen])).toEqual(corner)
    expect(floatingBounds(left, screen, [screen])).toEqual(left)
    expect(floatingBounds({ ...left, x: 3000 }, screen, [screen])).toEqual(corner)
  })
})

describe('the profile', () => {
  it('keeps its name in the keychain, also when the folder moves or its file is lost', () => {
    const first = new ProfileFolder(folder, false)
    const { keychainName } = first.facts
    expect(keychainName).toMatch(/^Sightline [0-9a-f]{8}$/)
    first.rememberPasswordStore('kwallet6')
    expect(new ProfileFolder(folder, false).facts).toEqual({ keychainName, passwordStore: 'kwallet6' })
    writeFileSync(path.join(folder, 'profile.json'), '{"keychainName": 7')
    expect(new ProfileFolder(folder, false).facts.keychainName).toBe(keychainName)
    expect(new ProfileFolder(path.join(folder, 'other'), false).facts.keychainName).not.toBe(keychainName)
    expect(new ProfileFolder(path.join(folder, 'usual'), true).facts.keychainName).toBe('Sightline')
  })
})

describe('the log', () => {
  it('holds the outline of an error and never its message', () => {
    const error = Object.assign(new Error('connect ECONNREFUSED 192.168.1.20:8440'), { code: 'ECONNREFUSED' })
    const log = createLog(folder)
    log.error({ error }, 'no connection')
    log.error({ error: 'ada@example.org' }, 'text thrown')
    const text = readFileSync(path.join(folder, 'sightline.log'), 'utf8')
    expect(text).toContain('ECONNREFUSED')
    expect(text).toContain('app-parts.test.ts')
    expect(text).not.toMatch(/192\.168|ada@example/)
    expect(errorOutline(error)).toMatchObject({ name: 'Error', code: 'ECONNREFUSED' })
  })

  it('is rotated, and only a few files are kept', () => {
    const log = createLog(folder)
    for (let i = 0; i < 800; i++) log.info({ fill: 'x'.repeat(10_000) }, 'line')
    expect(readdirSync(folder).sort()).toEqual([
      'sightline.log',
      'sightline.log.1',
      'sightline.log.2',
      'sightline.log.3',
    ])
  })
})

describe('texts', () => {
  it('are there in every language of the settings, and for every system', () => {
    expect(textsFor('en', 'de-AT').quit).toBe('Quit Sightline')
    expect(textsFor('system', 'xx').trayMissed(2)).toBe('2 missed calls')
    expect(textsFor('system', 'constructor').app).toBe('Sightline')
  })
})
