import { defineConfig } from 'vitest/config'

// Real apps on two noisy cores: an unattended run tries once more before it calls a change broken. By hand nothing is repeated.
const retry = process.env['CI'] === undefined ? 0 : 1

interface Way {
  readonly timeout: number
  /** Several files at a time. Real apps need the computer for themselves. */
  readonly parallel: boolean
  /** A process for each file. What is pure leaves nothing behind that another file could meet. */
  readonly isolate: boolean
  readonly retry: number
}

const project = (name: string, { timeout, parallel, isolate, retry }: Way) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    fileParallelism: parallel,
    isolate,
    retry,
  },
})

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: '100%',
    projects: [
      project('unit', { timeout: 60_000, parallel: true, isolate: false, retry: 0 }),
      project('integration', { timeout: 60_000, parallel: true, isolate: true, retry }),
      project('e2e', { timeout: 180_000, parallel: false, isolate: true, retry }),
    ],
  },
})
