/** Round trip of a validated request from the page to main, against Electron's bare `invoke` of an echo. */
import { startApp } from '../e2e/harness/app.ts'
import { startService } from '../e2e/harness/service.ts'
import type { Bridge } from '../../src-shared/ipc/contract.ts'
import { startBareApp } from './bare-apps.ts'
import { median, significant } from './statistics.ts'

const ROUND_TRIPS = 500
const RUNS = 5

declare const window: { readonly sightline: Bridge; readonly bare: { echo(value: unknown): Promise<unknown> } }

export async function benchIpc(): Promise<object> {
  const service = await startService()
  const app = await startApp({ name: 'ipc', service: service.address })
  const bare = await startBareApp('empty.html')
  try {
    const page = await app.main()
    const ours: number[] = []
    const theirs: number[] = []
    for (let run = 0; run < RUNS; run++) {
      ours.push(
        await page.evaluate(async (count) => {
          const from = performance.now()
          for (let i = 0; i < count; i++) await window.sightline.request('history.markSeen', undefined)
          return (performance.now() - from) / count
        }, ROUND_TRIPS),
      )
      theirs.push(
        await bare.page.evaluate(async (count) => {
          const from = performance.now()
          for (let i = 0; i < count; i++) await window.bare.echo(undefined)
          return (performance.now() - from) / count
        }, ROUND_TRIPS),
      )
    }
    return {
      runs: RUNS,
      roundTrips: ROUND_TRIPS,
      requestMs: significant(median(ours)),
      bareInvokeMs: significant(median(theirs)),
      ratio: significant(median(ours) / median(theirs)),
    }
  } finally {
    await Promise.all([app.close(), bare.close()])
    await service.stop()
  }
}
