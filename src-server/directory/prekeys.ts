/** The prekeys of each device (R11): one-time ones are handed out once, the medium-term one when none is left. */
import { setImmediate } from 'node:timers/promises'
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { VerifiedCertificate } from '../../src-shared/identity/certificate.ts'
import { parsePrekey, verifyPrekey, type VerifiedPrekey } from '../../src-shared/protocol/prekey.ts'
import { bytesColumn, numberColumn } from '../storage/columns.ts'
import type { Database, Queries } from '../storage/database.ts'

/** Twice the stock that a device keeps, so that refilling never fails. */
export const ONE_TIME_STOCK_MAX = 200

export class Prekeys {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** All of them or none. */
  async publish(
    device: VerifiedCertificate,
    prekeys: readonly Bytes[],
    now: UnixMs,
  ): Promise<Result<undefined, 'invalid' | 'full'>> {
    const verified: VerifiedPrekey[] = []
    for (const bytes of prekeys) {
      const prekey = parsePrekey(bytes)
      const checked = prekey === undefined ? undefined : verifyPrekey(prekey, device, now)
      if (checked?.ok !== true) return failure('invalid')
      verified.push(checked.value)
      // Each check takes some milliseconds; the relay's packets do not wait for 32 of them.
      await setImmediate()
    }
    return this.#database.transaction(async (queries) => {
      for (const prekey of verified) await store(queries, prekey)
      return (await stock(queries, device.certHash, now)) <= ONE_TIME_STOCK_MAX ? success(undefined) : failure('full')
    })
  }

  stock(certHash: Bytes, now: UnixMs): Promise<number> {
    return stock(this.#database, certHash, now)
  }

  async fetch(certHash: Bytes, now: UnixMs, allowOneTime: boolean): Promise<Result<Bytes, 'unknown'>> {
    const [row] =
      (allowOneTime ? await this.#takeOneTime(certHash, now) : undefined) ?? (await this.#mediumTerm(certHash, now))
    return row === undefined ? failure('unknown') : success(bytesColumn(row, 'bytes'))
  }

  /** Erases what is past its time; numbers that were handed out may be forgotten then. */
  async sweep(now: UnixMs): Promise<void> {
    await this.#database.query('DELETE FROM prekeys WHERE not_after < $1', [now])
  }

  async #takeOneTime(certHash: Bytes, now: UnixMs) {
    // The inner SELECT locks the row and passes over locked ones: two askers at the same time get two prekeys.
    const taken = await this.#database.query(
      `WITH next AS (
         SELECT cert_hash, one_time, prekey_id, bytes FROM prekeys
          WHERE cert_hash = $1 AND one_time AND bytes IS NOT NULL AND not_after > $2
          ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED
       )
       UPDATE prekeys SET bytes = NULL FROM next
        WHERE prekeys.cert_hash = next.cert_hash AND prekeys.one_time = next.one_time
          AND prekeys.prekey_id = next.prekey_id
       RETURNING next.bytes AS bytes`,
      [certHash, now],
    )
    return taken.length > 0 ? taken : undefined
  }

  #mediumTerm(certHash: Bytes, now: UnixMs) {
    return this.#database.query(
      'SELECT bytes FROM prekeys WHERE cert_hash = $1 AND NOT one_time AND not_after > $2 ORDER BY position DESC LIMIT 1',
      [certHash, now],
    )
  }
}

async function store(queries: Queries, prekey: VerifiedPrekey): Promise<void> {
  const oneTime = prekey.kind === 'one-time'
  if (!oneTime) await queries.query('DELETE FROM prekeys WHERE cert_hash = $1 AND NOT one_time', [prekey.certHash])
  await queries.query(
    `INSERT INTO prekeys (cert_hash, one_time, prekey_id, bytes, not_after) VALUES ($1, $2::boolean, $3, $4, $5)
     ON CONFLICT (cert_hash, one_time, prekey_id) DO NOTHING`,
    [prekey.certHash, String(oneTime), prekey.id, prekey.bytes, prekey.notAfter],
  )
}

async function stock(queries: Queries, certHash: Bytes, now: UnixMs): Promise<number> {
  const [row] = await queries.query(
    'SELECT count(*) AS count FROM prekeys WHERE cert_hash = $1 AND one_time AND bytes IS NOT NULL AND not_after > $2',
    [certHash, now],
  )
  return row === undefined ? 0 : numberColumn(row, 'count')
}
