/** What lies under the links of calls (R38): sealed bytes of an account, which only that account replaces or removes. */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { DAY, type Ms, type UnixMs } from '../../src-shared/base/time.ts'
import type { StoredLink } from '../../src-shared/protocol/service/operations.ts'
import { bytesColumn, numberColumn } from '../storage/columns.ts'
import type { Database } from '../storage/database.ts'

/** A person has a few that last and makes some for single calls. 64 KiB. */
const LINKS_PER_ACCOUNT = 64
/** A link is renewed by being put again; one that nobody renews is forgotten some day. */
const LIFE_MAX: Ms = 365 * DAY

export class Links {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async put(
    accountPub: Bytes,
    { linkId, blob, expiresAt }: StoredLink,
    now: UnixMs,
  ): Promise<Result<undefined, 'invalid' | 'taken' | 'full'>> {
    if (expiresAt <= now) return failure('invalid')
    return this.#database.transaction(async (queries) => {
      // The lock on the account's row: two of its devices do not share the last place.
      await queries.query('SELECT 1 FROM accounts WHERE account_pub = $1 FOR UPDATE', [accountPub])
      const stored = await queries.query(
        `INSERT INTO links (link_id, account_pub, blob, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (link_id) DO UPDATE SET account_pub = $2, blob = $3, expires_at = $4
          WHERE links.account_pub = $2 OR links.expires_at <= $5
         RETURNING 1`,
        [linkId, accountPub, blob, Math.min(expiresAt, now + LIFE_MAX), now],
      )
      if (stored.length === 0) return failure('taken')
      const [row] = await queries.query(
        'SELECT count(*) AS count FROM links WHERE account_pub = $1 AND expires_at > $2',
        [accountPub, now],
      )
      return row !== undefined && numberColumn(row, 'count') <= LINKS_PER_ACCOUNT ? success(undefined) : failure('full')
    })
  }

  async get(linkId: Bytes, now: UnixMs): Promise<Result<Bytes, 'unknown'>> {
    const [row] = await this.#database.query('SELECT blob FROM links WHERE link_id = $1 AND expires_at > $2', [
      linkId,
      now,
    ])
    return row === undefined ? failure('unknown') : success(bytesColumn(row, 'blob'))
  }

  /** One of another account is as unknown as one that is not there. */
  async remove(accountPub: Bytes, linkId: Bytes): Promise<Result<undefined, 'unknown'>> {
    const removed = await this.#database.query(
      'DELETE FROM links WHERE link_id = $1 AND account_pub = $2 RETURNING 1',
      [linkId, accountPub],
    )
    return removed.length === 0 ? failure('unknown') : success(undefined)
  }

  async sweep(now: UnixMs): Promise<void> {
    await this.#database.query('DELETE FROM links WHERE expires_at <= $1', [now])
  }
}
