/** The worker's end of the media port: batches of protected packets, and the credits that keep either side from queueing. */
import type { UnixMs } from '../../src-shared/base/time.ts'
import {
  CREDIT_STEP,
  CREDITS,
  type FromMain,
  type FromWorker,
  type GroupFromWorker,
} from '../../src-shared/ipc/media-port.ts'
import { joinPackets, splitPackets } from '../../src-shared/ipc/packet-batch.ts'

export interface PortListener {
  /** Views into one buffer that nobody else holds. `arrivedAt`: at the main process, by its clock. */
  packets(packets: readonly Uint8Array[], arrivedAt: UnixMs): void
  message(message: Exclude<FromMain, { kind: 'packets' | 'credit' }>): void
}

export class PortLink {
  readonly #port: MessagePort
  readonly #listener: PortListener
  #underWay = 0
  #takenIn = 0
  #sent = 0
  #dropped = 0

  constructor(port: MessagePort, listener: PortListener) {
    this.#port = port
    this.#listener = listener
    port.onmessage = ({ data }: MessageEvent<FromMain>) => this.#receive(data)
  }

  get packetsSent(): number {
    return this.#sent
  }

  get packetsDropped(): number {
    return this.#dropped
  }

  get isFull(): boolean {
    return this.#underWay >= CREDITS
  }

  /** `false`: the main process is behind, the packets are dropped. */
  send(packets: readonly Uint8Array[]): boolean {
    if (this.isFull) {
      this.#dropped += packets.length
      return false
    }
    this.#underWay += 1
    this.#sent += packets.length
    this.#post({ kind: 'packets', batch: joinPackets(packets) })
    return true
  }

  /** Few and small: they need no credit. */
  ask(request: GroupFromWorker): void {
    this.#post(request)
  }

  close(): void {
    this.#port.close()
  }

  #receive(message: FromMain): void {
    switch (message.kind) {
      case 'credit':
        this.#underWay = Math.max(0, this.#underWay - message.count)
        return
      case 'packets': {
        this.#takeIn()
        const packets = splitPackets(message.batch)
        if (packets === undefined) throw new Error('a batch of packets from the main process is malformed')
        this.#listener.packets(packets, message.arrivedAt)
        return
      }
      default:
        this.#listener.message(message)
    }
  }

  #takeIn(): void {
    this.#takenIn += 1
    if (this.#takenIn < CREDIT_STEP) return
    this.#post({ kind: 'credit', count: this.#takenIn })
    this.#takenIn = 0
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message)
  }
}
