/** From the start of the process to a window that can be used: Sightline with an account, against an Electron window with one word in it. */
import { createAccount } from '../e2e/harness/actions.ts'
import { startApp } from '../e2e/harness/app.ts'
import { startService } from '../e2e/harness/service.ts'
import { startBareApp } from './bare-apps.ts'
import { median, significant } from './statistics.ts'

const RUNS = 7

export async function benchColdStart(): Promise<object> {
  const service = await startService()
  try {
    const first = await startApp({ name: 'cold', service: service.address })
    await createAccount(first, 'Ada Lovelace', 'ada')
    await first.electron.close()
    const sightline: number[] = []
    const empty: number[] = []
    for (let run = 0; run < RUNS; run++) {
      sightline.push(
        await timed(async () => {
          const app = await startApp({ name: 'cold', service: service.address, profile: first.profile })
          await (await app.main()).getByRole('searchbox').waitFor()
          return app.electron
        }),
      )
      empty.push(
        await timed(async () => {
          const app = await startBareApp('empty.html')
          await app.page.getByText('Ready').waitFor()
          return app
        }),
      )
    }
    return {
      runs: RUNS,
      sightlineMs: Math.round(median(sightline)),
      emptyWindowMs: Math.round(median(empty)),
      ratio: significant(median(sightline) / median(empty)),
    }
  } finally {
    await service.stop()
  }
}

async function timed(start: () => Promise<{ close(): Promise<void> }>): Promise<number> {
  const from = performance.now()
  const app = await start()
  const took = performance.now() - from
  await app.close()
  return took
}
