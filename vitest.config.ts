import { defineConfig } from 'vitest/config'

// Real apps on two noisy cores: an unattended run tries once more before it calls a change broken. By hand nothing is repeated.
const retry = process.env['CI'] === undefined ? 0 : 1

const project = (name: string, timeout: number, parallel: boolean) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    fileParallelism: parallel,
    retry: parallel ? 0 : retry,
  },
})

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [project('unit', 60_000, true), project('integration', 60_000, false), project('e2e', 180_000, false)],
  },
})
