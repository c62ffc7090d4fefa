/**
 * Ends the process at once, after everything of ours is closed. Electron's own way takes Node's environment apart first, and there
 * node-datachannel's objects, if one is still open, wait for ever for a callback into a script that is gone, or abort the process:
 * a process that hangs there holds the profile's lock, and the app cannot be started again.
 */
import { app } from 'electron'

export function endProcess(code: number): void {
  if (endsAtOnce(process)) process.reallyExit(code)
  app.exit(code)
}

/** Not in the types: what Node's `process.exit` ends with. Under Electron `process.exit` is `app.exit`. */
interface EndsAtOnce {
  reallyExit(code: number): void
}

function endsAtOnce(candidate: object): candidate is EndsAtOnce {
  return 'reallyExit' in candidate && typeof candidate.reallyExit === 'function'
}
