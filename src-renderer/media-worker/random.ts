/** The worker's source of randomness: SSRCs, first sequence numbers and timestamps, picture numbers, canonical names. */
import type { RandomBytes } from '../../src-shared/base/random.ts'

export const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))

export function randomU16(): number {
  const [high = 0, low = 0] = randomBytes(2)
  return (high << 8) | low
}
