/** The way in and out of the worker: protects what leaves, opens what comes, paces, and repeats what was lost. */
import type { Result } from '../../src-shared/base/result.ts'
import type { Ms } from '../../src-shared/base/time.ts'
import type { FromMain, GroupFromWorker } from '../../src-shared/ipc/media-port.ts'
import type { SuiteName } from '../../src-shared/ipc/snapshot.ts'
import { ssrcOf } from '../../src-shared/media/rtp.ts'
import { kindOfSsrc, type MediaKind } from '../../src-shared/media/ssrc.ts'
import { MainClock } from './main-clock.ts'
import { Pacer } from './pacer.ts'
import { PortLink } from './port-link.ts'
import type { Opened } from './protection.ts'
import { ResendBudget, SentPackets } from './repair.ts'

export type MessageFromMain = Exclude<FromMain, { kind: 'packets' | 'credit' }>

/** The keys of a call: `protection.ts`, or in a group `group-protection.ts`. */
export interface PacketProtection<Packet extends Opened> {
  readonly suite: SuiteName | undefined
  readonly canSend: boolean
  protectRtp(kind: MediaKind, packet: Uint8Array): Uint8Array<ArrayBuffer>
  protectRtcp(kind: MediaKind, packet: Uint8Array): Uint8Array<ArrayBuffer>
  /** `waiting`: not refused, its key may still come. */
  open(packet: Uint8Array, now: Ms): Result<Packet, string>
  erase(): void
}

export interface TransportListener<Packet extends Opened> {
  /** A packet came, whether or not it can be opened, now or later. `arrivedAt`: as in `opened`. */
  arrived?(packet: Uint8Array, arrivedAt: Ms): void
  /** An authentic packet. `arrivedAt`: this computer, however busy this thread was then. */
  opened(packet: Packet, now: Ms, arrivedAt: Ms): void
  /** All packets of a message were handed over. */
  batchTaken(): void
  message(message: MessageFromMain): void
  /** Protected packets of RTP left, for the first time or again. */
  sent?(packets: readonly Uint8Array[], now: Ms): void
  /** So many bytes of them leave once more. */
  sentAgain?(bytes: number): void
  /** Packets could not be sent. */
  dropped(): void
}

export class Transport<Packet extends Opened> {
  readonly #protection: PacketProtection<Packet>
  readonly #listener: TransportListener<Packet>
  readonly #pacer = new Pacer((packets) => this.#send(packets))
  /** By SSRC. */
  readonly #sentPackets = new Map<number, SentPackets>()
  readonly #resendBudget = new ResendBudget()
  /** Bits a second at which the newest picture may leave. */
  #pacing = 0
  #link: PortLink | undefined
  readonly #mainClock = new MainClock()
  #received = 0
  #repeated = 0
  #refused = 0

  constructor(protection: PacketProtection<Packet>, listener: TransportListener<Packet>) {
    this.#protection = protection
    this.#listener = listener
  }

  get suite(): SuiteName | undefined {
    return this.#protection.suite
  }

  /** What is made now can be sent. */
  get isOpen(): boolean {
    return this.#protection.canSend && this.#link?.isFull === false
  }

  get counters(): { sent: number; received: number; repeated: number; refused: number; dropped: number } {
    return {
      sent: this.#link?.packetsSent ?? 0,
      received: this.#received,
      repeated: this.#repeated,
      refused: this.#refused,
      dropped: this.#link?.packetsDropped ?? 0,
    }
  }

  attach(port: MessagePort): void {
    this.#link?.close()
    this.#link = new PortLink(port, {
      packets: (packets, arrivedAt) => {
        const now = performance.now()
        const at = this.#mainClock.local(arrivedAt, now)
        for (const packet of packets) this.#listener.arrived?.(packet, at)
        this.#take(packets, now, at)
      },
      message: (message) => this.#listener.message(message),
    })
  }

  sendSound(kind: 'audio' | 'screenSound', packets: readonly Uint8Array[]): void {
    this.#send(packets.map((packet) => this.#protection.protectRtp(kind, packet)))
  }

  /**
   * `false`: the frame was dropped. `ssrc`: of its stream, which tells whether it is the camera's or the screen's; packets of another
   * one repair it and are not sent again. `pacing`: bits a second at which it may leave.
   */
  sendPicture(ssrc: number, packets: readonly Uint8Array[], pacing: number): boolean {
    const protectedPackets = packets.map((packet) => this.#protection.protectRtp(kindOfPicture(ssrc), packet))
    const sentPackets = this.#sentPackets.get(ssrc) ?? new SentPackets()
    this.#sentPackets.set(ssrc, sentPackets)
    sentPackets.remember(
      protectedPackets.filter((packet) => ssrcOf(packet) === ssrc),
      performance.now(),
    )
    this.#pacing = pacing
    return this.#pacer.enqueue(protectedPackets, pacing)
  }

  sendReport(kind: MediaKind, compound: Uint8Array): void {
    if (!this.isOpen) return
    if (this.#link?.send([this.#protection.protectRtcp(kind, compound)]) !== true) this.#listener.dropped()
  }

  /** Another side misses packets of the picture. */
  sendAgain(ssrc: number, sequenceNumbers: readonly number[]): void {
    const now = performance.now()
    const isAdmitted = (length: number) => this.#resendBudget.admit(length, this.#pacing, now)
    const packets = this.#sentPackets.get(ssrc)?.find(sequenceNumbers, now, isAdmitted) ?? []
    if (packets.length === 0) return
    this.#listener.sentAgain?.(packets.reduce((sum, { length }) => sum + length, 0))
    this.#send(packets)
  }

  /** Of the relay, in a group. */
  ask(request: GroupFromWorker): void {
    this.#link?.ask(request)
  }

  /** Packets that had to wait for their key. */
  takeLate(packets: readonly Uint8Array[]): void {
    const now = performance.now()
    this.#take(packets, now, now)
  }

  #take(packets: readonly Uint8Array[], now: Ms, arrivedAt: Ms): void {
    for (const packet of packets) {
      const opened = this.#protection.open(packet, now)
      if (opened.ok) {
        this.#received += 1
        this.#listener.opened(opened.value, now, arrivedAt)
      } else if (opened.reason === 'replayed') this.#repeated += 1
      else if (opened.reason !== 'waiting') this.#refused += 1
    }
    this.#listener.batchTaken()
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

  #send(packets: readonly Uint8Array[]): void {
    // Before they go: a packet must not seem to arrive sooner than it left, when this thread has to wait in between.
    const now = performance.now()
    if (this.#link?.send(packets) === true) this.#listener.sent?.(packets, now)
    else this.#listener.dropped()
  }
}

function kindOfPicture(ssrc: number): MediaKind {
  return kindOfSsrc(ssrc) === 'screen' ? 'screen' : 'video'
}
