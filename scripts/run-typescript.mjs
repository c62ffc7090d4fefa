/** Runs a TypeScript entry of `test/` (demo, bench) in this process, through Vite's module runner: `run-typescript.mjs <file> [arguments]`. */
import { runnerImport } from 'vite'

const [file] = process.argv.splice(2, 1)
await runnerImport(file, { configFile: false, logLevel: 'warn' })
