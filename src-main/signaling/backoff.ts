/** When to try again: doubling pauses with jitter, so that the devices of a service that restarts do not come all at once. */
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { type Ms, SECOND } from '../../src-shared/base/time.ts'

const FIRST: Ms = 0.5 * SECOND
const LONGEST: Ms = 30 * SECOND

/** Between half and the whole of the pause after `failures` failures in a row (0: the connection was good until now). */
export function retryDelay(failures: number, random: RandomBytes): Ms {
  return jittered(Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 10)), random)
}

export function jittered(pause: Ms, random: RandomBytes): Ms {
  const fraction = (random(1)[0] ?? 0) / 255
  return Math.round(pause * (0.5 + 0.5 * fraction))
}
