/**
 * This folder holds what outlives the process: the database, its migrations, the lock on its folder, and the service's
 * own secret. It knows tables, not protocols; what a row means is decided in `directory`, `push` and `relay`.
 * All SQL is PostgreSQL's own, so that the same statements run on the embedded database and on a server.
 */
import type { Result } from '../../src-shared/base/result.ts'

export type SqlValue = string | number | Uint8Array | null
/** Columns as the driver returns them: whoever reads a row checks the types with `columns.ts`. */
export type Row = Readonly<Record<string, unknown>>

export interface Queries {
  query(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>
}

export interface Database extends Queries {
  /** All or nothing: rolled back when `run` throws, and when it returns a failure. */
  transaction<Value, Reason extends string>(
    run: (queries: Queries) => Promise<Result<Value, Reason>>,
  ): Promise<Result<Value, Reason>>
  /** Throws `DatabaseError` unless the database answers. */
  probe(): Promise<void>
  close(): Promise<void>
}

/**
 * The database did not do it and nothing was changed. Carries the SQLSTATE only: a driver's own error holds the
 * statement's values, which may not reach a log.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code: string

  constructor(code: string) {
    super(`database error ${code}`)
    this.code = code
  }
}
