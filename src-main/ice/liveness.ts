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

  constructor(options: LivenessOptions) {
    this.#options = options
    this.#heardAt = options.clock.now()
    this.#cancel = this.#schedule()
  }

  heard(): void {
    this.#heardAt = this.#options.clock.now()
  }

  stop(): void {
    this.#cancel()
  }

  #schedule(): () => void {
    const options = this.#options
    const due = options.clock.now() + options.interval
    return options.clock.after(options.interval, () => {
      const now = options.clock.now()
      // This process was held up, or the computer slept: what came in meanwhile has not been looked at yet.
      const isLate = now - due > options.interval
      if (!isLate && now - this.#heardAt >= options.silence) {
        options.dead()
        return
      }
      this.#cancel = this.#schedule()
      options.beat()
    })
  }
}
