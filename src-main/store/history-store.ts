/** The calls of this device, newest first. */
import type { EndReason, HistoryEntry } from '../../src-shared/ipc/snapshot.ts'
import { integer, optionalText, type Row, type SealedDatabase, StoreError, text } from './database.ts'

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

const COLUMNS = 'id, handle, account_id, name, direction, video, started_at, duration_ms, reason, unseen'

export function createHistoryStore(database: SealedDatabase): HistoryStore {
  return {
    all: () => database.all(`SELECT ${COLUMNS} FROM history ORDER BY started_at DESC, id`, []).map(entryOf),
    add(entry) {
      database.transaction(() => {
        database.run(`INSERT OR REPLACE INTO history (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, [
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
}

function isReason(value: string): value is EndReason {
  return Object.hasOwn(REASONS, value)
}

function entryOf(row: Row): HistoryEntry {
  const [id, handle, accountId, name, direction, video, startedAt, durationMs, reason, unseen] = row
  const why = text(reason)
  if (!isReason(why)) throw new StoreError('damaged')
  return {
    id: text(id),
    handle: text(handle),
    accountId: optionalText(accountId),
    name: text(name),
    direction: text(direction) === 'outgoing' ? 'outgoing' : 'incoming',
    video: integer(video) === 1,
    startedAt: integer(startedAt),
    durationMs: integer(durationMs),
    reason: why,
    unseen: integer(unseen) === 1,
  }
}
