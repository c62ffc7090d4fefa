/**
 * `npm run soak`: one long call on a bad network with a fault every few seconds; `reports/soak.json`. Fails when anything grows.
 * Flags: --minutes <n>, --seed <n>, --faults <regular expression of their titles>, --report <file.json>. Needs Linux and root: it makes network namespaces.
 */
import path from 'node:path'
import { build } from './build.mjs'
import { withDesktop } from './set-up/display.mjs'
import { root, setUp } from './set-up/set-up.mjs'

await setUp({ purpose: 'lab' })
build()
const runner = path.join(root, 'scripts/run-typescript.mjs')
process.exit(
  await withDesktop(process.execPath, [runner, path.join(root, 'test/lab/soak.ts'), ...process.argv.slice(2)]),
)
