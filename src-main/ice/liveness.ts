/**
 * Keeps a connection alive and notices when it is not: the library itself takes 30 s to find out that the other end is gone.
 * The first silence counts from the start.
 */
import type { Clock, Ms } from '../../src-shared/base/time.ts'

export interface LivenessOptions {
  readonly clock: Clock
  /** How often `beat` is called. */
  readonly interval: Ms
  /** After so long without `heard` the connection counts as dead. */
  readonly silence: Ms
  beat(): void
  /** Once; nothing follows. */
  dead(): void
}

export class Liveness {
  readonly #options: LivenessOptions
  #heardAt: number
  #cancel: () => void
  #cancelProbe: () => void = () => undefined

  constructor(options: LivenessOptions) {
    this.#options = options
    this.#heardAt = options.clock.now()
    this.#cancel = this.#schedule()
  }

  heard(): void {
    this.#heardAt = this.#options.clock.now()
  }

  /** There is reason to think that the connection is dead: it has this long to show a sign of life. */
  probe(within: Ms): void {
    const options = this.#options
    const since = options.clock.now()
    this.#cancelProbe()
    this.#cancelProbe = options.clock.after(within, () => {
      if (this.#heardAt >= since) return
      this.#cancel()
      options.dead()
    })
    options.beat()
  }

  stop(): void {
    this.#cancel()
    this.#cancelProbe()
  }

  #schedule(): () => void {
    const options = this.#options
    const due = options.clock.now() + options.interval
    return options.clock.after(options.interval, () => {
      const now = options.clock.now()
      // This process was held up, or the computer slept: what came in meanwhile has not been looked at yet.
      const isLate = now - due > options.interval
      if (!isLate && now - this.#heardAt >= options.silence) {
        this.#cancelProbe()
        options.dead()
        return
      }
      this.#cancel = this.#schedule()
      options.beat()
    })
  }
}
