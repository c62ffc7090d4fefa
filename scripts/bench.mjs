/** `npm run bench`: measurements side by side, as ratios of one run; `reports/bench.json`. Arguments choose parts: `npm run bench -- srtp handshake`. */
import path from 'node:path'
import { build } from './build.mjs'
import { withDesktop } from './set-up/display.mjs'
import { root, setUp } from './set-up/set-up.mjs'

await setUp({ purpose: 'test' })
build()
const runner = path.join(root, 'scripts/run-typescript.mjs')
process.exit(
  await withDesktop(process.execPath, [runner, path.join(root, 'test/bench/main.ts'), ...process.argv.slice(2)]),
)
