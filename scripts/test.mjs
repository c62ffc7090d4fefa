/**
 * `npm test`: everything, set-up included. Arguments are handed to Vitest (`npm test -- --project unit`).
 * The end-to-end part runs real apps: with a display and a keyring of its own, so that it behaves alike everywhere.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { build } from './build.mjs'
import { withDesktop } from './set-up/display.mjs'
import { root, setUp } from './set-up/set-up.mjs'

await setUp({ purpose: 'test' })
build()
mkdirSync(path.join(root, 'reports'), { recursive: true })
const report = path.join(root, 'reports/tests.json')
const vitest = [
  path.join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]
const code = await withDesktop(process.execPath, [...vitest, ...process.argv.slice(2)])
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
console.log(`tests: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`)
process.exit(code)
