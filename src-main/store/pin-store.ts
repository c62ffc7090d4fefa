/** R5 and R7: what was seen of each account. */
import { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { AccountPin, PinStore } from '../account/ports.ts'
import { blob, integer, type Row, type SealedDatabase, text } from './database.ts'

const COLUMNS = 'pins.account_pub, pins.handle, pins.list_version, pins.list_hash, pins.verified'

export function createPinStore(database: SealedDatabase): PinStore {
  return {
    byAccount(accountPub) {
      return pinOf(database.get(`SELECT ${COLUMNS} FROM pins WHERE account_pub = ?`, [accountPub]))
    },
    byHandle(handle) {
      const sql = `SELECT ${COLUMNS} FROM pins JOIN pinned_handles USING (account_pub) WHERE pinned_handles.handle = ?`
      return pinOf(database.get(sql, [handle]))
    },
    save(pin) {
      const handle = pin.handle.reveal()
      database.transaction(() => {
        database.run(
          `INSERT INTO pins (account_pub, handle, list_version, list_hash, verified) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (account_pub) DO UPDATE SET handle = excluded.handle, list_version = excluded.list_version,
             list_hash = excluded.list_hash, verified = excluded.verified`,
          [pin.accountPub, handle, pin.listVersion, pin.listHash, Number(pin.verified)],
        )
        database.run(
          `INSERT INTO pinned_handles (handle, account_pub) VALUES (?, ?)
           ON CONFLICT (handle) DO UPDATE SET account_pub = excluded.account_pub`,
          [handle, pin.accountPub],
        )
      })
    },
  }
}

function pinOf(row: Row | undefined): AccountPin | undefined {
  if (row === undefined) return undefined
  const [accountPub, handle, listVersion, listHash, verified] = row
  return {
    accountPub: blob(accountPub),
    handle: new Sensitive(text(handle)),
    listVersion: integer(listVersion),
    listHash: blob(listHash),
    verified: integer(verified) === 1,
  }
}
