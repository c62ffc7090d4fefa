/** `npm run check`: types of every runtime, lint, import walls, dead code, formatting. Runs all, then says which failed. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { root, setUp } from './set-up/set-up.mjs'

await setUp({ electron: false })

const bin = (tool) => path.join(root, 'node_modules', tool)
const tsc = bin('typescript/bin/tsc')
const checks = [
  ['types: configuration', tsc, '-p', '.'],
  ['types: shared', tsc, '-p', 'src-shared'],
  ['types: main', tsc, '-p', 'src-main'],
  ['types: preload', tsc, '-p', 'src-main/preload'],
  ['types: server', tsc, '-p', 'src-server'],
  ['types: test', tsc, '-p', 'test'],
  [
    'types: renderer',
    bin('svelte-check/bin/svelte-check'),
    '--tsconfig',
    'src-renderer/tsconfig.json',
    '--fail-on-warnings',
    '--output',
    'human',
  ],
  ['lint', bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0'],
  [
    'import walls',
    bin('dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    'src-shared',
    'src-main',
    'src-renderer',
    'src-server',
  ],
  ['dead code', bin('knip/bin/knip.js'), '--no-progress'],
  ['formatting', bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
]
const AT_ONCE = 2

function run([name, tool, ...args]) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(process.execPath, [tool, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('exit', (code) => {
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`)
      if (code !== 0) console.log(output.trim())
      resolve(code === 0)
    })
  })
}

const waiting = [...checks]
const outcomes = []
const worker = async () => {
  for (let next = waiting.shift(); next; next = waiting.shift()) outcomes.push(await run(next))
}
await Promise.all(Array.from({ length: AT_ONCE }, worker))
process.exit(outcomes.every(Boolean) ? 0 : 1)
