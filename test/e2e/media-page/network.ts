/** Joins the media ports of two sessions as the main processes of two devices would, over a network that can be bad. */
import type { FromMain, FromWorker } from '../../../src-shared/ipc/media-port.ts'
import { joinPackets, splitPackets } from '../../../src-shared/ipc/packet-batch.ts'

export interface Conditions {
  /** Share of packets that vanish. */
  readonly loss: number
  readonly delayMs: number
  /** Added to the delay of each batch, at random up to this. */
  readonly jitterMs: number
  /** Bits a second that pass in each direction, behind a queue of 200 ms; any if left out. */
  readonly capacity?: number
}

const QUEUE_MS = 200
/** UDP, IPv4 and the hop's protection. */
const OVERHEAD = 44

export class Crossing {
  conditions: Conditions = { loss: 0, delayMs: 0, jitterMs: 0 }
  packets = 0
  readonly #ends: readonly [MessagePort, MessagePort]
  #lastBatch: Uint8Array | undefined
  /** When the last packet of each direction has passed. */
  readonly #freeAt = new Map<MessagePort, number>()

  constructor(ends: readonly [MessagePort, MessagePort]) {
    this.#ends = ends
    ends.forEach((end, i) => {
      const other = ends[1 - i]
      end.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.kind !== 'packets' || other === undefined) return
        this.tell(end, { kind: 'credit', count: 1 })
        this.#carry(data.batch, other)
      }
    })
  }

  tell(end: MessagePort, message: FromMain): void {
    end.postMessage(message)
  }

  /** Sends the last batch again, each packet with a flipped bit, and once more unchanged. */
  forge(): number {
    const batch = this.#lastBatch ?? new Uint8Array()
    const packets = splitPackets(batch) ?? []
    const forged = packets.map((packet) => packet.map((byte, i) => (i === packet.length >> 1 ? byte ^ 1 : byte)))
    for (const end of this.#ends.slice(1)) {
      this.tell(end, { kind: 'packets', batch: joinPackets(forged), arrivedAt: Date.now() })
      this.tell(end, { kind: 'packets', batch, arrivedAt: Date.now() })
    }
    return 2 * packets.length
  }

  #carry(batch: Uint8Array, to: MessagePort): void {
    const packets = splitPackets(batch) ?? []
    this.packets += packets.length
    const { loss, delayMs, jitterMs, capacity } = this.conditions
    const passed = capacity === undefined ? packets : this.#queue(packets, to, capacity)
    const kept = passed.filter(() => Math.random() >= loss)
    if (kept.length === 0) return
    const batchThere = joinPackets(kept)
    if (to === this.#ends[1]) this.#lastBatch = batchThere
    const arrive = (): void => this.tell(to, { kind: 'packets', batch: batchThere, arrivedAt: Date.now() })
    const wait = capacity === undefined ? 0 : (this.#freeAt.get(to) ?? 0) - performance.now()
    if (delayMs + jitterMs + wait <= 0) arrive()
    else setTimeout(arrive, wait + delayMs + Math.random() * jitterMs)
  }

  /** Those that the queue had room for. */
  #queue(packets: readonly Uint8Array[], to: MessagePort, capacity: number): Uint8Array[] {
    const now = performance.now()
    return packets.filter(({ length }) => {
      const freeAt = Math.max(now, this.#freeAt.get(to) ?? 0)
      if (freeAt - now > QUEUE_MS) return false
      this.#freeAt.set(to, freeAt + (8000 * (length + OVERHEAD)) / capacity)
      return true
    })
  }
}
