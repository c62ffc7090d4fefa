/** The receiver's half of forward error correction: lost packets of a picture from those that came and from repair packets. */
import type { Bytes } from '../base/bytes.ts'
import { parseRepair, recoverPacket, type Repair } from './flexible-fec.ts'
import type { RtpPacket } from './rtp.ts'
import { sequenceNumberOf, ssrcOf } from './rtp.ts'

/** Packets that may still be needed: those of a second and more. */
const MAX_KEPT = 512
/** Repair packets that wait for others: what is missing longer has been sent again, or given up. */
const MAX_WAITING = 64

export class PacketRecovery {
  #ssrc: number | undefined
  /** By sequence number, in order of arrival, in the clear. */
  readonly #kept = new Map<number, Bytes>()
  #waiting: Repair[] = []

  /** A packet of the picture came in, in the clear. What can be had now and could not before, in the clear. */
  received(packet: Bytes): Uint8Array<ArrayBuffer>[] {
    if (ssrcOf(packet) !== this.#ssrc) this.#begin(ssrcOf(packet))
    this.#keep(packet)
    return this.#waiting.length === 0 ? [] : this.#recover()
  }

  /** A repair packet came in. One that is malformed, or is about a stream that is not here, changes nothing. */
  repair({ csrcs, payload }: RtpPacket): Uint8Array<ArrayBuffer>[] {
    const repair = csrcs.length === 1 && csrcs[0] === this.#ssrc ? parseRepair(payload) : undefined
    if (repair === undefined) return []
    this.#waiting.push(repair)
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()
    return this.#recover()
  }

  #begin(ssrc: number): void {
    this.#ssrc = ssrc
    this.#kept.clear()
    this.#waiting = []
  }

  #keep(packet: Bytes): void {
    const number = sequenceNumberOf(packet)
    this.#kept.delete(number)
    this.#kept.set(number, packet)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** One that is recovered may complete what another repair packet waits for. */
  #recover(): Uint8Array<ArrayBuffer>[] {
    const recovered: Uint8Array<ArrayBuffer>[] = []
    for (let before = -1; before < recovered.length;) {
      before = recovered.length
      this.#waiting = this.#waiting.filter((repair) => {
        const missing = repair.numbers.filter((number) => !this.#kept.has(number))
        const [sequenceNumber] = missing
        if (sequenceNumber === undefined) return false
        if (missing.length > 1) return true
        const others = repair.numbers.flatMap((number) => this.#kept.get(number) ?? [])
        const packet = recoverPacket(repair, others, { ssrc: this.#ssrc ?? 0, sequenceNumber })
        if (packet === undefined) return false
        this.#keep(packet)
        recovered.push(packet)
        return false
      })
    }
    return recovered
  }
}
