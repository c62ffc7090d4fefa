/** The way in and out of the worker: protects what leaves, opens what comes, paces, and repeats what was lost. */
import type { Ms } from '../../src-shared/base/time.ts'
import type { FromMain } from '../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../src-shared/ipc/snapshot.ts'
import { Pacer } from './pacer.ts'
import { PortLink } from './port-link.ts'
import { type GenerationOfKeys, type Opened, Protection } from './protection.ts'
import { SentPackets } from './repair.ts'
import type { ReportedKind } from './reception.ts'

export type MessageFromMain = Exclude<FromMain, { kind: 'packets' | 'credit' }>

export interface TransportListener {
  /** An authentic packet. */
  opened(packet: Opened, now: Ms): void
  /** All packets of a message were handed over. */
  batchTaken(): void
  message(message: MessageFromMain): void
  /** Packets could not be sent. */
  dropped(): void
}

export class Transport {
  readonly #listener: TransportListener
  readonly #protection = new Protection()
  readonly #pacer = new Pacer((packets) => this.#send(packets))
  readonly #sentPackets = new SentPackets()
  #link: PortLink | undefined
  #pictureSinceReport = 0
  #received = 0
  #refused = 0

  constructor(listener: TransportListener) {
    this.#listener = listener
  }

  get suite(): SuiteName | undefined {
    return this.#protection.suite
  }

  /** What is made now can be sent. */
  get isOpen(): boolean {
    return this.#protection.canSend && this.#link?.isFull === false
  }

  get counters(): { sent: number; received: number; refused: number; dropped: number } {
    return {
      sent: this.#link?.packetsSent ?? 0,
      received: this.#received,
      refused: this.#refused,
      dropped: this.#link?.packetsDropped ?? 0,
    }
  }

  attach(port: MessagePort): void {
    this.#link?.close()
    this.#link = new PortLink(port, {
      packets: (packets) => this.#take(packets),
      message: (message) => this.#listener.message(message),
    })
  }

  install(keys: GenerationOfKeys): void {
    this.#protection.install(keys)
  }

  sendSound(packets: readonly Uint8Array[]): void {
    this.#send(packets.map((packet) => this.#protection.protectRtp('audio', packet)))
  }

  /** `false`: the frame was dropped. `bitrate`: of the encoder. */
  sendPicture(packets: readonly Uint8Array[], bitrate: number): boolean {
    const protectedPackets = packets.map((packet) => this.#protection.protectRtp('video', packet))
    this.#sentPackets.remember(protectedPackets, performance.now())
    this.#pictureSinceReport += packets.length
    return this.#pacer.enqueue(protectedPackets, bitrate)
  }

  sendReport(kind: ReportedKind, compound: Uint8Array): void {
    if (this.isOpen) this.#send([this.#protection.protectRtcp(kind, compound)])
  }

  /** The other side misses packets of the picture. */
  sendAgain(sequenceNumbers: readonly number[], roundTrip: Ms | undefined): void {
    const packets = this.#sentPackets.find(sequenceNumbers, performance.now(), roundTrip)
    if (packets.length > 0) this.#send(packets)
  }

  /** The share of the picture's packets that were missed since the last call of this, whatever came of it. */
  takeMissed(): number {
    const missed = this.#sentPackets.takeRequested() / Math.max(1, this.#pictureSinceReport)
    this.#pictureSinceReport = 0
    return Math.min(1, missed)
  }

  /** Erases all keys: what comes in afterwards is refused, and nothing goes out. */
  end(): void {
    this.#protection.erase()
    this.#pacer.clear()
  }

  close(): void {
    this.end()
    this.#link?.close()
  }

  #take(packets: readonly Uint8Array[]): void {
    const now = performance.now()
    for (const packet of packets) {
      const opened = this.#protection.open(packet)
      if (opened.ok) {
        this.#received += 1
        this.#listener.opened(opened.value, now)
      } else this.#refused += 1
    }
    this.#listener.batchTaken()
  }

  #send(packets: readonly Uint8Array[]): void {
    if (this.#link?.send(packets) !== true) this.#listener.dropped()
  }
}
