/** Keys that the service makes once and keeps: today the one under which relay tickets are issued. */
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { bytesColumn } from './columns.ts'
import type { Database } from './database.ts'

const TICKET_KEY = 'relay ticket'
const KEY_LENGTH = 32

/** The same 32 bytes at every start from the same data. */
export async function ticketKey(database: Database, random: RandomBytes): Promise<Uint8Array> {
  await database.query('INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    TICKET_KEY,
    random(KEY_LENGTH),
  ])
  const [row] = await database.query('SELECT value FROM secrets WHERE name = $1', [TICKET_KEY])
  if (row === undefined) throw new Error('the ticket key was not stored')
  return bytesColumn(row, 'value')
}
