/** All repositories over one database. */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Result, success } from '../../src-shared/base/result.ts'
import type { PinStore, PrekeyStore, ReplayStore } from '../account/ports.ts'
import { type ContactStore, createContactStore } from './contact-store.ts'
import { SealedDatabase, type StoreProblem, text } from './database.ts'
import type { InvitationStore } from '../group-calls/ports.ts'
import { createHistoryStore, type HistoryStore } from './history-store.ts'
import { createInvitationStore } from './invitation-store.ts'
import { createPinStore } from './pin-store.ts'
import { createPrekeyStore } from './prekey-store.ts'
import { createReplayStore } from './replay-store.ts'
import { createSettingsStore, type SettingsStore } from './settings-store.ts'

/** Single facts about this profile. */
export interface MetaStore {
  get(key: MetaKey): string | undefined
  set(key: MetaKey, value: string | undefined): void
}

export type MetaKey =
  | 'service-address' /* the service that the person chose; absent: the one inside the app */
  | 'account' /* present once the vault held an account: an empty vault beside it was lost */

export interface Store {
  readonly pins: PinStore
  readonly prekeys: PrekeyStore
  readonly replays: ReplayStore
  readonly contacts: ContactStore
  readonly history: HistoryStore
  readonly invitations: InvitationStore
  readonly settings: SettingsStore
  readonly meta: MetaStore
  close(): void
}

export function openStore(file: string, key: Bytes): Result<Store, StoreProblem> {
  const opened = SealedDatabase.open(file, key)
  if (!opened.ok) return opened
  const database = opened.value
  return success({
    pins: createPinStore(database),
    prekeys: createPrekeyStore(database),
    replays: createReplayStore(database),
    contacts: createContactStore(database),
    history: createHistoryStore(database),
    invitations: createInvitationStore(database),
    settings: createSettingsStore(database),
    meta: createMetaStore(database),
    close: () => {
      database.close()
    },
  })
}

function createMetaStore(database: SealedDatabase): MetaStore {
  return {
    get(key) {
      const row = database.get('SELECT value FROM meta WHERE key = ?', [key])
      return row && text(row[0])
    },
    set(key, value) {
      if (value === undefined) database.run('DELETE FROM meta WHERE key = ?', [key])
      else database.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', [key, value])
    },
  }
}
