/**
 * Makes a fresh clone runnable: npm packages, the Electron runtime, on Linux the system libraries and a display.
 * Everything under `scripts/` is plain Node without dependencies, because it runs before there are any.
 * A second run with nothing missing takes a fraction of a second.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { installElectron } from './electron-runtime.mjs'
import { missingSystemPackages, installSystemPackages } from './system-packages.mjs'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const MINIMUM_NODE = [20, 18]

/** Ends the process with a sentence instead of a stack: for what only the person at the machine can change. */
export function refuse(sentence) {
  console.error(`\n${sentence}\n`)
  process.exit(1)
}

/** Says a step's name only when there is something to do, so that a warm start stays silent. */
function step(text) {
  console.error(`set-up: ${text}`)
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    refuse(`Sightline needs Node ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}.`)
  }
}

function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = path.join(root, 'node_modules/.sightline-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  step('installing npm packages')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const outcome = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (outcome.status !== 0) refuse('npm ci failed; its message stands above. Nothing else was changed.')
  writeFileSync(stamp, lock)
}

function checkSystem(purpose) {
  const missing = missingSystemPackages(purpose)
  if (missing.length === 0) return
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0) refuse(`These system packages are missing. Install them with:\n\n  sudo ${command}`)
  step(`installing system packages: ${missing.join(' ')}`)
  if (!installSystemPackages(missing))
    refuse(`The system packages could not be installed. The command was:\n\n  ${command}`)
}

/**
 * @param {{ electron?: boolean, purpose?: 'run' | 'test' | 'lab' }} needs `electron: false` for what runs under plain Node.
 *   `run`: the app's libraries; `test`: also a display, a keyring and what packages are built with; `lab`: bad networks as well.
 */
export async function setUp({ electron = true, purpose = 'run' } = {}) {
  checkNode()
  if (purpose === 'lab' && (process.platform !== 'linux' || process.getuid?.() !== 0))
    refuse('The laboratory makes network namespaces and needs Linux and root.')
  installPackages()
  if (!electron) return
  checkSystem(purpose)
  await installElectron({ root, step, refuse })
}
