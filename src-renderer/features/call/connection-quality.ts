/**
 * Whether the connection is so weak that the two should be told why they hear and see each other badly, and on whose side. Judged
 * by the packets that never came: sound that is missing can also be the fault of a busy computer. Ways into the network are
 * narrower than ways out of it, so where only what is sent suffers, the own connection is the likely reason.
 */
import type { CallStatistics } from '../../devices/media-session.ts'

/** Over how many measurements, one a second, losses are counted: one bad second is no reason to worry anyone. */
const MEASUREMENTS = 6
/** The share of packets that is lost: above the first it is said, below the second no longer. */
const WEAK = 0.1
const WELL = 0.03

/** Bits a second that the way to the other side carries: too little for sound and a picture worth looking at. */
const NARROW = 200_000
const WIDE = 300_000

/** Whose way is weak. */
export type Weakness = 'own' | 'theirs' | 'both'

type Measured = Pick<CallStatistics, 'sending'> & {
  readonly packets: Pick<CallStatistics['packets'], 'lost' | 'received'>
}

export class ConnectionQuality {
  #past: readonly Measured[] = []
  #isSendingWeak = false
  #isReceivingWeak = false

  /** Takes the counters up to now. */
  measured(now: Measured): Weakness | undefined {
    this.#past = [...this.#past, now].slice(-MEASUREMENTS - 1)
    const [first] = this.#past
    if (first !== undefined && this.#past.length > MEASUREMENTS) {
      this.#judgeReceiving(first, now)
      this.#judgeSending()
    }
    if (this.#isSendingWeak && this.#isReceivingWeak) return 'both'
    if (this.#isSendingWeak) return 'own'
    return this.#isReceivingWeak ? 'theirs' : undefined
  }

  #judgeReceiving(first: Measured, now: Measured): void {
    const lost = now.packets.lost - first.packets.lost
    const all = lost + now.packets.received - first.packets.received
    this.#isReceivingWeak = all > 0 && lost / all > (this.#isReceivingWeak ? WELL : WEAK)
  }

  #judgeSending(): void {
    const losses = this.#past.map(({ sending }) => sending.loss)
    const meanLoss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length
    const bound = this.#isSendingWeak ? WIDE : NARROW
    const isNarrow = this.#past.every(({ sending }) => sending.availableBitrate < bound)
    this.#isSendingWeak = isNarrow || meanLoss > (this.#isSendingWeak ? WELL : WEAK)
  }
}
