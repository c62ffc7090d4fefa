/** Which packet indices were received: a sliding window of bits below the highest one (RFC 3711 section 3.3.2). */

/**
 * Packets. A retransmission or a burst of video arrives hundreds of packets behind the newest one; RFC 3711's minimum of 64 would refuse them.
 * A power of two.
 */
export const REPLAY_WINDOW = 1024

export class ReplayWindow {
  /** -1 before the first packet. */
  #highest = -1
  /** The bit of `index` is bit `index mod REPLAY_WINDOW`. */
  readonly #seen = new Uint32Array(REPLAY_WINDOW / 32)

  get highest(): number {
    return this.#highest
  }

  /** `true` if `index` is neither seen nor too old to tell. */
  accepts(index: number): boolean {
    if (index > this.#highest) return true
    if (index <= this.#highest - REPLAY_WINDOW) return false
    return ((this.#seen[wordOf(index)] ?? 0) & bitOf(index)) === 0
  }

  /** Only for an index that `accepts` and whose packet was authenticated. */
  add(index: number): void {
    if (index - this.#highest >= REPLAY_WINDOW) this.#seen.fill(0)
    else for (let passed = this.#highest + 1; passed <= index; passed++) this.#clear(passed)
    this.#highest = Math.max(this.#highest, index)
    this.#seen[wordOf(index)] = (this.#seen[wordOf(index)] ?? 0) | bitOf(index)
  }

  #clear(index: number): void {
    this.#seen[wordOf(index)] = (this.#seen[wordOf(index)] ?? 0) & ~bitOf(index)
  }
}

/** Bitwise operators take the low 32 bits of a 48-bit index, which is all that counts modulo the window. */
function wordOf(index: number): number {
  return (index & (REPLAY_WINDOW - 1)) >> 5
}

function bitOf(index: number): number {
  return 1 << (index & 31)
}
