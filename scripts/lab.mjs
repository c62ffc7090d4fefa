/**
 * `npm run lab`: calls on bad networks beside pairs of RTCPeerConnections on the same networks; `reports/lab.json`.
 * Arguments choose scenarios: `npm run lab -- loss10 outage10`. Needs Linux and root: it makes network namespaces.
 */
import path from 'node:path'
import { build } from './build.mjs'
import { withDesktop } from './set-up/display.mjs'
import { root, setUp } from './set-up/set-up.mjs'

await setUp({ purpose: 'lab' })
build()
const runner = path.join(root, 'scripts/run-typescript.mjs')
process.exit(
  await withDesktop(process.execPath, [runner, path.join(root, 'test/lab/main.ts'), ...process.argv.slice(2)]),
)
