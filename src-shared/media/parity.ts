/**
 * The sender's half of forward error correction: when repair packets are worth their bits, and what each of them is made of
 * (docs/protocol/media.md, section 9). Sending again costs a round trip and hardly any bits, repair packets the reverse.
 */
import type { Bytes } from '../base/bytes.ts'
import type { Ms } from '../base/time.ts'
import { fitsShortMask, repairPayload } from './flexible-fec.ts'

/** What is known of the way to the other side. */
export interface LossyPath {
  /** `undefined`: not yet known. */
  readonly roundTrip: Ms | undefined
  /** Share of the packets. */
  readonly loss: number
  /** How many are lost in a row, in the mean. */
  readonly lossRun: number
}

/** Repair packets begin beyond all of these, and end where one of the others is passed. */
const BEGIN = { roundTrip: 150, loss: 0.008, lossRun: 1.5 }
const END = { roundTrip: 120, loss: 0.004, lossRun: 2 }

export class ParityChoice {
  #isOn = false

  /** Call before each frame. */
  isWorthwhile({ roundTrip = 0, loss, lossRun }: LossyPath): boolean {
    const bounds = this.#isOn ? END : BEGIN
    // One repair packet for a group does not help against bursts, which take several packets of it.
    this.#isOn = roundTrip >= bounds.roundTrip && loss >= bounds.loss && lossRun <= bounds.lossRun
    return this.#isOn
  }
}

/** Packets for each repair packet. Fewer would cost more bits; of more, two are lost too often. */
const MAX_GROUP = 10
const MIN_GROUP = 3
/** Frames that a group may span: each more is waited for. */
const MAX_FRAMES = 2

/** Some packets of a frame, and the payload of the repair packet that follows them. */
export interface ProtectedPart {
  readonly packets: readonly Bytes[]
  readonly repair: Bytes | undefined
}

export class ParityGroups {
  #open: Bytes[] = []
  #frames = 0
  /** Of the last group every second packet, which the next repair packet covers as well: most pairs that were lost come back with it. */
  #before: readonly Bytes[] = []

  /** The packets of a frame in the order of sending, in the clear. */
  add(packets: readonly Bytes[]): ProtectedPart[] {
    const all = this.#open.length + packets.length
    const size = Math.ceil(all / Math.ceil(all / MAX_GROUP))
    const parts: ProtectedPart[] = []
    this.#frames += 1
    for (let at = 0; at < packets.length;) {
      const part = packets.slice(at, at + size - this.#open.length)
      at += part.length
      this.#open.push(...part)
      const isFull = this.#open.length >= (at < packets.length ? size : MIN_GROUP) || this.#frames >= MAX_FRAMES
      parts.push({ packets: part, repair: isFull ? this.#close() : undefined })
    }
    return parts
  }

  /** What is sent next is not joined to what was. */
  clear(): void {
    this.#open = []
    this.#frames = 0
    this.#before = []
  }

  #close(): Bytes {
    const group = this.#open
    const both = [...this.#before, ...group]
    const payload = repairPayload(fitsShortMask(both) ? both : group)
    this.#open = []
    this.#frames = 0
    this.#before = group.filter((_, i) => i % 2 === 1)
    return payload
  }
}
