/**
 * The app's log: pino's JSON lines in `logs/` of the profile, rotated by size. No handle, address, name, call id or key goes in:
 * only fixed words, numbers and the outline of errors. An error's message is left out, because it may quote what it was about.
 */
import { closeSync, mkdirSync, openSync, renameSync, fstatSync, writeSync } from 'node:fs'
import path from 'node:path'
import pino, { type Logger } from 'pino'

export type Log = Logger

const ROTATE_AT = 1 << 20
const KEPT = 3

export function createLog(folder: string, testLevel?: string): Log {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return pino(
    {
      level: testLevel ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: errorOutline },
    },
    new RotatingFile(path.join(folder, 'sightline.log')),
  )
}

/** `sightline.log`, `sightline.log.1`, … A disk that refuses loses lines, never the app. */
class RotatingFile {
  readonly #file: string
  #handle: number | undefined
  #size = 0

  constructor(file: string) {
    this.#file = file
  }

  write(line: string): void {
    try {
      if (this.#handle === undefined) this.#open()
      if (this.#size > ROTATE_AT) this.#rotate()
      if (this.#handle !== undefined) this.#size += writeSync(this.#handle, line)
    } catch {
      this.#handle = undefined
    }
  }

  #open(): void {
    this.#handle = openSync(this.#file, 'a', 0o600)
    this.#size = fstatSync(this.#handle).size
  }

  #rotate(): void {
    if (this.#handle !== undefined) closeSync(this.#handle)
    this.#handle = undefined
    for (let number = KEPT - 1; number >= 0; number--) {
      const from = number === 0 ? this.#file : `${this.#file}.${number}`
      try {
        renameSync(from, `${this.#file}.${number + 1}`)
      } catch {
        // It does not exist yet.
      }
    }
    this.#open()
  }
}

/** Name, code and the places in our code; exported for its test. */
export function errorOutline(error: unknown): object {
  if (!(error instanceof Error)) return { kind: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const problem = 'problem' in error && typeof error.problem === 'string' ? error.problem : undefined
  const at = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => `${/at (\S+) \(/.exec(line)?.[1] ?? ''} ${/([^/\\]+:\d+:\d+)\)?$/.exec(line)?.[1] ?? ''}`.trim())
  return { name: error.name, code, problem, at }
}
