/** Builds main, preload, renderer and service with a database to begin with into `out/`, unless nothing changed since the last build. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { refuse, root, setUp } from './set-up/set-up.mjs'

const SOURCES = ['src-main', 'src-renderer', 'src-server', 'src-shared']
const FILES = ['package-lock.json', 'electron.vite.config.ts', 'vite.server.config.ts', 'scripts/build.mjs']
const STAMP = path.join(root, 'out/.built-from')

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) yield* files(full)
    else yield full
  }
}

/** Paths, sizes and times: reading every file would cost more than it tells. */
function fingerprint() {
  const hash = createHash('sha256')
  const all = [
    ...FILES.map((file) => path.join(root, file)),
    ...SOURCES.flatMap((folder) => [...files(path.join(root, folder))]),
  ]
  for (const file of all.sort()) {
    const { size, mtimeMs } = statSync(file)
    hash.update(`${path.relative(root, file)} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function run(tool, ...args) {
  const { status } = spawnSync(process.execPath, [path.join(root, 'node_modules', tool), ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) refuse('The build failed; its message stands above.')
}

export function build() {
  const current = fingerprint()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === current) return
  run('electron-vite/bin/electron-vite.js', 'build', '--logLevel', 'warn')
  run('vite/bin/vite.js', 'build', '--config', 'vite.server.config.ts', '--logLevel', 'warn')
  const database = newDatabase()
  copyFileSync(database, path.join(root, 'out/server/new-database.tar.gz'))
  writeFileSync(STAMP, current)
}

/** The file of an empty database, which is made once for each version of the engine. */
function newDatabase() {
  const { version } = JSON.parse(
    readFileSync(path.join(root, 'node_modules/@electric-sql/pglite/package.json'), 'utf8'),
  )
  const file = path.join(root, `node_modules/.cache/sightline/new-database-${version}.tar.gz`)
  if (!existsSync(file)) run('../scripts/new-database.mjs', file)
  return file
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp({ electron: false })
  build()
}
