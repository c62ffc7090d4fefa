/**
 * What the network carries from the relay to this device, by what is lost on the way: the loss-based controller of Google Congestion
 * Control (draft-ietf-rmcat-gcc-02, section 6), at the receiver, as the relay cannot read reports. Until something is lost there
 * is no limit.
 */
import { type Ms, SECOND } from '../base/time.ts'

const HIGH_LOSS = 0.1
const LOW_LOSS = 0.02
const GROWTH = 1.05
/** Fewer packets in an interval say nothing. */
const PACKETS_MIN = 20
/** Bits a second: room for a few voices and small pictures. Less is no call. */
const LOWEST = 100_000
/** Above what comes in, a limit limits nothing; after so many intervals of that without loss it is forgotten. */
const ROOM = 2
const CALM_INTERVALS = 20

export interface Arrivals {
  readonly bytes: number
  readonly packets: number
  /** Packets that were missed, whether or not they came later. */
  readonly missed: number
}

export class DownlinkEstimate {
  #limit: number | undefined
  /** Intervals in which nothing was lost and there was room. */
  #calm = 0

  /** Bits a second; `undefined`: no limit was met. */
  get limit(): number | undefined {
    return this.#limit
  }

  /** What came in within `elapsed`, about a second each time. */
  update({ bytes, packets, missed }: Arrivals, elapsed: Ms): void {
    if (packets + missed < PACKETS_MIN) return
    const loss = missed / (packets + missed)
    const rate = (8 * bytes * SECOND) / elapsed
    if (loss >= LOW_LOSS) this.#calm = 0
    if (loss > HIGH_LOSS) {
      this.#limit = Math.max(LOWEST, Math.min(this.#limit ?? Infinity, rate) * (1 - 0.5 * loss))
    } else if (loss < LOW_LOSS && this.#limit !== undefined) {
      // What is not used proves nothing, so the limit does not run away from it.
      this.#calm = this.#limit >= ROOM * rate ? this.#calm + 1 : 0
      this.#limit =
        this.#calm > CALM_INTERVALS ? undefined : Math.min(GROWTH * this.#limit, Math.max(this.#limit, ROOM * rate))
    }
  }
}
