/** Which packet is missing first, and whether it still may come. */
import type { Ms } from '../base/time.ts'
import type { PartialFrame } from './frame-assembler.ts'

/** Packets overtake one another by less than this; whoever asks for lost packets again waits longer. */
const REORDER: Ms = 40
const MAX_PATIENCE: Ms = 1000
/** Packets without content (padding, probes) that are remembered as not missing. */
const MAX_EMPTY = 512

export class MissingPackets {
  readonly #empty = new Set<number>()
  #gap: { readonly index: number; readonly since: Ms } | undefined
  #patience: Ms = REORDER

  /** A packet counts as lost when a later one has been there for this long. */
  setPatience(patience: Ms): void {
    this.#patience = Math.min(MAX_PATIENCE, Math.max(REORDER, patience))
  }

  /** When it will be certain that the first missing packet is lost. */
  get lostAt(): Ms | undefined {
    return this.#gap === undefined ? undefined : this.#gap.since + this.#patience
  }

  noteEmpty(index: number): void {
    this.#empty.add(index)
    if (this.#empty.size > MAX_EMPTY) this.#empty.clear()
  }

  /** The index that must come after `index`. */
  past(index: number): number {
    let next = index + 1
    while (this.#empty.has(next)) next += 1
    return next
  }

  /** Looks again, after packets came in or `expected` moved. */
  watch(expected: number | undefined, frames: readonly PartialFrame[]): void {
    const gap = this.#find(expected, frames)
    if (gap?.index !== this.#gap?.index) this.#gap = gap
  }

  /** The first missing index, if it is lost for certain. */
  lost(now: Ms): number | undefined {
    return this.#gap !== undefined && now >= this.#gap.since + this.#patience ? this.#gap.index : undefined
  }

  reset(): void {
    this.#empty.clear()
    this.#gap = undefined
  }

  #find(expected: number | undefined, frames: readonly PartialFrame[]): { index: number; since: Ms } | undefined {
    let next = expected
    for (const frame of frames) {
      if (next !== undefined && frame.first < next) continue
      if (next !== undefined && frame.first > next) return { index: next, since: frame.firstArrival }
      if (frame.hole !== undefined) return { index: frame.hole, since: frame.lastArrival }
      next = this.past(frame.last)
    }
    return undefined
  }
}
