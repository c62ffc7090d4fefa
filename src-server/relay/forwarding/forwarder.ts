/**
 * Who gets a packet in a group's call: of each picture the layer that a receiver asked for and its network carries, of voices the
 * loudest, all reports. Packets that were lost on the way to a receiver are sent to it again from here. It reads headers only.
 */
import { type Ms, SECOND, type UnixMs } from '../../../src-shared/base/time.ts'
import { ArrivalLog, RELAY_REPORT_INTERVAL } from '../../../src-shared/media/congestion/arrival-log.ts'
import { DEPARTURE_BYTES, isPadded, stampDeparture } from '../../../src-shared/media/departure.ts'
import { peekForwarding } from '../../../src-shared/media/forwarding.ts'
import { buildRtcp } from '../../../src-shared/media/rtcp.ts'
import { sequenceNumberOf } from '../../../src-shared/media/rtp.ts'
import { kindOfSsrc, prefixOfSsrc } from '../../../src-shared/media/ssrc.ts'
import { encodeRelayFrame, type MemberAddress, type PictureWant } from '../../../src-shared/protocol/relay-frame.ts'
import type { RoomMember } from '../room.ts'
import { allocate } from './allocation.ts'
import { KeptPackets } from './kept-packets.ts'
import { LoudestVoices, VOICES } from './loudest.ts'
import { PictureSource, type Share } from './picture-source.ts'
import { ScreenRate } from './screen-rate.ts'

/** A member that is in the room. */
export interface Participant {
  readonly member: RoomMember
  /** The upper bits of its SSRCs. */
  readonly ssrcPrefix: number
}

/** What a device said that it looks at. */
export interface Looks {
  /** kbit/s; 0: no limit is known. */
  readonly downlink: number
  readonly pictures: readonly PictureWant[]
}

/** Layers that began, ended or became more expensive. */
const REVIEW_EVERY: Ms = 0.2 * SECOND
/** Each member numbers its streams; of what no honest one has so many at a time, nothing is kept. */
const KEPT_STREAMS = 8

interface Sender extends Participant {
  readonly picture: PictureSource
  readonly screen: ScreenRate
  /** By SSRC. */
  readonly kept: Map<number, KeptPackets>
  readonly arrivals: ArrivalLog
}

export class Forwarder {
  readonly #looks = new Map<RoomMember, Looks>()
  readonly #voices = new LoudestVoices<RoomMember>()
  #senders: ReadonlyMap<RoomMember, Sender> = new Map()
  #receivers: readonly RoomMember[] = []
  #reviewedAt: UnixMs = 0

  /** Who is there from now on. Whose connection or stay is another one begins anew. */
  setParticipants(participants: readonly Participant[], now: UnixMs): void {
    const before = this.#senders
    this.#senders = new Map(
      participants.map((participant) => {
        const known = before.get(participant.member)
        const goesOn = known?.ssrcPrefix === participant.ssrcPrefix
        const { member } = participant
        return [
          member,
          goesOn
            ? known
            : {
                ...participant,
                picture: new PictureSource(member, now),
                screen: new ScreenRate(now),
                kept: new Map(),
                arrivals: new ArrivalLog(RELAY_REPORT_INTERVAL),
              },
        ] as const
      }),
    )
    this.#receivers = [...this.#senders.keys()]
    for (const member of before.keys()) if (!this.#senders.has(member)) this.#voices.forget(member)
    this.#share(now)
  }

  /** Also of who is no member yet. */
  look(receiver: RoomMember, looks: Looks, now: UnixMs): void {
    this.#looks.set(receiver, looks)
    this.#share(now)
  }

  /** Its connection has ended. */
  forget(receiver: RoomMember): void {
    this.#looks.delete(receiver)
  }

  /** The picture of `of` does not go on at a receiver. */
  keyframe(receiver: RoomMember, of: MemberAddress, now: UnixMs): void {
    for (const { member, picture } of this.#senders.values()) {
      if (member.address === of) picture.requestKeyframe(receiver, now)
    }
  }

  /** Packets did not arrive. Those that did not arrive here either are asked for from their sender. */
  missing(receiver: RoomMember, ssrc: number, sequenceNumbers: readonly number[], now: UnixMs): void {
    const sender = [...this.#senders.values()].find(({ ssrcPrefix }) => ssrcPrefix === prefixOfSsrc(ssrc))
    const kept = sender?.kept.get(ssrc)
    if (sender === undefined || kept === undefined || !this.#senders.has(receiver)) return
    const wanting: number[] = []
    for (const sequenceNumber of sequenceNumbers) {
      const packet = kept.find(sequenceNumber)
      if (packet === undefined) wanting.push(sequenceNumber)
      else receiver.sendPacket(departing(packet))
    }
    const due = kept.toAskFor(wanting, now)
    if (due.length > 0) sender.member.sendFrame(encodeRelayFrame({ kind: 'missing', ssrc, sequenceNumbers: due }))
  }

  /** How many got it; `foreign`: it is in the name of somebody else. Hot: a packet of one of 33 members goes out up to 32 times. */
  forward(from: RoomMember, packet: Buffer, now: UnixMs): number | 'foreign' {
    const sender = this.#senders.get(from)
    if (sender === undefined) return 0
    const ssrc = ssrcOf(packet)
    if (prefixOfSsrc(ssrc) !== sender.ssrcPrefix) return 'foreign'
    if (now - this.#reviewedAt >= REVIEW_EVERY) this.#review(now)
    if (isRtcp(packet)) return this.#sendToAll(from, packet)
    // Padding is the relay's own word to the receivers.
    if (isPadded(packet)) return 0
    noteArrival(sender, ssrc, packet)
    const kind = kindOfSsrc(ssrc)
    if (kind === 'screen') return this.#forwardScreen(sender, ssrc, packet, now)
    if (kind === 'screenSound') return this.#forwardScreenSound(sender, packet, now)
    return kind === 'audio' ? this.#forwardVoice(from, packet, now) : this.#forwardPicture(sender, ssrc, packet, now)
  }

  #forwardVoice(from: RoomMember, packet: Buffer, now: UnixMs): number {
    const level = peekForwarding(packet, 'audio')
    if (level === undefined) return 0
    // Of a few everybody is heard, and nobody's first word waits for a choice.
    const isHeard = this.#receivers.length <= VOICES + 1 || this.#voices.takes(from, level & 0x7f, now)
    return isHeard ? this.#passOnToAll(from, packet) : 0
  }

  /** Screens have one size, and are what everybody looks at. */
  #forwardScreen(sender: Sender, ssrc: number, packet: Buffer, now: UnixMs): number {
    keptOf(sender, ssrc).keep(packet)
    sender.screen.came(packet.length, now)
    return this.#passOnToAll(sender.member, packet)
  }

  /** It is no voice, and takes nobody's place among the loudest. */
  #forwardScreenSound({ member, screen }: Sender, packet: Buffer, now: UnixMs): number {
    screen.came(packet.length, now)
    return this.#passOnToAll(member, packet)
  }

  #forwardPicture(sender: Sender, ssrc: number, packet: Buffer, now: UnixMs): number {
    const picture = peekForwarding(packet, 'video')
    if (picture === undefined) return 0
    keptOf(sender, ssrc).keep(packet)
    return sender.picture.forward(departing(packet), picture, now)
  }

  #passOnToAll(from: RoomMember, packet: Buffer): number {
    return this.#sendToAll(from, departing(packet))
  }

  #sendToAll(from: RoomMember, packet: Buffer): number {
    for (const receiver of this.#receivers) if (receiver !== from) receiver.sendPacket(packet)
    return this.#receivers.length - 1
  }

  #review(now: UnixMs): void {
    this.#reviewedAt = now
    // What pictures cost changes; without a limit it does not matter.
    if ([...this.#looks.values()].some(({ downlink }) => downlink > 0)) this.#share(now)
    else for (const { picture } of this.#senders.values()) picture.review(now)
  }

  #share(now: UnixMs): void {
    const bySender = new Map<Sender, Map<RoomMember, Share>>()
    const senders = new Map([...this.#senders.values()].map((sender) => [sender.member.address, sender] as const))
    for (const sender of senders.values()) bySender.set(sender, new Map())
    for (const receiver of this.#receivers) {
      const { downlink, pictures } = this.#looks.get(receiver) ?? { downlink: 0, pictures: [] }
      const looked = pictures.flatMap(({ member, layer }) => {
        const sender = senders.get(member)
        return sender === undefined || sender.member === receiver ? [] : [{ sender, source: sender.picture, layer }]
      })
      const screens = [...senders.values()].reduce(
        (sum, { member, screen }) => (member === receiver ? sum : sum + screen.at(now)),
        0,
      )
      const carried = downlink === 0 ? undefined : downlink * 1000 - screens
      const shares = allocate(looked, carried, this.#receivers.length - 1)
      for (const [at, { sender }] of looked.entries()) {
        const share = shares[at]
        if (share !== undefined) bySender.get(sender)?.set(receiver, share)
      }
    }
    for (const [sender, shares] of bySender) sender.picture.serve(shares, now)
  }
}

function keptOf({ kept: streams }: Sender, ssrc: number): KeptPackets {
  let kept = streams.get(ssrc)
  if (kept === undefined) {
    if (streams.size >= KEPT_STREAMS) streams.clear()
    streams.set(ssrc, (kept = new KeptPackets()))
  }
  return kept
}

/** RFC 5761 section 4. */
function isRtcp(packet: Buffer): boolean {
  const type = packet[1] ?? 0
  return type >= 192 && type <= 223
}

/** RFC 3550 sections 5.1 and 6.4. */
function ssrcOf(packet: Buffer): number {
  const at = isRtcp(packet) ? 4 : 8
  return packet.length < at + 4 ? 0 : packet.readUInt32BE(at)
}

/** A copy that says when it left: the same for all who get it now. Not by the time of day, which can jump. */
function departing(packet: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(packet.length + DEPARTURE_BYTES)
  packet.copy(copy)
  stampDeparture(copy, performance.now())
  return copy
}

/** Members cannot tell one another what the way to the relay carries: only the relay sees where it ends. */
function noteArrival({ member, arrivals }: Sender, ssrc: number, packet: Buffer): void {
  // Not the time of day, which can jump.
  const now = performance.now()
  arrivals.arrived(ssrc, sequenceNumberOf(packet), now)
  const report = arrivals.takeReport(0, now)
  if (report !== undefined) member.sendFrame(encodeRelayFrame({ kind: 'arrivals', report: buildRtcp([report]) }))
}
