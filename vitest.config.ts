import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Real apps on two noisy cores: an unattended run tries once more before it calls a change broken. By hand nothing is repeated.
const retry = process.env['CI'] === undefined ? 0 : 1
const cores = availableParallelism()

interface Way {
  readonly folder: string
  readonly timeout: number
  /** The projects run in this order; one of the same place at the same time. */
  readonly place: number
  /** Files at a time. */
  readonly workers: number
  /** A process for each file: where one could leave something behind that another meets. It costs the imports of each. */
  readonly isolate: boolean
  readonly retry: number
  /** Runs before each file. */
  readonly setUp?: string
}

const project = (name: string, { folder, timeout, place, workers, isolate, retry, setUp }: Way) => ({
  test: {
    name,
    include: [`test/${folder}/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    sequence: { groupOrder: place },
    maxWorkers: workers,
    isolate,
    retry,
    setupFiles: setUp === undefined ? [] : [setUp],
  },
})

/** What waits for most of its time begins first, so that others use the cores meanwhile. */
const WAITING = ['beside/call-course.test.ts', 'beside/group-loss.test.ts', 'group-calls/return.test.ts']

class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const waits = ({ moduleId }: TestSpecification) => WAITING.some((file) => moduleId.endsWith(file))
    return [...sorted.filter(waits), ...sorted.filter((file) => !waits(file))]
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    sequence: { sequencer: WaitingFirst },
    projects: [
      // Devices wait for one another: more workers than there are cores.
      project('unit', { folder: 'unit/**', timeout: 60_000, place: 0, workers: cores + 2, isolate: false, retry: 0 }),
      project('integration', {
        folder: 'integration/**',
        timeout: 60_000,
        place: 0,
        workers: cores + 2,
        isolate: false,
        retry,
        setUp: 'test/integration/set-up.ts',
      }),
      // Real apps that wait nearly all the time leave the cores to the tests without any.
      project('beside', { folder: 'e2e/beside', timeout: 180_000, place: 0, workers: cores + 2, isolate: true, retry }),
      // Two at a time: each has much to wait for.
      project('e2e', { folder: 'e2e', timeout: 180_000, place: 1, workers: 2, isolate: true, retry }),
      // What judges picture and sound, fills the display or keeps all cores busy has the computer for itself.
      project('alone', { folder: 'e2e/alone', timeout: 180_000, place: 2, workers: 1, isolate: true, retry }),
    ],
  },
})
