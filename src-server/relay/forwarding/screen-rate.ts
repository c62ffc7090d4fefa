/** How many bits a second the screen that a member shares takes of every other member's network. */
import { type Ms, SECOND, type UnixMs } from '../../../src-shared/base/time.ts'

const WINDOW: Ms = SECOND

export class ScreenRate {
  #rate = 0
  #bits = 0
  #windowAt: UnixMs

  constructor(now: UnixMs) {
    this.#windowAt = now
  }

  /** A packet of the screen came in. Hot. */
  came(bytes: number, now: UnixMs): void {
    this.#close(now)
    this.#bits += 8 * bytes
  }

  /** Of the last whole window; 0 when nothing is shared any more. */
  at(now: UnixMs): number {
    this.#close(now)
    return this.#rate
  }

  #close(now: UnixMs): void {
    const elapsed = now - this.#windowAt
    if (elapsed < WINDOW) return
    this.#rate = (this.#bits * SECOND) / elapsed
    this.#bits = 0
    this.#windowAt = now
  }
}
