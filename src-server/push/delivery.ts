/** Brings one connection of a device what its queue holds: in order, a few at a time, until each is acknowledged. */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { ServerPush } from '../../src-shared/protocol/service/frame.ts'
import type { PushQueue } from './queue.ts'

/** Envelopes on their way to a device that has not acknowledged them: about 1 MiB. */
const WINDOW = 16

export interface DeliveryPorts {
  readonly queue: PushQueue
  readonly now: () => UnixMs
  readonly send: (push: ServerPush) => void
  /** The database did not answer; the connection should end, so that the device comes again. */
  readonly failed: (error: unknown) => void
}

export class Delivery {
  readonly #certHash: Bytes
  readonly #ports: DeliveryPorts
  readonly #unacknowledged = new Set<number>()
  #lastSent = 0
  #emptied = false
  #running = false
  #again = false
  #stopped = false

  constructor(certHash: Bytes, ports: DeliveryPorts) {
    this.#certHash = certHash
    this.#ports = ports
  }

  /** There may be something to deliver. */
  wake(): void {
    this.#again = true
    if (this.#running || this.#stopped) return
    this.#run().catch((error: unknown) => this.#ports.failed(error))
  }

  /** Erases the envelope. A number that was not sent on this connection is passed over. */
  async acknowledge(queueId: number): Promise<void> {
    if (!this.#unacknowledged.has(queueId)) return
    await this.#ports.queue.remove(this.#certHash, queueId)
    this.#unacknowledged.delete(queueId)
    this.wake()
  }

  stop(): void {
    this.#stopped = true
  }

  async #run(): Promise<void> {
    this.#running = true
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false
        await this.#fill()
      }
    } finally {
      this.#running = false
    }
  }

  async #fill(): Promise<void> {
    const room = WINDOW - this.#unacknowledged.size
    if (room <= 0) return
    const envelopes = await this.#ports.queue.next(this.#certHash, this.#lastSent, room, this.#ports.now())
    if (this.#stopped) return
    for (const { queueId, envelope } of envelopes) {
      this.#unacknowledged.add(queueId)
      this.#lastSent = queueId
      this.#ports.send({ kind: 'envelope', queueId, envelope })
    }
    if (envelopes.length > 0 || this.#unacknowledged.size > 0 || this.#emptied || this.#again) return
    this.#emptied = true
    this.#ports.send({ kind: 'queueEmpty' })
  }
}
