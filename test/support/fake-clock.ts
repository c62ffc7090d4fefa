/** A clock that stands still until a test moves it. */
import type { Clock, Ms, UnixMs } from '../../src-shared/base/time.ts'

export class FakeClock implements Clock {
  #now: UnixMs
  #timers: { readonly at: UnixMs; readonly callback: () => void }[] = []

  constructor(now: UnixMs) {
    this.#now = now
  }

  now(): UnixMs {
    return this.#now
  }

  after(delay: Ms, callback: () => void): () => void {
    const timer = { at: this.#now + delay, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Calls every timer that falls due on the way, in order, each at its own time. */
  advance(span: Ms): void {
    const end = this.#now + span
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#now = Math.max(this.#now, due.at)
      due.callback()
    }
    this.#now = end
  }

  /** The process was held up for so long: what fell due meanwhile is called now, late. */
  holdUp(span: Ms): void {
    this.#now += span
    this.advance(0)
  }

  get timers(): number {
    return this.#timers.length
  }
}
