/** Randomness for tests: the same seed gives the same run. Block i is SHA-256(seed ‖ i). */
import { createHash } from 'node:crypto'
import type { RandomBytes } from '../../src-shared/base/random.ts'

export function seededRandom(seed: string): RandomBytes {
  let block = 0
  let stock = Buffer.alloc(0)
  return (length) => {
    while (stock.length < length) {
      stock = Buffer.concat([
        stock,
        createHash('sha256')
          .update(`${seed} ${String(block++)}`)
          .digest(),
      ])
    }
    const bytes = new Uint8Array(stock.subarray(0, length))
    stock = stock.subarray(length)
    return bytes
  }
}

/** Gives exactly these byte strings, in this order; throws if the draws are others. */
export function listedRandom(...draws: readonly Uint8Array[]): RandomBytes {
  const left = [...draws]
  return (length) => {
    const next = left.shift()
    if (next?.length !== length) throw new Error(`drew ${String(length)} bytes, listed are ${String(next?.length)}`)
    return next.slice()
  }
}
