/** The calls of this device, newest first. */
import * as v from 'valibot'
import type { EndReason, HistoryEntry } from '../../src-shared/ipc/snapshot.ts'
import { integer, optionalText, type Row, type SealedDatabase, stored, StoreError, text } from './database.ts'

export interface HistoryStore {
  all(): readonly HistoryEntry[]
  /** Inserts or replaces by id. */
  add(entry: HistoryEntry): void
  remove(id: string): void
  clear(): void
  markSeen(): void
}

/** Older calls are erased; the list is shown whole, and a person looks back weeks, not years. */
const KEPT = 500

const PEOPLE = v.array(v.strictObject({ name: v.string(), handle: v.string() }))

const COLUMNS = 'id, handle, account_id, name, direction, video, started_at, duration_ms, reason, unseen, group_people'

export function createHistoryStore(database: SealedDatabase): HistoryStore {
  return {
    all: () => database.all(`SELECT ${COLUMNS} FROM history ORDER BY started_at DESC, id`, []).map(entryOf),
    add(entry) {
      database.transaction(() => {
        database.run(`INSERT OR REPLACE INTO history (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, [
          entry.id,
          entry.handle,
          entry.accountId ?? null,
          entry.name,
          entry.direction,
          Number(entry.video),
          entry.startedAt,
          entry.durationMs,
          entry.reason,
          Number(entry.unseen),
          entry.group === undefined ? null : JSON.stringify(entry.group),
        ])
        const tooMany = 'SELECT id FROM history ORDER BY started_at DESC, id LIMIT -1 OFFSET ?'
        database.run(`DELETE FROM history WHERE id IN (${tooMany})`, [KEPT])
      })
    },
    remove(id) {
      database.run('DELETE FROM history WHERE id = ?', [id])
    },
    clear() {
      database.run('DELETE FROM history', [])
    },
    markSeen() {
      database.run('UPDATE history SET unseen = 0 WHERE unseen = 1', [])
    },
  }
}

const REASONS: Readonly<Record<EndReason, true>> = {
  'hung-up': true,
  declined: true,
  busy: true,
  'no-answer': true,
  cancelled: true,
  'answered-elsewhere': true,
  'connection-lost': true,
  failed: true,
  insecure: true,
  offline: true,
  'unknown-handle': true,
  'key-changed': true,
  'no-devices': true,
  removed: true,
  'everyone-left': true,
  'not-admitted': true,
}

function isReason(value: string): value is EndReason {
  return Object.hasOwn(REASONS, value)
}

function entryOf(row: Row): HistoryEntry {
  const [id, handle, accountId, name, direction, video, startedAt, durationMs, reason, unseen, people] = row
  const why = text(reason)
  if (!isReason(why)) throw new StoreError('damaged')
  return {
    id: text(id),
    handle: text(handle),
    accountId: optionalText(accountId),
    name: text(name),
    group: people === null ? undefined : stored(PEOPLE, people),
    direction: text(direction) === 'outgoing' ? 'outgoing' : 'incoming',
    video: integer(video) === 1,
    startedAt: integer(startedAt),
    durationMs: integer(durationMs),
    reason: why,
    unseen: integer(unseen) === 1,
  }
}
