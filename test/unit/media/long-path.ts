/** A long way that loses packets, in virtual time: a bottleneck with a queue, and losses that come alone or in bursts. */

export interface LongPath {
  readonly roundTripMs: number
  /** Share of the packets that is lost, each way. */
  readonly loss: number
  /** How many are lost in a row, in the mean; 1: each alone. */
  readonly burst: number
  /** Bits a second. */
  readonly capacity: number
}

const QUEUE_MS = 300
/** Mean of the exponential part of the delay. */
const JITTER_MS = 3
/** UDP, IPv4, and the hop's DTLS-SRTP. */
const WIRE_BYTES = 44

/** One way, which keeps the order. Losses after Gilbert and Elliott: a good state that loses nothing, a bad one that loses all. */
export class LossyLink {
  readonly #path: LongPath
  readonly #random: () => number
  #isBad = false
  #freeAt = 0
  #lastAt = 0

  constructor(path: LongPath, random: () => number) {
    this.#path = path
    this.#random = random
  }

  /** When a packet of so many bytes comes in, ms; `undefined`: never. */
  send(length: number, now: number): number | undefined {
    const { loss, burst, capacity, roundTripMs } = this.#path
    const wait = Math.max(0, this.#freeAt - now)
    if (wait > QUEUE_MS) return undefined
    this.#freeAt = now + wait + (8000 * (length + WIRE_BYTES)) / capacity
    const stays = burst === 1 ? loss : 1 - 1 / burst
    const begins = burst === 1 ? loss : loss / (burst * (1 - loss))
    this.#isBad = this.#random() < (this.#isBad ? stays : begins)
    if (this.#isBad) return undefined
    this.#lastAt = Math.max(this.#lastAt, this.#freeAt + roundTripMs / 2 - Math.log(1 - this.#random()) * JITTER_MS)
    return this.#lastAt
  }
}

/** What is under way, in the order of its arrival. */
export class UnderWay<Content> {
  readonly #arrivals: { readonly at: number; readonly content: Content }[] = []

  add(at: number | undefined, content: Content): void {
    if (at !== undefined) this.#arrivals.push({ at, content })
  }

  /** What has come in until now. */
  take(now: number): { readonly at: number; readonly content: Content }[] {
    const end = this.#arrivals.findIndex(({ at }) => at > now)
    return this.#arrivals.splice(0, end < 0 ? this.#arrivals.length : end)
  }
}
