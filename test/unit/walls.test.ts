/** The import walls bite: each planted violation is found by the same configuration that `npm run check` uses. */
import { cruise } from 'dependency-cruiser'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'

const configuration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs')
const folder = mkdtempSync(path.join(tmpdir(), 'walls-'))
afterAll(() => rmSync(folder, { recursive: true }))

const plants = [
  { rule: 'src-main-sees-shared-only', from: 'src-main/app/a.ts', to: 'src-server/a.ts' },
  { rule: 'src-renderer-sees-shared-only', from: 'src-renderer/app/a.ts', to: 'src-main/ipc/a.ts' },
  { rule: 'src-server-sees-shared-only', from: 'src-server/b.ts', to: 'src-main/ipc/a.ts' },
  { rule: 'headless-core', from: 'src-main/calls/a.ts', to: 'src-main/app/b.ts' },
  { rule: 'bridge-only', from: 'src-renderer/media-worker/a.ts', to: 'src-renderer/bridge/a.ts' },
  { rule: 'renderer-layers', from: 'src-renderer/features/a.ts', to: 'src-renderer/screens/a.ts' },
]

it.each(plants)('finds a violation of $rule', async ({ rule, from, to }) => {
  expect(await violations(from, to)).toContain(rule)
})

it('keeps Node out of src-shared', async () => {
  expect(await violations('src-shared/base/a.ts', 'node:fs')).toContain('shared-is-pure')
})

it('allows what the architecture allows', async () => {
  expect(await violations('src-main/app/c.ts', 'src-shared/base/c.ts')).toEqual([])
})

async function violations(from: string, to: string): Promise<string[]> {
  const source = path.join(folder, from)
  const target = path.join(folder, to)
  mkdirSync(path.dirname(source), { recursive: true })
  if (!to.startsWith('node:')) {
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, 'export const value = 1\n')
  }
  const specifier = to.startsWith('node:') ? to : path.relative(path.dirname(source), target)
  writeFileSync(
    source,
    `import * as other from '${specifier.startsWith('.') ? specifier : to.startsWith('node:') ? to : `./${specifier}`}'\nexport const copy = other\n`,
  )
  const { output } = await cruise([from], {
    ...configuration.options,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden: configuration.forbidden },
    tsConfig: undefined,
  })
  if (typeof output === 'string') throw new Error('expected a cruise result')
  return output.summary.violations.map((violation) => violation.rule.name)
}
