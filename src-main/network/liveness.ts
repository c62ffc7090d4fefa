/**
 * Keeps a connection alive and notices when it is not: node-datachannel takes 30 s to find out that the other end is gone, and TCP
 * far longer. The first silence counts from the start.
 */
import type { Clock, Ms, UnixMs } from '../../src-shared/base/time.ts'

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
  #heardAt: UnixMs
  #cancel: () => void
  #cancelProbe: (() => void) | undefined

  constructor(options: LivenessOptions) {
    this.#options = options
    this.#heardAt = options.clock.now()
    this.#cancel = this.#schedule()
  }

  heard(): void {
    this.#heardAt = this.#options.clock.now()
  }

  /** There is reason to think that the connection is dead: it has this long to show a sign of life. One at a time. */
  probe(within: Ms): void {
    if (this.#cancelProbe !== undefined) return
    const { clock } = this.#options
    const since = clock.now()
    this.#cancelProbe = clock.after(within, () => {
      this.#cancelProbe = undefined
      if (this.#heardAt >= since) return
      if (this.#wasHeldUp(since + within)) this.probe(within)
      else this.#die()
    })
    this.#options.beat()
  }

  stop(): void {
    this.#cancel()
    this.#cancelProbe?.()
  }

  #schedule(): () => void {
    const { clock, interval, silence } = this.#options
    const due = clock.now() + interval
    return clock.after(interval, () => {
      if (!this.#wasHeldUp(due) && clock.now() - this.#heardAt >= silence) {
        this.#die()
        return
      }
      this.#cancel = this.#schedule()
      this.#options.beat()
    })
  }

  /** This process, or the computer slept: what came in meanwhile has not been looked at yet. */
  #wasHeldUp(due: UnixMs): boolean {
    const { clock, interval } = this.#options
    return clock.now() - due > interval
  }

  #die(): void {
    this.stop()
    this.#options.dead()
  }
}
