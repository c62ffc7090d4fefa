/**
 * A group's call as one receiver has it, in virtual time: senders with layers as they are asked for, the relay's own forwarding, a
 * downlink with a queue, and what the receiver tells the relay of it.
 */
import { vi } from 'vitest'
import type { Looking } from '../../../src-renderer/media-worker/looking.ts'
import { Forwarder } from '../../../src-server/relay/forwarding/forwarder.ts'
import type { RoomMember } from '../../../src-server/relay/room.ts'
import type { GroupFromWorker } from '../../../src-shared/ipc/media-port.ts'
import { forwardingElements } from '../../../src-shared/media/forwarding.ts'
import { buildRtp, sequenceNumberOf, ssrcOf } from '../../../src-shared/media/rtp.ts'
import { groupSsrc, kindOfSsrc } from '../../../src-shared/media/ssrc.ts'
import { parseRelayFrame } from '../../../src-shared/protocol/relay-frame.ts'
import { generator } from '../media/network.ts'

export interface Downlink {
  /** Bits a second at this moment. */
  capacity(now: number): number
  /** What the queue holds at most, ms at the present capacity. */
  readonly queueMs: number
  /** One way, of packets and of what is told. */
  readonly delayMs: number
  readonly jitterMs: number
  readonly loss: number
}

export interface Moment {
  readonly now: number
  /** Bits a second; `undefined`: no limit is known. */
  readonly limit: number | undefined
  /** How long a packet that the relay sends now will queue, ms. */
  readonly queued: number
  /** That arrived since the last moment, bits a second. */
  readonly arrived: number
}

/** What the simulation asks of the receiver; `Looking` is it. */
export type Receiver = Pick<Looking, 'watch' | 'arrived' | 'packetsTaken'>

/** Between two moments. */
export const MOMENT = 50
/** Bits a second of the layers, and of a voice on the wire. */
const LAYERS = [150_000, 500_000, 1_200_000] as const
export const VOICE = 73_000
const FRAME = 33
/** Times a usual frame, and times the layer's rate. */
const KEYFRAME_SIZE = 6
const PACING = 2.5
const WIRE_OVERHEAD = 44
/** What is missing is noticed after so long. */
const NOTICED = 10

class Member implements RoomMember {
  readonly certHash = new Uint8Array(32)
  readonly accountPub = new Uint8Array(32)
  readonly address: string
  readonly prefix: number
  readonly sendPacket: (packet: Buffer) => void
  #wanted: readonly number[] = []
  readonly #keyframes = new Set<number>()
  readonly #sequence = new Map<number, number>()
  /** By layer: packets that wait to be paced, and how many bytes may go. */
  readonly #waiting = LAYERS.map((): { readonly packets: Buffer[]; budget: number } => ({ packets: [], budget: 0 }))
  #frame = 0

  constructor(number: number, sendPacket: (packet: Buffer) => void) {
    this.prefix = 0x100 + number
    this.address = String(number).padStart(16, '0')
    this.sendPacket = sendPacket
  }

  sendFrame(bytes: Uint8Array): void {
    const frame = parseRelayFrame(bytes)
    if (frame?.kind !== 'wanted') return
    for (const layer of frame.layers) if (!this.#wanted.includes(layer)) this.#keyframes.add(layer)
    for (const layer of frame.keyframes) this.#keyframes.add(layer)
    this.#wanted = frame.layers
  }

  congested(): boolean {
    return false
  }

  /** What it sends in this millisecond. */
  tick(now: number): Buffer[] {
    const out: Buffer[] = []
    if (now % 20 === this.prefix % 20) out.push(this.#packet(0, 110, { audioLevel: { voice: true, level: 30 } }, now))
    if (now % FRAME === this.prefix % FRAME) this.#encode(now)
    for (const [layer, waiting] of this.#waiting.entries()) {
      const rate = (PACING * (LAYERS[layer] ?? 0)) / 8000
      waiting.budget = Math.min(5 * rate, waiting.budget + rate)
      for (let next = waiting.packets[0]; waiting.budget > 0 && next !== undefined; next = waiting.packets[0]) {
        waiting.budget -= next.length
        waiting.packets.shift()
        out.push(next)
      }
    }
    return out
  }

  #encode(now: number): void {
    this.#frame += 1
    for (const layer of this.#wanted) {
      const keyframe = this.#keyframes.delete(layer)
      // A keyframe begins a pair of frames.
      const temporal = keyframe ? 0 : this.#frame % 2
      const size = (((LAYERS[layer] ?? 0) * FRAME) / 8000) * (keyframe ? KEYFRAME_SIZE : temporal === 0 ? 1.2 : 0.8)
      for (let left = size; left > 0; left -= 1100) {
        const about = { picture: { layer, temporal, keyframe } }
        this.#waiting[layer]?.packets.push(this.#packet(layer + 1, Math.ceil(Math.min(1100, left)), about, now))
      }
    }
  }

  #packet(stream: number, size: number, about: Parameters<typeof forwardingElements>[0], now: number): Buffer {
    const sequenceNumber = ((this.#sequence.get(stream) ?? 0) + 1) % 0x1_0000
    this.#sequence.set(stream, sequenceNumber)
    return Buffer.from(
      buildRtp({
        payloadType: 96,
        marker: false,
        sequenceNumber,
        timestamp: 90 * now,
        ssrc: groupSsrc(this.prefix, stream, about.picture === undefined ? 'audio' : 'video'),
        csrcs: [],
        extensions: forwardingElements(about),
        payload: new Uint8Array(size),
      }),
    )
  }
}

/** `receiverOf`: makes it within virtual time. */
export function runReceiver(
  receiverOf: (ask: (request: GroupFromWorker) => void) => Receiver,
  downlink: Downlink,
  options: { seconds: number; seed: number; senders: number },
): Moment[] {
  const random = generator(options.seed)
  const events = new Schedule()
  let now = 1_000_000
  const began = now
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  const forwarder = new Forwarder()
  let freeAt = now
  let missed = 0
  let came = 0
  let limit: number | undefined
  const arrivals: { readonly at: number; readonly packet: Buffer }[] = []

  const own = new Member(0, (packet) => {
    const wait = Math.max(0, freeAt - now)
    const arrives = (): number => freeAt + downlink.delayMs + random() * downlink.jitterMs
    const isFull = wait > downlink.queueMs
    if (!isFull) freeAt = now + wait + (8000 * (packet.length + WIRE_OVERHEAD)) / downlink.capacity(now - began)
    if (!isFull && random() >= downlink.loss) {
      events.at(arrives(), () => arrivals.push({ at: now, packet }))
      return
    }
    const ssrc = ssrcOf(packet)
    if (kindOfSsrc(ssrc) !== 'video') return
    events.at(arrives() + NOTICED, () => {
      missed += 1
      events.at(now + downlink.delayMs, () => forwarder.missing(own, ssrc, [sequenceNumberOf(packet)], now))
    })
  })
  const senders = Array.from({ length: options.senders }, (_, i) => new Member(i + 1, () => undefined))
  forwarder.setParticipants(
    [own, ...senders].map((member) => ({ member, ssrcPrefix: member.prefix })),
    now,
  )
  const receiver = receiverOf((request) => {
    if (request.kind !== 'look') return
    limit = request.downlink === 0 ? undefined : 1000 * request.downlink
    events.at(now + downlink.delayMs, () => forwarder.look(own, request, now))
  })
  receiver.watch(senders.map(({ address }, i) => ({ member: address, height: i === 0 ? 720 : 360 })))
  const moments: Moment[] = []
  for (const end = now + 1000 * options.seconds; now < end; now++) {
    events.run(now)
    for (const sender of senders) for (const packet of sender.tick(now)) forwarder.forward(sender, packet, now)
    if (arrivals.length > 0) {
      for (const { at, packet } of arrivals.splice(0)) {
        came += packet.length + WIRE_OVERHEAD
        receiver.arrived(packet, at)
      }
      receiver.packetsTaken(() => {
        const taken = missed
        missed = 0
        return taken
      })
    }
    if ((now - began) % MOMENT === 0) {
      moments.push({ now: now - began, limit, queued: Math.max(0, freeAt - now), arrived: (8000 * came) / MOMENT })
      came = 0
    }
  }
  clock.mockRestore()
  return moments
}

/** What happens at which millisecond. */
class Schedule {
  readonly #due = new Map<number, (() => void)[]>()

  at(moment: number, happens: () => void): void {
    const key = Math.ceil(moment)
    const others = this.#due.get(key)
    if (others === undefined) this.#due.set(key, [happens])
    else others.push(happens)
  }

  run(now: number): void {
    for (const happens of this.#due.get(now) ?? []) happens()
    this.#due.delete(now)
  }
}
