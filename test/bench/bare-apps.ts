/** Starts the bare app of `bare-app/`: what the bench compares Sightline with. */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { launchElectron } from '../e2e/harness/launch.ts'
import { repository } from '../e2e/harness/repository.ts'

export interface BareApp {
  readonly page: Page
  cpuPercent(): Promise<number>
  close(): Promise<void>
}

export async function startBareApp(
  file: 'empty.html' | 'call.html',
  switches: readonly string[] = [],
): Promise<BareApp> {
  const profile = mkdtempSync(path.join(tmpdir(), 'sightline-bare-'))
  const electron = await launchElectron([
    path.join(repository, 'test/bench/bare-app'),
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ...switches,
    `--profile=${profile}`,
    `--page=${file}`,
  ])
  return {
    page: await electron.firstWindow(),
    cpuPercent: () =>
      electron
        .evaluate(({ app }) => app.getAppMetrics().reduce((sum, { cpu }) => sum + cpu.percentCPUUsage, 0))
        .then((share) => share * cpus().length),
    async close() {
      await electron.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}
