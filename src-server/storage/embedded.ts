/**
 * The embedded database: PostgreSQL in WebAssembly (PGlite), in a folder or in memory. Making a new one takes four seconds and
 * more (initdb); beginning with the empty one that the build has made takes one.
 */
import { PGlite, type Transaction } from '@electric-sql/pglite'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { DiskFullError, freeBytes, NEW_DATABASE_RESERVE, WRITE_RESERVE } from './free-space.ts'
import { type Database, DatabaseError, type Queries, type Row, type SqlValue } from './database.ts'

export interface EmbeddedOptions {
  /** The folder; in memory without one. */
  readonly folder?: string | undefined
  /** A file with an empty database, for a new one to begin with; where it is not there, one is made. */
  readonly template?: string | undefined
  /** Bytes that are free below the folder. */
  readonly free?: ((folder: string) => Promise<number>) | undefined
  /** Once: the engine has failed and answers nothing more. The process should end and start anew. */
  readonly failed?: (() => void) | undefined
}

/** SQLSTATEs after which the engine may hang at the next statement: disk full, other I/O errors, internal errors. */
const FATAL = new Set(['53100', '58030', 'XX000', 'XX001', 'XX002', 'engine'])

export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const { folder, template } = options
  if (folder !== undefined) await mkdir(folder, { recursive: true, mode: 0o700 })
  const fresh = folder === undefined || !existsSync(path.join(folder, 'PG_VERSION'))
  const free = options.free ?? freeBytes
  if (folder !== undefined && (await free(folder)) < (fresh ? NEW_DATABASE_RESERVE : WRITE_RESERVE)) {
    throw new DiskFullError()
  }
  const known = fresh && template !== undefined && existsSync(template)
  const engine = await PGlite.create({
    ...(folder === undefined ? {} : { dataDir: folder }),
    ...(known ? { loadDataDir: new Blob([await readFile(template)]) } : {}),
  })
  const hasRoom = async () => folder === undefined || (await free(folder)) >= WRITE_RESERVE
  return new EmbeddedDatabase(engine, hasRoom, options.failed ?? (() => undefined))
}

class Rollback extends Error {}

class EmbeddedDatabase implements Database {
  readonly #engine: PGlite
  readonly #hasRoom: () => Promise<boolean>
  readonly #failed: () => void
  #broken = false

  constructor(engine: PGlite, hasRoom: () => Promise<boolean>, failed: () => void) {
    this.#engine = engine
    this.#hasRoom = hasRoom
    this.#failed = failed
  }

  async query(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]> {
    await this.#admit(!sql.startsWith('SELECT'))
    return this.#run(this.#engine, sql, parameters)
  }

  async transaction<Outcome extends { readonly ok: boolean }>(
    body: (queries: Queries) => Promise<Outcome>,
  ): Promise<Outcome> {
    await this.#admit(true)
    let outcome: Outcome | undefined
    try {
      await this.#engine.transaction(async (transaction) => {
        outcome = await body({ query: (sql, parameters) => this.#run(transaction, sql, parameters) })
        // The engine rolls back on a throw, and reports a failed COMMIT as one.
        if (!outcome.ok) throw new Rollback()
      })
    } catch (error) {
      // A statement's failure was noted where it happened; here it is BEGIN or COMMIT, or a defect in `body`.
      if (error instanceof DatabaseError) throw error
      if (!(error instanceof Rollback)) throw this.#noted(withoutValues(error))
    }
    if (outcome === undefined) throw new DatabaseError('unknown')
    return outcome
  }

  async probe(): Promise<void> {
    await this.query('SELECT 1')
    await this.#admit(true)
  }

  async close(): Promise<void> {
    // A broken engine may never come back from this; what it had committed is in its log.
    if (!this.#broken) await this.#engine.close()
  }

  async #admit(writes: boolean): Promise<void> {
    if (this.#broken) throw new DatabaseError('engine')
    if (writes && !(await this.#hasRoom())) throw new DatabaseError('53100')
  }

  async #run(engine: PGlite | Transaction, sql: string, parameters?: readonly SqlValue[]): Promise<Row[]> {
    if (this.#broken) throw new DatabaseError('engine')
    try {
      const { rows } = await engine.query<Record<string, unknown>>(sql, parameters === undefined ? [] : [...parameters])
      return rows
    } catch (error) {
      const known = withoutValues(error)
      // No SQLSTATE: not the statement failed but the engine itself (a WebAssembly trap).
      throw this.#noted(known instanceof DatabaseError ? known : new DatabaseError('engine'))
    }
  }

  #noted(error: Error): Error {
    if (error instanceof DatabaseError && FATAL.has(error.code) && !this.#broken) {
      this.#broken = true
      this.#failed()
    }
    return error
  }
}

/** Of a driver's error only the SQLSTATE: its text and fields hold values. */
function withoutValues(error: unknown): Error {
  if (error instanceof DatabaseError) return error
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return new DatabaseError(error.code)
  return error instanceof Error ? error : new DatabaseError('unknown')
}
