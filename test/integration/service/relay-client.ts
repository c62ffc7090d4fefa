/** A member of a relay room on node-datachannel itself: what the relay is measured against. */
import { type DataChannel, PeerConnection, type Track, Video } from 'node-datachannel'
import type { Result } from '../../../src-shared/base/result.ts'
import { encodeRelayFrame, parseRelayFrame, type RelayFrame } from '../../../src-shared/protocol/relay-frame.ts'
import { until } from './harness.ts'

/** What trades an offer for an answer: a client of the service, or the relay itself. */
interface Door {
  relayConnect(ticket: Uint8Array, offer: string): Promise<Result<string, string>>
}

/** A dropped reference closes the native object. */
const kept = new Set<RelayMember>()

export class RelayMember {
  readonly frames: RelayFrame[] = []
  readonly packets: Buffer[] = []
  received: (packet: Buffer) => void = (packet) => this.packets.push(packet)
  readonly connection: PeerConnection
  readonly #track: Track
  readonly #channel: DataChannel
  opened = false
  /** The relay ended it. */
  ended = false
  readonly #keepAlive: NodeJS.Timeout

  /** `silent`: sends no keep-alives, as a device that died. */
  constructor(silent = false) {
    this.connection = new PeerConnection('member', { iceServers: [], disableAutoNegotiation: true })
    const video = new Video('media', 'SendRecv')
    video.addVideoCodec(96, 'VP8')
    this.#track = this.connection.addTrack(video)
    this.#channel = this.connection.createDataChannel('control')
    this.#track.onMessage((packet) => this.received(packet))
    this.#track.onClosed(() => (this.ended = true))
    this.#channel.onOpen(() => (this.opened = true))
    this.#channel.onClosed(() => (this.ended = true))
    this.#channel.onMessage((bytes) => {
      const frame = Buffer.isBuffer(bytes) ? parseRelayFrame(bytes) : undefined
      if (frame !== undefined) this.frames.push(frame)
    })
    this.connection.onStateChange((state) => {
      if (state === 'closed') kept.delete(this)
    })
    kept.add(this)
    this.#keepAlive = setInterval(() => {
      if (silent || !this.#channel.isOpen()) return
      try {
        this.send({ kind: 'keep-alive' })
      } catch {
        // The relay has just ended it; `onClosed` follows.
      }
    }, 1000)
  }

  /** The relay has read everything that was sent until now: it echoes in order. */
  async settled(): Promise<void> {
    const echoes = () => this.frames.filter((frame) => frame.kind === 'keep-alive').length
    const before = echoes()
    // Two, because a regular one may be under way.
    this.send({ kind: 'keep-alive' })
    this.send({ kind: 'keep-alive' })
    await until(() => echoes() >= before + 2, 'the relay has answered')
  }

  async makeOffer(): Promise<string> {
    this.connection.setLocalDescription('offer')
    await until(() => this.connection.gatheringState() === 'complete', 'the offer is complete')
    return this.connection.localDescription()?.sdp ?? ''
  }

  /** The service's answer, or why there is none. */
  async enter(client: Door, ticket: Uint8Array): Promise<string> {
    const answer = await client.relayConnect(ticket, await this.makeOffer())
    if (!answer.ok) return answer.reason
    this.connection.setRemoteDescription(answer.value, 'answer')
    await until(() => this.opened && this.#track.isOpen(), 'the relay connection is open')
    return 'opened'
  }

  send(frame: RelayFrame): void {
    this.#channel.sendMessageBinary(encodeRelayFrame(frame))
  }

  sendRaw(bytes: Uint8Array): void {
    this.#channel.sendMessageBinary(bytes)
  }

  sendPacket(packet: Buffer): void {
    this.#track.sendMessageBinary(packet)
  }

  messagesFrom(peer: string): string[] {
    return this.frames.flatMap((frame) =>
      frame.kind === 'message' && frame.peer === peer ? [Buffer.from(frame.message).toString()] : [],
    )
  }

  close(): void {
    clearInterval(this.#keepAlive)
    this.#track.close()
    this.#channel.close()
    this.connection.close()
  }
}

export function closeMembers(): void {
  for (const member of kept) member.close()
}

/** An RTP packet (RFC 3550 section 5.1) of a group's picture, with content that no relay understands. */
export function rtpPacket(sequence: number, ssrc: number, size = 900): Buffer {
  const packet = Buffer.alloc(size, sequence & 0xff)
  packet[0] = 0x90
  packet[1] = 98
  packet.writeUInt16BE(sequence & 0xffff, 2)
  packet.writeUInt32BE(sequence * 3000, 4)
  packet.writeUInt32BE(ssrc, 8)
  // As of a keyframe of the smallest layer (docs/protocol/group.md, section 7.3).
  packet.writeUInt32BE(0xbede0002, 12)
  packet.writeUInt32BE(0x11000030, 16)
  packet.writeUInt32BE(0x80000000, 20)
  return packet
}
