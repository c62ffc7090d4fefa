/**
 * The schema as a row of numbered steps. A step that was released is never edited; a change is a new step.
 * `migrate` runs what is missing, each step in a transaction with its own record.
 */
import { success } from '../../src-shared/base/result.ts'
import { numberColumn } from './columns.ts'
import type { Database } from './database.ts'

const STEPS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE accounts (
       account_pub bytea PRIMARY KEY,
       list_version bigint NOT NULL,
       list_hash bytea NOT NULL,
       device_list bytea NOT NULL
     )`,
    `CREATE TABLE handles (
       handle text PRIMARY KEY,
       account_pub bytea NOT NULL REFERENCES accounts
     )`,
    `CREATE INDEX handles_by_account ON handles (account_pub)`,
    `CREATE TABLE devices (
       cert_hash bytea PRIMARY KEY,
       account_pub bytea NOT NULL REFERENCES accounts,
       certificate bytea NOT NULL
     )`,
    `CREATE INDEX devices_by_account ON devices (account_pub)`,
    // A handed-out one-time prekey keeps its row without its bytes until not_after, so that its number serves once.
    `CREATE TABLE prekeys (
       position bigint GENERATED ALWAYS AS IDENTITY,
       cert_hash bytea NOT NULL REFERENCES devices ON DELETE CASCADE,
       one_time boolean NOT NULL,
       prekey_id bigint NOT NULL,
       bytes bytea,
       not_after bigint NOT NULL,
       PRIMARY KEY (cert_hash, one_time, prekey_id)
     )`,
    `CREATE INDEX prekeys_by_position ON prekeys (cert_hash, one_time, position) WHERE bytes IS NOT NULL`,
    // No sender: who wrote to whom is nothing that the service keeps.
    `CREATE TABLE envelopes (
       queue_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       cert_hash bytea NOT NULL REFERENCES devices ON DELETE CASCADE,
       bytes bytea NOT NULL,
       expires_at bigint NOT NULL
     )`,
    `CREATE INDEX envelopes_by_device ON envelopes (cert_hash, queue_id)`,
    `CREATE INDEX envelopes_by_expiry ON envelopes (expires_at)`,
    `CREATE TABLE secrets (name text PRIMARY KEY, value bytea NOT NULL)`,
  ],
  [
    `CREATE TABLE links (
       link_id bytea PRIMARY KEY,
       account_pub bytea NOT NULL REFERENCES accounts,
       blob bytea NOT NULL,
       expires_at bigint NOT NULL
     )`,
    `CREATE INDEX links_by_account ON links (account_pub)`,
    `CREATE INDEX links_by_expiry ON links (expires_at)`,
  ],
]

/** Throws `NewerSchemaError` for a folder that a later version has written. */
export async function migrate(database: Database): Promise<void> {
  await database.query('CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY)')
  const [row] = await database.query('SELECT coalesce(max(number), 0) AS number FROM migrations')
  const done = row === undefined ? 0 : numberColumn(row, 'number')
  if (done > STEPS.length) throw new NewerSchemaError()
  for (const [index, statements] of STEPS.entries()) {
    if (index < done) continue
    await database.transaction(async (queries) => {
      for (const statement of statements) await queries.query(statement)
      await queries.query('INSERT INTO migrations (number) VALUES ($1)', [index + 1])
      return success(undefined)
    })
  }
}

export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError'

  constructor() {
    super('This data folder was written by a newer version of the service. Nothing was changed; start that version.')
  }
}
