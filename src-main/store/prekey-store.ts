/** R11: this device's prekeys with their private halves, until they are erased. */
import { erase } from '../../src-shared/base/bytes.ts'
import type { PrekeyStore, StoredPrekey } from '../account/ports.ts'
import { blob, integer, optionalInteger, type Row, type SealedDatabase, StoreError, text } from './database.ts'

const COLUMNS = 'kind, id, prekey, p256_secret, kem_seed, published_at, superseded_at, queue_emptied'

export function createPrekeyStore(database: SealedDatabase): PrekeyStore {
  return {
    find(kind, id) {
      const row = database.get(`SELECT ${COLUMNS} FROM prekeys WHERE kind = ? AND id = ?`, [kind, id])
      return row && prekeyOf(row)
    },
    all(kind) {
      return database.all(`SELECT ${COLUMNS} FROM prekeys WHERE kind = ?`, [kind]).map(prekeyOf)
    },
    save(prekeys) {
      const sql = `INSERT OR REPLACE INTO prekeys (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
      database.transaction(() => {
        for (const prekey of prekeys) {
          database.run(sql, [
            prekey.kind,
            prekey.id,
            prekey.prekey,
            prekey.p256Secret,
            prekey.kemSeed,
            prekey.publishedAt ?? null,
            prekey.supersededAt ?? null,
            Number(prekey.queueEmptied),
          ])
        }
      })
    },
    remove(kind, ids) {
      database.transaction(() => {
        for (const id of ids) database.run('DELETE FROM prekeys WHERE kind = ? AND id = ?', [kind, id])
      })
    },
  }
}

function prekeyOf(row: Row): StoredPrekey {
  const [kind, id, prekey, p256Secret, kemSeed, publishedAt, supersededAt, queueEmptied] = row
  return {
    kind: kindOf(text(kind)),
    id: integer(id),
    prekey: blob(prekey),
    p256Secret: secret(p256Secret),
    kemSeed: secret(kemSeed),
    publishedAt: optionalInteger(publishedAt),
    supersededAt: optionalInteger(supersededAt),
    queueEmptied: integer(queueEmptied) === 1,
  }
}

/** The caller erases the copy; the one that libsql made is erased here. */
function secret(value: unknown): Uint8Array {
  const copy = blob(value)
  erase(value instanceof ArrayBuffer ? new Uint8Array(value) : value instanceof Uint8Array ? value : new Uint8Array())
  return copy
}

function kindOf(kind: string): StoredPrekey['kind'] {
  if (kind !== 'one-time' && kind !== 'medium-term') throw new StoreError('damaged')
  return kind
}
