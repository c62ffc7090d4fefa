/**
 * `npm run lab`: calls on bad networks, each scenario once between two Sightline apps and once between two bare
 * RTCPeerConnections of the same Electron on the same link; `reports/lab.json`. Arguments choose scenarios by name.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { repository } from '../e2e/harness/repository.ts'
import { openHomes, SHAPE } from './homes.ts'
import { Laboratory } from './laboratory.ts'
import { comparison, heading, row } from './report.ts'
import { type Scenario, type ScenarioName, SCENARIOS } from './scenarios.ts'

const asked = process.argv.slice(2)
const names = Object.keys(SCENARIOS) as ScenarioName[]
const unknown = asked.filter((name) => !(name in SCENARIOS))
if (unknown.length > 0) {
  console.error(`no such scenario: ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(1)
}

const homes = await openHomes()
const results: Record<string, object> = {}
try {
  await Promise.all([homes.a.startPair(), homes.b.startPair()])
  const laboratory = new Laboratory(homes, SHAPE)
  console.log(heading())
  for (const name of names) {
    if (asked.length > 0 && !asked.includes(name)) continue
    const scenario: Scenario = SCENARIOS[name]
    const sightline = await laboratory.run('sightline', scenario)
    console.log(row(scenario.title, 'Sightline', sightline))
    const pair = scenario.alone === undefined ? await laboratory.run('pair', scenario) : undefined
    if (pair) console.log(row('', 'pair', pair))
    results[name] = {
      title: scenario.title,
      sightline,
      pair,
      alone: scenario.alone,
      ratio: comparison(sightline, pair),
    }
    save()
    await sleep(500)
  }
} finally {
  await homes.close()
}

function save(): void {
  const file = path.join(repository, 'reports/lab.json')
  mkdirSync(path.dirname(file), { recursive: true })
  const machine = { cores: cpus().length, model: cpus()[0]?.model }
  writeFileSync(file, `${JSON.stringify({ machine, picture: SHAPE, scenarios: results }, undefined, 2)}\n`)
}
