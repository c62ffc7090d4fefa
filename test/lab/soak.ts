/**
 * `npm run soak`: one call between two apps over the impaired link, with a fault every few seconds, and whether anything grows
 * meanwhile; `reports/soak.json`. Exit code 1: something grows beyond its bound, media stood still, or the call ended.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { repository } from '../e2e/harness/repository.ts'
import { generator } from '../unit/media/network.ts'
import { FAULTS } from './faults.ts'
import { connectApps, openHomes, SHAPE } from './homes.ts'
import { NEAR } from './scenarios.ts'
import { runSoak } from './soak-run.ts'
import { judge, table } from './soak-verdict.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    faults: { type: 'string', default: '' },
    report: { type: 'string', default: path.join(repository, 'reports/soak.json') },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const chosen = FAULTS.filter(({ title }) => new RegExp(values.faults).test(title))
if (!(minutes > 0) || !Number.isSafeInteger(seed) || chosen.length === 0) {
  console.error(
    'usage: npm run soak -- [--minutes <n>] [--seed <whole number>] [--faults <regular expression>] [--report <file.json>]',
  )
  process.exit(1)
}
console.log(`seed ${seed}, ${minutes} minutes`)

const homes = await openHomes()
try {
  await homes.network.link.set(NEAR)
  await connectApps(homes, false)
  const { flow, ...record } = await runSoak(homes, {
    seconds: minutes * 60,
    random: generator(seed),
    chosen,
    say: console.log,
  })
  const verdict = judge({ ...record, flow })
  mkdirSync(path.dirname(values.report), { recursive: true })
  const machine = { cores: cpus().length, model: cpus()[0]?.model }
  const report = { seed, minutes, machine, picture: SHAPE, verdict, ...record }
  writeFileSync(values.report, `${JSON.stringify(report, undefined, 2)}\n`)
  console.log(table(verdict))
  process.exitCode = verdict.passed ? 0 : 1
} finally {
  await homes.close()
}
