/**
 * This folder is the encrypted local database: contacts, pins, history, settings, prekeys, the replay cache. It implements the
 * ports of `src-main/account/ports.ts`. No Electron, no network; the key comes in as an argument.
 *
 * libsql in better-sqlite3's shape, with its traps kept in this file: parameters always as one array (a lone blob would be
 * taken for named parameters), blobs come back as `Buffer` or as `ArrayBuffer`, and a wrong key shows only at the first read.
 * The journal is a rollback journal, not a WAL: with `secure_delete` an erased prekey is gone from both files at commit.
 */
import * as v from 'valibot'
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs'
import Libsql from 'libsql'
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import { failure, type Result, success } from '../../src-shared/base/result.ts'
import { MIGRATIONS } from './migrations.ts'

export type StoreProblem =
  | 'wrong-key' /* not a database under this key; also a damaged first page */
  | 'damaged'
  | 'full' /* the disk is full */
  | 'newer' /* written by a newer version of the app */
  | 'failed' /* the disk refused for another reason */

export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly problem: StoreProblem

  constructor(problem: StoreProblem, cause?: unknown) {
    super(problem, { cause })
    this.problem = problem
  }
}

export type Column = string | number | Bytes | null
export type Row = readonly unknown[]

export class SealedDatabase {
  readonly #database: Libsql.Database
  readonly #statements = new Map<string, Libsql.Statement>()

  /** For `connect` in this file; everyone else uses `open`. */
  constructor(database: Libsql.Database) {
    this.#database = database
  }

  /**
   * Opens `file`, or makes it: under another name first, so that what bears the name is always whole.
   * Changes nothing in a file that it cannot read.
   */
  static open(file: string, key: Bytes): Result<SealedDatabase, StoreProblem> {
    try {
      if (!existsSync(file)) {
        const beside = `${file}.new`
        for (const leftover of [beside, `${beside}-journal`]) rmSync(leftover, { force: true })
        connect(beside, key, MIGRATIONS.length).close()
        // The journals take over the mode of their database.
        chmodSync(beside, 0o600)
        renameSync(beside, file)
        rmSync(`${beside}-journal`, { force: true })
      } else {
        // An existing file without a schema was emptied by someone; a fresh one would hide the loss.
        const found = connect(file, key, 0)
        const version = found.version()
        found.close()
        if (version === 0) return failure('damaged')
        if (version > MIGRATIONS.length) return failure('newer')
      }
      return success(connect(file, key, MIGRATIONS.length))
    } catch (error) {
      return failure(problemOf(error))
    }
  }

  version(): number {
    return integer(this.get('PRAGMA user_version', [])?.[0])
  }

  run(sql: string, parameters: readonly Column[]): number {
    return guarded(() => this.#statement(sql).run([...parameters]).changes)
  }

  get(sql: string, parameters: readonly Column[]): Row | undefined {
    return guarded(() =>
      asRow(
        this.#statement(sql)
          .raw()
          .get([...parameters]),
      ),
    )
  }

  all(sql: string, parameters: readonly Column[]): readonly Row[] {
    return guarded(() =>
      this.#statement(sql)
        .raw()
        .all([...parameters])
        .map((row) => asRow(row) ?? []),
    )
  }

  execute(sql: string): void {
    guarded(() => this.#database.exec(sql))
  }

  /** All or nothing. Not to be nested. */
  transaction<Value>(work: () => Value): Value {
    this.execute('BEGIN IMMEDIATE')
    try {
      const value = work()
      this.execute('COMMIT')
      return value
    } catch (error) {
      // A full disk may have rolled back by itself.
      if (this.#database.inTransaction) this.execute('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #statement(sql: string): Libsql.Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = this.#database.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }
}

function connect(file: string, key: Bytes, upTo: number): SealedDatabase {
  // 32 random bytes as a passphrase; the cipher's own 4001 rounds of PBKDF2 on top cost 2 ms.
  const options: Libsql.Options & { encryptionKey: string } = { encryptionKey: toHex(key) }
  const database = new SealedDatabase(new Libsql(file, options))
  try {
    database.all('PRAGMA journal_mode = TRUNCATE', [])
    database.all('PRAGMA secure_delete = ON', [])
    database.execute('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY')
    if (upTo > 0) migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function migrate(database: SealedDatabase): void {
  for (let version = database.version(); version < MIGRATIONS.length; version++) {
    const statements = MIGRATIONS[version]
    if (statements === undefined) continue
    database.transaction(() => {
      database.execute(statements)
      database.execute(`PRAGMA user_version = ${version + 1}`)
    })
  }
}

function guarded<Value>(work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw error instanceof StoreError ? error : new StoreError(problemOf(error), error)
  }
}

function problemOf(error: unknown): StoreProblem {
  if (error instanceof StoreError) return error.problem
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'SQLITE_NOTADB':
      return 'wrong-key'
    case 'SQLITE_CORRUPT':
      return 'damaged'
    case 'SQLITE_FULL':
    case 'ENOSPC':
      return 'full'
    default:
      return 'failed'
  }
}

function asRow(row: unknown): Row | undefined {
  return Array.isArray(row) ? row : undefined
}

/** A column of another type than the schema says means that the file was altered. */
export function integer(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new StoreError('damaged')
  return value
}

export function optionalInteger(value: unknown): number | undefined {
  return value === null ? undefined : integer(value)
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new StoreError('damaged')
  return value
}

export function optionalText(value: unknown): string | undefined {
  return value === null ? undefined : text(value)
}

/** A copy: libsql's buffers may share memory with others. */
export function blob(value: unknown): Uint8Array<ArrayBuffer> {
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0))
  if (value instanceof Uint8Array) return new Uint8Array(value)
  throw new StoreError('damaged')
}

/** What was stored as JSON. */
export function stored<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  try {
    const checked = v.safeParse(schema, JSON.parse(text(value)))
    if (checked.success) return checked.output
  } catch {
    // Told below.
  }
  throw new StoreError('damaged')
}
