/** `npm run bench` (scripts/bench.mjs): runs the parts whose names begin as asked for, or all, and writes `reports/bench.json`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { repository } from '../e2e/harness/repository.ts'
import { benchColdStart } from './cold-start.ts'
import { benchGroup } from './group.ts'
import { benchGroupChange } from './group-change.ts'
import { benchGroupMedia } from './group-media.ts'
import { benchHandshake } from './handshake.ts'
import { benchIpc } from './ipc.ts'
import { benchMedia } from './media.ts'
import { benchRelay } from './relay.ts'
import { benchRepair } from './repair.ts'
import { benchSrtp } from './srtp.ts'
import { benchWholeCall } from './whole-call.ts'

const PARTS = {
  handshake: benchHandshake,
  srtp: benchSrtp,
  group: benchGroup,
  groupChange: benchGroupChange,
  ipc: benchIpc,
  coldStart: benchColdStart,
  media: benchMedia,
  relay: benchRelay,
  groupMedia: benchGroupMedia,
  wholeCall: benchWholeCall,
  repair: benchRepair,
} as const

const file = path.join(repository, 'reports/bench.json')
const asked = process.argv.slice(2)
/** `group` is all that begins so. */
const isAsked = (name: string): boolean => asked.length === 0 || asked.some((wanted) => name.startsWith(wanted))
const unknown = asked.filter((wanted) => !Object.keys(PARTS).some((name) => name.startsWith(wanted)))
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`)
  process.exit(1)
}
mkdirSync(path.dirname(file), { recursive: true })
const report: Record<string, unknown> = { ...earlier(), machine: { cores: cpus().length, model: cpus()[0]?.model } }
for (const [name, run] of Object.entries(PARTS)) {
  if (!isAsked(name)) continue
  console.log(`\n${name}`)
  report[name] = await run()
  console.log(JSON.stringify(report[name], undefined, 2))
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`)
}

/** Parts that are not measured now keep their last figures. */
function earlier(): object {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as object
  } catch {
    return {}
  }
}
