/** The people that the person put into the contacts. Who they are cryptographically stands in the pins. */
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { AccountId } from '../../src-shared/ipc/snapshot.ts'
import type { Contacts } from '../account/ports.ts'
import { integer, type Row, type SealedDatabase, text } from './database.ts'

export interface ContactRow {
  readonly accountId: AccountId
  readonly handle: string
  readonly name: string
  readonly blocked: boolean
  /** R7: the directory showed another account key for this handle, and the person has not accepted it yet. */
  readonly keyChanged: boolean
}

export interface ContactStore extends Contacts {
  /** In order of their names. */
  all(): readonly ContactRow[]
  byAccount(accountId: AccountId): ContactRow | undefined
  byHandle(handle: string): ContactRow | undefined
  /** Inserts, or renames who is there already. */
  add(contact: { accountId: AccountId; handle: string; name: string }, at: UnixMs): void
  rename(accountId: AccountId, name: string): void
  setBlocked(accountId: AccountId, blocked: boolean): void
  setKeyChanged(handle: string, changed: boolean): void
  /** R7: the same person under a new account key. */
  moveTo(handle: string, accountId: AccountId): void
  remove(accountId: AccountId): void
}

const COLUMNS = 'account_id, handle, name, blocked, key_changed'

export function createContactStore(database: SealedDatabase): ContactStore {
  const one = (condition: string, value: string) => {
    const row = database.get(`SELECT ${COLUMNS} FROM contacts WHERE ${condition} = ?`, [value])
    return row && contactOf(row)
  }
  return {
    all: () => database.all(`SELECT ${COLUMNS} FROM contacts ORDER BY name COLLATE NOCASE, handle`, []).map(contactOf),
    byAccount: (accountId) => one('account_id', accountId),
    byHandle: (handle) => one('handle', handle),
    add({ accountId, handle, name }, at) {
      database.run(
        `INSERT INTO contacts (account_id, handle, name, blocked, key_changed, added_at) VALUES (?, ?, ?, 0, 0, ?)
         ON CONFLICT (account_id) DO UPDATE SET name = excluded.name, handle = excluded.handle`,
        [accountId, handle, name, at],
      )
    },
    rename(accountId, name) {
      database.run('UPDATE contacts SET name = ? WHERE account_id = ?', [name, accountId])
    },
    setBlocked(accountId, blocked) {
      database.run('UPDATE contacts SET blocked = ? WHERE account_id = ?', [Number(blocked), accountId])
    },
    setKeyChanged(handle, changed) {
      database.run('UPDATE contacts SET key_changed = ? WHERE handle = ?', [Number(changed), handle])
    },
    moveTo(handle, accountId) {
      database.transaction(() => {
        // Someone who was a contact under another handle, and now has this one as well, is one person from here on.
        database.run('DELETE FROM contacts WHERE account_id = ? AND handle <> ?', [accountId, handle])
        database.run('UPDATE contacts SET account_id = ?, key_changed = 0 WHERE handle = ?', [accountId, handle])
      })
    },
    remove(accountId) {
      database.run('DELETE FROM contacts WHERE account_id = ?', [accountId])
    },
  }
}

function contactOf(row: Row): ContactRow {
  const [accountId, handle, name, blocked, keyChanged] = row
  return {
    accountId: text(accountId),
    handle: text(handle),
    name: text(name),
    blocked: integer(blocked) === 1,
    keyChanged: integer(keyChanged) === 1,
  }
}
