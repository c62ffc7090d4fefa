/**
 * Spreads the packets of a large frame over time: a keyframe of a hundred packets at once would overflow the queues of
 * a home router. A frame of usual size goes out at once.
 */
import { type Ms, SECOND } from '../../src-shared/base/time.ts'

/** What may go out at once after a pause: as much as leaves within this time. */
const BURST: Ms = 40
/** Packets that leave together; a timer for each would cost more than it smooths. */
const STEP = 8
/** More than this in the queue is not worth sending any more; the receiver asks for a keyframe. */
const MAX_WAIT: Ms = 1500

export class Pacer {
  readonly #send: (packets: readonly Uint8Array[]) => void
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  /** Bytes a millisecond. */
  #rate = 0
  #budget = Infinity
  #at: Ms = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (packets: readonly Uint8Array[]) => void) {
    this.#send = send
  }

  /** `false`: the queue was full, the frame is dropped. `rate`: bits a second at which packets may leave from now on. */
  enqueue(packets: readonly Uint8Array[], rate: number): boolean {
    this.#rate = rate / (8 * SECOND)
    const bytes = packets.reduce((sum, { length }) => sum + length, 0)
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > MAX_WAIT * this.#rate) return false
    this.#queue.push(...packets)
    this.#queuedBytes += bytes
    if (this.#timer === undefined) this.#flush()
    return true
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#queue = []
    this.#queuedBytes = 0
  }

  #flush(): void {
    this.#timer = undefined
    const now = performance.now()
    this.#budget = Math.min(BURST * this.#rate, this.#budget + (now - this.#at) * this.#rate)
    this.#at = now
    let count = 0
    while (count < this.#queue.length && this.#budget > 0) this.#budget -= this.#queue[count++]?.length ?? 0
    const packets = this.#queue.splice(0, count)
    this.#queuedBytes = this.#queue.reduce((sum, { length }) => sum + length, 0)
    if (packets.length > 0) this.#send(packets)
    if (this.#queue.length === 0) return
    const step = this.#queue.slice(0, STEP).reduce((sum, { length }) => sum + length, 0)
    this.#timer = setTimeout(() => this.#flush(), (step - this.#budget) / this.#rate)
  }
}
