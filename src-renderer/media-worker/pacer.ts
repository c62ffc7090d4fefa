/**
 * Spreads the packets of a large frame over time: a keyframe of a hundred packets at once would overflow the queues of
 * a home router. A frame of usual size goes out at once.
 */
import type { Ms } from '../../src-shared/base/time.ts'

/** Bytes that may go out at once after a pause. */
const BURST = 32_000
/** Times the encoder's bitrate; and at least so many bits a second. */
const FACTOR = 3
const LEAST_RATE = 6_000_000
/** Packets that leave together; a timer for each would cost more than it smooths. */
const STEP = 8
/** More than this in the queue is not worth sending any more; the receiver asks for a keyframe. Bytes. */
const MAX_QUEUE = 1_000_000

export class Pacer {
  readonly #send: (packets: readonly Uint8Array[]) => void
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #budget = BURST
  #at: Ms = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (packets: readonly Uint8Array[]) => void) {
    this.#send = send
  }

  /** `false`: the queue was full, the frame is dropped. */
  enqueue(packets: readonly Uint8Array[], bitrate: number): boolean {
    const bytes = packets.reduce((sum, { length }) => sum + length, 0)
    if (this.#queuedBytes + bytes > MAX_QUEUE) return false
    this.#queue.push(...packets)
    this.#queuedBytes += bytes
    if (this.#timer === undefined) this.#flush(Math.max(LEAST_RATE, FACTOR * bitrate) / 8000)
    return true
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#queue = []
    this.#queuedBytes = 0
  }

  /** `rate`: bytes a millisecond. */
  #flush(rate: number): void {
    this.#timer = undefined
    const now = performance.now()
    this.#budget = Math.min(BURST, this.#budget + (now - this.#at) * rate)
    this.#at = now
    let count = 0
    while (count < this.#queue.length && this.#budget > 0) this.#budget -= this.#queue[count++]?.length ?? 0
    const packets = this.#queue.splice(0, count)
    this.#queuedBytes = this.#queue.reduce((sum, { length }) => sum + length, 0)
    if (packets.length > 0) this.#send(packets)
    if (this.#queue.length === 0) return
    const step = this.#queue.slice(0, STEP).reduce((sum, { length }) => sum + length, 0)
    this.#timer = setTimeout(() => this.#flush(rate), (step - this.#budget) / rate)
  }
}
