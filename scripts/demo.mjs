/**
 * `npm run demo`: two real apps, or more with --participants, call each other through a real service, driven through their real screens.
 * Writes `reports/demo.json` and screenshots. Flags: --relay-only, --suite <name>, --codec <name>, --seconds <n>,
 * --video <file.y4m>, --audio <file.wav>, --participants <n>.
 */
import path from 'node:path'
import { build } from './build.mjs'
import { keyringMissing, withDesktop } from './set-up/display.mjs'
import { hasDisplay } from './set-up/system-packages.mjs'
import { root, setUp } from './set-up/set-up.mjs'

await setUp({ purpose: hasDisplay() && !keyringMissing() ? 'run' : 'test' })
build()
const args = [
  path.join(root, 'scripts/run-typescript.mjs'),
  path.join(root, 'test/demo/main.ts'),
  ...process.argv.slice(2),
]
process.exit(await withDesktop(process.execPath, args, { display: !hasDisplay() }))
