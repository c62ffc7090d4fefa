/** People in a group's call whose packets a forwarder passes on, and what each of them gets. */
import { Forwarder } from '../../../../src-server/relay/forwarding/forwarder.ts'
import type { RoomMember } from '../../../../src-server/relay/room.ts'
import { forwardingElements } from '../../../../src-shared/media/forwarding.ts'
import { buildRtp } from '../../../../src-shared/media/rtp.ts'
import { groupSsrc, type MediaKind } from '../../../../src-shared/media/ssrc.ts'
import { parseRelayFrame, type RelayFrame } from '../../../../src-shared/protocol/relay-frame.ts'

export class Device implements RoomMember {
  readonly certHash = new Uint8Array(32)
  readonly accountPub = new Uint8Array(32)
  readonly address: string
  readonly prefix: number
  readonly frames: RelayFrame[] = []
  readonly packets: Buffer[] = []
  sequence = 0

  constructor(number: number) {
    this.prefix = 0x100 + number
    this.address = String(number).padStart(16, '0')
  }

  sendFrame(bytes: Uint8Array): void {
    const frame = parseRelayFrame(bytes)
    if (frame !== undefined) this.frames.push(frame)
  }

  sendPacket(packet: Buffer): void {
    this.packets.push(packet)
  }

  congested(): boolean {
    return false
  }

  /** Layer and frame of what it got of pictures since the last time. */
  seen(): string[] {
    return this.packets
      .splice(0)
      .map((packet) => `${String(((packet[20] ?? 0) >> 4) & 7)}:${String(packet.readUInt32BE(4))}`)
  }

  wanted(): Extract<RelayFrame, { kind: 'wanted' }>[] {
    return this.frames.splice(0).flatMap((frame) => (frame.kind === 'wanted' ? [frame] : []))
  }
}

export function packetOf(
  from: Device,
  about: Parameters<typeof forwardingElements>[0],
  stream: number,
  timestamp: number,
  size = 100,
  kind: MediaKind = about.audioLevel === undefined ? 'video' : 'audio',
): Buffer {
  return Buffer.from(
    buildRtp({
      payloadType: 96,
      marker: false,
      sequenceNumber: (from.sequence += 1),
      timestamp,
      ssrc: groupSsrc(from.prefix, stream, kind),
      csrcs: [],
      extensions: forwardingElements(about),
      payload: new Uint8Array(size),
    }),
  )
}

export class ForwardedCall {
  readonly forwarder = new Forwarder()
  readonly people: readonly Device[]
  now = 1_000_000

  constructor(count: number) {
    this.people = Array.from({ length: count }, (_, number) => new Device(number + 1))
    this.forwarder.setParticipants(
      this.people.map((member) => ({ member, ssrcPrefix: member.prefix })),
      this.now,
    )
  }

  at(index: number): Device {
    const device = this.people[index]
    if (device === undefined) throw new Error('nobody')
    return device
  }

  forward(from: Device, packet: Buffer): number | 'foreign' {
    return this.forwarder.forward(from, packet, this.now)
  }

  picture(from: Device, layer: number, timestamp: number, { keyframe = false, temporal = 0, size = 100 } = {}) {
    return this.forward(from, packetOf(from, { picture: { layer, temporal, keyframe } }, layer, timestamp, size))
  }

  voice(from: Device, level: number): number | 'foreign' {
    return this.forward(from, packetOf(from, { audioLevel: { voice: level < 60, level } }, 0, this.now))
  }

  isHeard(from: Device, level: number): boolean {
    return this.voice(from, level) !== 0
  }

  screen(from: Device, timestamp: number, size = 100): number | 'foreign' {
    return this.forward(from, packetOf(from, {}, 0, timestamp, size, 'screen'))
  }

  look(receiver: Device, pictures: readonly (readonly [Device, number])[], downlink = 0): void {
    const wants = pictures.map(([member, layer]) => ({ member: member.address, layer }))
    this.forwarder.look(receiver, { downlink, pictures: wants }, this.now)
  }

  missing(receiver: Device, ssrc: number, sequenceNumbers: readonly number[]): void {
    this.forwarder.missing(receiver, ssrc, sequenceNumbers, this.now)
  }
}
