/** `npm run participant`: devices without windows that take part in group calls. Flags: `--help`. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { build } from './build.mjs'
import { withDesktop } from './set-up/display.mjs'
import { hasDisplay } from './set-up/system-packages.mjs'
import { root, setUp } from './set-up/set-up.mjs'

const program = [path.join(root, 'scripts/run-typescript.mjs'), path.join(root, 'test/participant/main.ts')]
const args = process.argv.slice(2)
const recording = path.join(root, 'node_modules/.cache/sightline/participant.rtpdump')
const needsRecording = !args.some((arg) => /^--(help|media)\b/.test(arg)) && !existsSync(recording)

await setUp(needsRecording ? { purpose: 'test' } : { electron: false })
if (needsRecording) {
  build()
  const code = await withDesktop(process.execPath, [...program, '--record-only'], { display: !hasDisplay() })
  if (code !== 0) process.exit(code)
}
process.exit(spawnSync(process.execPath, [...program, ...args], { stdio: 'inherit' }).status ?? 1)
