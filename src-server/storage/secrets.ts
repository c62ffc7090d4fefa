/** Keys that the service makes once and keeps: those under which relay tickets are issued. */
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { CALL_TICKET, GROUP_TICKET, type TicketKeys } from '../../src-shared/protocol/service/ticket.ts'
import { bytesColumn } from './columns.ts'
import type { Database } from './database.ts'

const KEY_LENGTH = 32

/** The same at every start from the same data. */
export async function ticketKeys(database: Database, random: RandomBytes): Promise<TicketKeys> {
  return {
    call: await secret(database, CALL_TICKET, random),
    group: await secret(database, GROUP_TICKET, random),
  }
}

async function secret(database: Database, name: string, random: RandomBytes): Promise<Uint8Array> {
  await database.query('INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    name,
    random(KEY_LENGTH),
  ])
  const [row] = await database.query('SELECT value FROM secrets WHERE name = $1', [name])
  if (row === undefined) throw new Error('a ticket key was not stored')
  return bytesColumn(row, 'value')
}
