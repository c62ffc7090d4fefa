import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredPrekey } from '../../../src-main/account/ports.ts'
import type { Invitation } from '../../../src-main/group-calls/ports.ts'
import { SealedDatabase, StoreError } from '../../../src-main/store/database.ts'
import { MIGRATIONS } from '../../../src-main/store/migrations.ts'
import { DEFAULT_SETTINGS } from '../../../src-main/store/settings-defaults.ts'
import { openStore, type Store } from '../../../src-main/store/store.ts'
import { Sensitive } from '../../../src-shared/base/sensitive.ts'
import type { HistoryEntry } from '../../../src-shared/ipc/snapshot.ts'

const random = (length: number) => new Uint8Array(randomBytes(length))
const KEY = random(32)

let folder: string
let stores: Store[] = []
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'store-'))
})
afterEach(() => {
  for (const store of stores) store.close()
  stores = []
  rmSync(folder, { recursive: true, force: true })
})

const file = () => path.join(folder, 'sightline.db')
const everything = () =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'hex')]))

function open(key = KEY): Store {
  const store = openStore(file(), key)
  if (!store.ok) throw new Error(store.reason)
  stores.push(store.value)
  return store.value
}

function reopen(): Store {
  for (const store of stores) store.close()
  stores = []
  return open()
}

const pin = (accountPub: Uint8Array, handle: string, listVersion = 1, verified = false) => ({
  accountPub,
  handle: new Sensitive(handle),
  listVersion,
  listHash: random(32),
  verified,
})

const prekey = (kind: StoredPrekey['kind'], id: number, secret = random(32)): StoredPrekey => ({
  kind,
  id,
  prekey: random(1358),
  p256Secret: secret,
  kemSeed: random(64),
  publishedAt: undefined,
  supersededAt: undefined,
  queueEmptied: false,
})

const call = (id: string, startedAt: number): HistoryEntry => ({
  id,
  handle: 'bea@example.org',
  accountId: undefined,
  name: 'Bea',
  group: undefined,
  direction: 'incoming',
  video: true,
  startedAt,
  durationMs: 0,
  reason: 'no-answer',
  unseen: true,
})

describe('the database', () => {
  it('keeps everything across a restart', () => {
    const store = open()
    const [account, hash] = [random(32), random(32)]
    const saved = { ...pin(account, 'bea@example.org', 3, true), listHash: hash }
    store.pins.save(saved)
    const key = { ...prekey('one-time', 7), publishedAt: 1_790_000_000_123 }
    store.prekeys.save([key])
    expect(store.replays.remember(account, hash, 500)).toBe(true)
    store.contacts.add({ accountId: 'aa', handle: 'bea@example.org', name: 'Bea' }, 1)
    store.history.add(call('1', 5))
    store.settings.update({ theme: 'dark', cameraId: 'front' })
    store.meta.set('service-address', 'calls.example.org')

    const again = reopen()
    expect(again.pins.byAccount(account)).toEqual(saved)
    expect(again.prekeys.find('one-time', 7)).toEqual(key)
    expect(again.replays.remember(account, hash, 500)).toBe(false)
    expect(again.contacts.byAccount('aa')?.name).toBe('Bea')
    expect(again.history.all()).toEqual([call('1', 5)])
    expect(again.settings.all()).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark', cameraId: 'front' })
    expect(again.meta.get('service-address')).toBe('calls.example.org')
    expect(again.meta.get('account')).toBeUndefined()
  })

  it('keeps the people of a group call with it', () => {
    const store = open()
    const group = [{ name: 'Ada "the first"', handle: 'ada' }]
    store.history.add({ ...call('1', 5), group, reason: 'everyone-left' })
    expect(reopen().history.all()).toEqual([{ ...call('1', 5), group, reason: 'everyone-left' }])
  })

  it('keeps invitations until they expire, the newest to each call', () => {
    const store = open()
    const invitation = (sentAt: number): Invitation => ({
      groupId: new Uint8Array(16).fill(7),
      createHash: new Uint8Array(32).fill(1),
      ticket: new Uint8Array(40).fill(2),
      inviterCertHash: new Uint8Array(32).fill(3),
      inviterHandle: new Sensitive('ada'),
      inviterName: 'Ada',
      people: new Sensitive(['ada', 'ben']),
      video: true,
      sentAt,
      expiresAt: sentAt + 100,
    })
    store.invitations.save(invitation(1000))
    store.invitations.save(invitation(1050))
    const again = reopen()
    const [kept, ...others] = again.invitations.all(1100)
    expect(others).toEqual([])
    expect(kept).toMatchObject({ sentAt: 1050, inviterName: 'Ada', video: true, ticket: invitation(0).ticket })
    expect(kept?.people.reveal()).toEqual(['ada', 'ben'])
    expect(again.invitations.all(1150)).toEqual([])
    again.invitations.save(invitation(2000))
    again.invitations.remove(invitation(0).groupId)
    expect(again.invitations.all(2001)).toEqual([])
  })

  it('shows nothing of its content on disk', () => {
    const store = open()
    store.contacts.add({ accountId: 'aa', handle: 'findme@example.org', name: 'Find Me Please' }, 1)
    store.close()
    stores = []
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(path.join(folder, name))
      expect(bytes.includes('findme@example.org')).toBe(false)
      expect(bytes.includes('CREATE TABLE')).toBe(false)
      expect(bytes.includes('SQLite format 3')).toBe(false)
    }
  })

  it('refuses a wrong key and leaves every byte as it was', () => {
    open().close()
    stores = []
    const before = everything()
    expect(openStore(file(), random(32))).toEqual({ ok: false, reason: 'wrong-key' })
    expect(everything()).toEqual(before)
  })

  it('refuses a damaged, a shortened and an emptied file, and leaves every byte as it was', () => {
    const store = open()
    for (let i = 0; i < 100; i++) store.prekeys.save([prekey('one-time', i)])
    store.close()
    stores = []
    const whole = readFileSync(file())
    const harms: [string, () => void][] = [
      ['damaged', () => truncateSync(file(), 0)],
      ['damaged', () => truncateSync(file(), 4096 * 3)],
      ['wrong-key', () => writeFileSync(file(), Buffer.concat([random(4096), whole.subarray(4096)]))],
    ]
    for (const [reason, harm] of harms) {
      writeFileSync(file(), whole)
      harm()
      const before = everything()
      expect(openStore(file(), KEY)).toEqual({ ok: false, reason })
      expect(everything()).toEqual(before)
    }
    writeFileSync(file(), whole)
    expect(open().prekeys.all('one-time')).toHaveLength(100)
  })

  it('refuses what a newer version wrote', () => {
    open().close()
    stores = []
    const database = SealedDatabase.open(file(), KEY)
    if (!database.ok) throw new Error(database.reason)
    database.value.execute(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    database.value.close()
    expect(openStore(file(), KEY)).toEqual({ ok: false, reason: 'newer' })
  })

  it('begins again after a process died while making it', () => {
    writeFileSync(`${file()}.new`, 'half a database')
    expect(open().settings.all()).toEqual(DEFAULT_SETTINGS)
  })

  it('says so when the disk is full, keeps what was there, and goes on when there is room', () => {
    const opened = SealedDatabase.open(file(), KEY)
    if (!opened.ok) throw new Error(opened.reason)
    const database = opened.value
    database.run('INSERT INTO meta (key, value) VALUES (?, ?)', ['account', 'kept'])
    const pages = Number(database.get('PRAGMA page_count', [])?.[0])
    database.execute(`PRAGMA max_page_count = ${pages + 2}`)
    const fill = () =>
      database.transaction(() => {
        for (let i = 0; i < 100; i++) {
          database.run('INSERT INTO settings (key, value) VALUES (?, ?)', [String(i), 'x'.repeat(4000)])
        }
      })
    expect(fill).toThrow(StoreError)
    try {
      fill()
    } catch (error) {
      expect(error instanceof StoreError && error.problem).toBe('full')
    }
    expect(database.all('SELECT key FROM settings', [])).toEqual([])
    expect(database.get('SELECT value FROM meta', [])).toEqual(['kept'])
    database.execute('PRAGMA max_page_count = 100000')
    fill()
    expect(database.all('SELECT key FROM settings', [])).toHaveLength(100)
    database.close()
  })
})

describe('pins (R5, R7)', () => {
  it('leads a handle to the account that had it last, and keeps the other pin', () => {
    const store = open()
    const [first, second] = [pin(random(32), 'bea@example.org', 4, true), pin(random(32), 'bea@example.org')]
    store.pins.save(first)
    store.pins.save(second)
    expect(store.pins.byHandle('bea@example.org')).toEqual(second)
    expect(store.pins.byAccount(first.accountPub)).toEqual(first)
    store.pins.save({ ...first, handle: new Sensitive('new@example.org'), listVersion: 5 })
    expect(store.pins.byHandle('new@example.org')?.listVersion).toBe(5)
    expect(store.pins.byHandle('nobody@example.org')).toBeUndefined()
  })
})

describe('prekeys (R11)', () => {
  it('tells the kinds apart, replaces by id, and erases', () => {
    const store = open()
    store.prekeys.save([prekey('one-time', 1), prekey('one-time', 2), prekey('medium-term', 1)])
    const replaced = { ...prekey('medium-term', 1), supersededAt: 9, queueEmptied: true }
    store.prekeys.save([replaced])
    expect(store.prekeys.find('medium-term', 1)).toEqual(replaced)
    store.prekeys.remove('one-time', [1, 99])
    expect(store.prekeys.all('one-time').map(({ id }) => id)).toEqual([2])
    expect(store.prekeys.find('one-time', 1)).toBeUndefined()
    expect(store.prekeys.all('medium-term')).toHaveLength(1)
  })

  it('leaves no copy of an erased private half in the file', () => {
    const secret = random(32)
    open().prekeys.save([prekey('one-time', 1, secret)])
    const store = reopen()
    store.prekeys.remove('one-time', [1])
    store.close()
    stores = []
    // Under the key itself, page by page: nothing of the record is left in free space either.
    const opened = SealedDatabase.open(file(), KEY)
    if (!opened.ok) throw new Error(opened.reason)
    expect(opened.value.get('PRAGMA secure_delete', [])).toEqual([1])
    const plain = path.join(folder, 'plain.db')
    opened.value.execute(`PRAGMA rekey = ''`)
    opened.value.close()
    writeFileSync(plain, readFileSync(file()))
    const bytes = readFileSync(plain)
    expect(bytes.includes('SQLite format 3')).toBe(true)
    expect(bytes.includes(Buffer.from(secret))).toBe(false)
  })
})

describe('the replay cache (R13)', () => {
  it('accepts each pair once until it is pruned', () => {
    const store = open()
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(), (sender, until) => {
        const message = random(16)
        expect(store.replays.remember(sender, message, until)).toBe(true)
        expect(store.replays.remember(sender, message, until)).toBe(false)
        expect(store.replays.remember(message, sender, until)).toBe(true)
      }),
      { numRuns: 20 },
    )
    const [sender, message] = [random(32), random(16)]
    store.replays.remember(sender, message, 100)
    store.replays.prune(100)
    expect(store.replays.remember(sender, message, 100)).toBe(false)
    store.replays.prune(101)
    expect(store.replays.remember(sender, message, 100)).toBe(true)
  })
})

describe('contacts', () => {
  it('adds, renames, blocks, sorts and removes', () => {
    const { contacts } = open()
    contacts.add({ accountId: 'bb', handle: 'zoe@example.org', name: 'zoe' }, 1)
    contacts.add({ accountId: 'aa', handle: 'bea@example.org', name: 'Bea' }, 2)
    contacts.add({ accountId: 'aa', handle: 'bea@example.org', name: 'Beatrice' }, 3)
    expect(contacts.all().map(({ name }) => name)).toEqual(['Beatrice', 'zoe'])
    contacts.setBlocked('bb', true)
    contacts.rename('bb', 'Zoë')
    expect(contacts.byHandle('zoe@example.org')).toMatchObject({ name: 'Zoë', blocked: true, keyChanged: false })
    contacts.remove('aa')
    expect(contacts.byAccount('aa')).toBeUndefined()
  })

  it('moves a person to the new account key that was accepted (R7)', () => {
    const { contacts } = open()
    contacts.add({ accountId: 'aa', handle: 'bea@example.org', name: 'Bea' }, 1)
    contacts.setKeyChanged('bea@example.org', true)
    expect(contacts.byAccount('aa')?.keyChanged).toBe(true)
    contacts.add({ accountId: 'bb', handle: 'old@example.org', name: 'Bea at work' }, 1)
    contacts.moveTo('bea@example.org', 'bb')
    expect(contacts.all()).toEqual([
      { accountId: 'bb', handle: 'bea@example.org', name: 'Bea', blocked: false, keyChanged: false },
    ])
  })
})

describe('history', () => {
  it('shows the newest first, drops what is too old, forgets on request', () => {
    const { history } = open()
    for (let i = 0; i < 503; i++) history.add(call(String(i), i))
    expect(history.all()).toHaveLength(500)
    expect(history.all()[0]?.id).toBe('502')
    history.markSeen()
    expect(history.all().some(({ unseen }) => unseen)).toBe(false)
    history.remove('502')
    expect(history.all()[0]?.id).toBe('501')
    history.clear()
    expect(history.all()).toEqual([])
  })
})

describe('settings', () => {
  it('falls back to a default where a stored value means nothing to this version', () => {
    const opened = SealedDatabase.open(file(), KEY)
    if (!opened.ok) throw new Error(opened.reason)
    const insert = 'INSERT INTO settings (key, value) VALUES (?, ?)'
    opened.value.run(insert, ['theme', '"sepia"'])
    opened.value.run(insert, ['ringtone', 'not json'])
    opened.value.run(insert, ['contactsOnly', 'true'])
    opened.value.close()
    const { settings } = open()
    expect(settings.all()).toEqual({ ...DEFAULT_SETTINGS, contactsOnly: true })
    settings.update({ contactsOnly: false, speakerId: 'desk' })
    settings.update({ speakerId: undefined })
    expect(settings.all()).toEqual(DEFAULT_SETTINGS)
  })
})
