import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The empty database that the build makes; a new one takes seconds without it. */
export const DATABASE_TEMPLATE = path.join(
  fileURLToPath(new URL('../..', import.meta.url)),
  'out/server/new-database.tar.gz',
)
