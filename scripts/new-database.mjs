/**
 * Writes an empty embedded database to the file that is named: PostgreSQL's initdb takes a core for 4 to 9 s, which who
 * starts a service for the first time need not wait for.
 */
import { PGlite } from '@electric-sql/pglite'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const [file] = process.argv.slice(2)
const engine = await PGlite.create()
const dump = await engine.dumpDataDir('gzip')
mkdirSync(path.dirname(file), { recursive: true })
// Whole or not at all: a build may be interrupted.
writeFileSync(`${file}.partial`, new Uint8Array(await dump.arrayBuffer()))
renameSync(`${file}.partial`, file)
await engine.close()
