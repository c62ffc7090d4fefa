/**
 * This folder holds push: sealed envelopes wait here, in the order in which they came, until the device has dealt
 * with them. It sees the receiver, the size and the expiry of an envelope, and keeps nothing about the sender.
 */
import { type Bytes, equalBytes } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { DAY, type UnixMs } from '../../src-shared/base/time.ts'
import { CERT_HASH_LENGTH } from '../../src-shared/protocol/service/limits.ts'
import type { Push } from '../../src-shared/protocol/service/operations.ts'
import { bytesColumn, numberColumn } from '../storage/columns.ts'
import type { Database } from '../storage/database.ts'

const LIFE_MAX = 30 * DAY
const ENVELOPES_MAX = 1000
const BYTES_MAX = 16 * 1024 * 1024
/** `ver u8 | kind u8` stand before `toCertHash` in an envelope. */
const RECEIVER_AT = 2

export interface QueuedEnvelope {
  readonly queueId: number
  readonly envelope: Bytes
}

export class PushQueue {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async add(push: Push, now: UnixMs): Promise<Result<undefined, 'invalid' | 'unknown' | 'full'>> {
    const receiver = push.envelope.subarray(RECEIVER_AT, RECEIVER_AT + CERT_HASH_LENGTH)
    if (!equalBytes(receiver, push.to) || push.expiresAt <= now) return failure('invalid')
    return this.#database.transaction(async (queries) => {
      // The lock on the device's row makes numbers rise in the order of the commits, also with several nodes.
      const device = await queries.query('SELECT 1 FROM devices WHERE cert_hash = $1 FOR UPDATE', [push.to])
      if (device.length === 0) return failure('unknown')
      const [size] = await queries.query(
        'SELECT count(*) AS count, coalesce(sum(length(bytes)), 0) AS bytes FROM envelopes WHERE cert_hash = $1 AND expires_at > $2',
        [push.to, now],
      )
      if (size === undefined) return failure('unknown')
      if (numberColumn(size, 'count') >= ENVELOPES_MAX) return failure('full')
      if (numberColumn(size, 'bytes') + push.envelope.length > BYTES_MAX) return failure('full')
      await queries.query('INSERT INTO envelopes (cert_hash, bytes, expires_at) VALUES ($1, $2, $3)', [
        push.to,
        push.envelope,
        Math.min(push.expiresAt, now + LIFE_MAX),
      ])
      return success(undefined)
    })
  }

  /** The oldest envelopes after number `after`. */
  async next(certHash: Bytes, after: number, limit: number, now: UnixMs): Promise<readonly QueuedEnvelope[]> {
    const rows = await this.#database.query(
      `SELECT queue_id, bytes FROM envelopes WHERE cert_hash = $1 AND queue_id > $2 AND expires_at > $3
        ORDER BY queue_id LIMIT $4`,
      [certHash, after, now, limit],
    )
    return rows.map((row) => ({ queueId: numberColumn(row, 'queue_id'), envelope: bytesColumn(row, 'bytes') }))
  }

  async remove(certHash: Bytes, queueId: number): Promise<void> {
    await this.#database.query('DELETE FROM envelopes WHERE cert_hash = $1 AND queue_id = $2', [certHash, queueId])
  }

  async sweep(now: UnixMs): Promise<void> {
    await this.#database.query('DELETE FROM envelopes WHERE expires_at <= $1', [now])
  }
}
