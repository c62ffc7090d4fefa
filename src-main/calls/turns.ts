/** Events of one machine, one after the other: what comes up while one is worked on waits for its turn. */
export class Turns<Event> {
  readonly #step: (event: Event) => void
  readonly #settled: () => void
  readonly #waiting: Event[] = []
  #running = false

  /** `settled` is called whenever none is left. */
  constructor(step: (event: Event) => void, settled: () => void) {
    this.#step = step
    this.#settled = settled
  }

  readonly take = (event: Event): void => {
    this.#waiting.push(event)
    if (this.#running) return
    this.#running = true
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#step(next)
    } finally {
      this.#running = false
    }
    this.#settled()
  }
}
