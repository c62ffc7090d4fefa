/**
 * `npm run package`: installers for this system, into `dist/`. Where electron-builder's download host cannot be reached
 * (the runtime is the stand-in), Linux gets the unpacked folder and the deb. `--test-build` keeps the doors open that
 * automated tests come in by (never to be published); `--dir` builds the folder only.
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { build } from './build.mjs'
import { electronRuntime } from './set-up/electron-runtime.mjs'
import { refuse, root, setUp } from './set-up/set-up.mjs'

const flags = new Set(process.argv.slice(2))
await setUp({ purpose: process.platform === 'linux' ? 'test' : 'run' })
build()

const runtime = electronRuntime(root)
const targets = flags.has('--dir') ? ['dir'] : runtime.standIn ? ['dir', 'deb'] : []
const args = [
  path.join(root, 'node_modules/electron-builder/cli.js'),
  '--publish=never',
  ...(targets.length > 0 ? ['--linux', ...targets] : []),
  ...(runtime.standIn ? [`-c.electronDist=${runtime.dist}`, `-c.electronVersion=${runtime.version}`] : []),
  ...(flags.has('--test-build')
    ? [
        '-c.extraMetadata.sightlineTestBuild=true',
        '-c.electronFuses.enableNodeCliInspectArguments=true',
        '-c.deb.compression=gz',
        '-c.directories.output=dist/test',
      ]
    : []),
]
const env = { ...process.env }
if (runtime.standIn) {
  env.CUSTOM_FPM_PATH = path.join(root, 'scripts/packaging/fpm-for-deb.mjs')
  env.ELECTRON_BUILDER_7ZIP_PATH = '/usr/bin/7za'
}
if (flags.has('--test-build')) env.SIGHTLINE_DEB_LEVEL = '1'
const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: ['ignore', 2, 2] })
if (status !== 0) refuse('Packaging failed; its message stands above.')
console.log(`Packages are in ${flags.has('--test-build') ? 'dist/test' : 'dist'}/`)
