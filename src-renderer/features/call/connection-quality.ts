/**
 * Whether the connection is so weak that the two should be told why they hear and see each other badly, and on whose side. Judged
 * by the packets that never came: sound that is missing can also be the fault of a busy computer. Ways into the network are
 * narrower than ways out of it, so where only what is sent suffers, the own connection is the likely reason.
 */
import type { CallStatistics, SendingStatistics } from '../../devices/media-session.ts'

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

type Received = Pick<CallStatistics['packets'], 'lost' | 'received'>

export class ConnectionQuality {
  readonly #sending = new SendingQuality()
  readonly #receiving = new ReceivingQuality()

  /** Takes the counters up to now. */
  measured({
    packets,
    sending,
  }: {
    readonly packets: Received
    readonly sending: SendingStatistics
  }): Weakness | undefined {
    const isSendingWeak = this.#sending.measured(sending)
    const isReceivingWeak = this.#receiving.measured(packets)
    if (isSendingWeak && isReceivingWeak) return 'both'
    if (isSendingWeak) return 'own'
    return isReceivingWeak ? 'theirs' : undefined
  }
}

/** Of what comes from one side. */
export class ReceivingQuality {
  #past: readonly Received[] = []
  #isWeak = false

  /** Whether it is weak. */
  measured(now: Received): boolean {
    this.#past = [...this.#past, now].slice(-MEASUREMENTS - 1)
    const [first] = this.#past
    if (first === undefined || this.#past.length <= MEASUREMENTS) return false
    const lost = now.lost - first.lost
    const all = lost + now.received - first.received
    this.#isWeak = all > 0 && lost / all > (this.#isWeak ? WELL : WEAK)
    return this.#isWeak
  }
}

export class SendingQuality {
  #past: readonly SendingStatistics[] = []
  #isWeak = false

  /** Whether it is weak. */
  measured(now: SendingStatistics): boolean {
    this.#past = [...this.#past, now].slice(-MEASUREMENTS - 1)
    if (this.#past.length <= MEASUREMENTS) return false
    const meanLoss = this.#past.reduce((sum, { loss }) => sum + loss, 0) / this.#past.length
    const bound = this.#isWeak ? WIDE : NARROW
    const isNarrow = this.#past.every(({ availableBitrate }) => availableBitrate < bound)
    this.#isWeak = isNarrow || meanLoss > (this.#isWeak ? WELL : WEAK)
    return this.#isWeak
  }
}
