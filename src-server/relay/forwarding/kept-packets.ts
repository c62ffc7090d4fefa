/** The last packets of one stream as they came, so that a receiver gets again what was lost on its own way, at once. */
import type { Ms, UnixMs } from '../../../src-shared/base/time.ts'

/** Half a second of the largest picture; a power of two, as sequence numbers go round. */
const KEPT = 128
/** A sender is asked for the same packet at most so often, whoever misses it. */
const ASK_AGAIN: Ms = 80

export class KeptPackets {
  readonly #packets: (Buffer | undefined)[] = Array.from({ length: KEPT })
  readonly #asked = new Map<number, UnixMs>()

  /** Hot. */
  keep(packet: Buffer): void {
    this.#packets[sequenceNumberOf(packet) % KEPT] = packet
  }

  find(sequenceNumber: number): Buffer | undefined {
    const packet = this.#packets[sequenceNumber % KEPT]
    return packet !== undefined && sequenceNumberOf(packet) === sequenceNumber ? packet : undefined
  }

  /** Which of the packets, none of them here, the sender has to be asked for now. */
  toAskFor(sequenceNumbers: readonly number[], now: UnixMs): number[] {
    for (const [asked, at] of this.#asked) if (now - at >= ASK_AGAIN) this.#asked.delete(asked)
    const due = sequenceNumbers.filter((sequenceNumber) => !this.#asked.has(sequenceNumber))
    for (const sequenceNumber of due) this.#asked.set(sequenceNumber, now)
    return due
  }
}

function sequenceNumberOf(packet: Buffer): number {
  return packet.readUInt16BE(2)
}
