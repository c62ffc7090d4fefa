/** Starts Electron, on machines without a graphics card too. */
import { createRequire } from 'node:module'
import { _electron, type ElectronApplication, errors } from 'playwright-core'

const LAUNCH_LIMIT_MS = 25_000
const TRIES = 3

export interface LaunchOptions {
  /** Another executable than the development runtime. */
  readonly executable?: string | undefined
  /** In addition to this process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/**
 * Chromium's GPU process sometimes gives up while it starts without a graphics card, and the app then waits for it for
 * ever, before any code of its own has run. Such a start is ended and made again.
 * @throws TimeoutError after the third start that came to nothing
 */
export async function launchElectron(args: string[], options: LaunchOptions = {}): Promise<ElectronApplication> {
  const executable: unknown = options.executable ?? createRequire(import.meta.url)('electron')
  for (let attempt = 1; ; attempt++) {
    try {
      return await _electron.launch({
        executablePath: String(executable),
        args,
        env: { ...environment(), ...options.env },
        timeout: LAUNCH_LIMIT_MS,
      })
    } catch (error) {
      if (attempt === TRIES || !(error instanceof errors.TimeoutError)) throw error
    }
  }
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}
