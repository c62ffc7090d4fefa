/** The machine's clock and randomness, for everything that takes them as arguments. */
import { randomFillSync } from 'node:crypto'
import type { RandomBytes } from '../../src-shared/base/random.ts'
import type { Clock } from '../../src-shared/base/time.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, callback) {
    // Within this turn of the event loop: a timer would cost Electron two more turns, a hundred times a second in a call.
    if (delay <= 0) {
      const immediate = setImmediate(callback)
      return () => {
        clearImmediate(immediate)
      }
    }
    const timer = setTimeout(callback, delay)
    return () => {
      clearTimeout(timer)
    }
  },
}

/** Each array has a buffer of its own: Node's pool would share one among secrets. */
export const systemRandom: RandomBytes = (length) => randomFillSync(new Uint8Array(length))
