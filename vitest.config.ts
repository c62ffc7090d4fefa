import { defineConfig } from 'vitest/config'

const project = (name: string, timeout: number, parallel: boolean) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    fileParallelism: parallel,
  },
})

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [project('unit', 60_000, true), project('integration', 60_000, false), project('e2e', 180_000, false)],
  },
})
