/**
 * What a call knows of its two paths; `relay-link.ts` and `direct-link.ts` implement it with node-datachannel.
 * A packet is one protected RTP or RTCP packet; a message is one record of the control channel or the Accept.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { MemberAddress, PictureWant, SubmitRefusal } from '../../src-shared/protocol/relay-frame.ts'

export type { MemberAddress }

export interface RelayListener {
  /** Also after a loss: the link reconnects by itself until it is closed. Messages that were under way may be lost; the control channel repeats them. */
  opened(): void
  lost(): void
  message(from: MemberAddress, message: Bytes): void
  /** A member that this one has exchanged messages with is gone from the room. */
  left(member: MemberAddress): void
  packet(packet: Bytes): void
}

export interface RelayLink {
  /** `false` if it could not be sent now. */
  send(to: MemberAddress, message: Bytes): boolean
  sendPacket(packet: Bytes): boolean
  /** Who gets this member's packets; nobody until it is set. */
  setReceivers(members: readonly MemberAddress[]): void
  close(): void
}

export interface RelayLinks {
  open(ticket: Bytes, listener: RelayListener): RelayLink
}

/** What a group call hears of its room (docs/protocol/group.md, section 5). */
export interface GroupListener extends Omit<RelayListener, 'left'> {
  /**
   * A piece of the room's chain of `length` entries, which begins with number `first`. After `opened` comes the whole chain; or one
   * piece without entries that begins with `length`, if the room has no chain (0) or one that does not name this device. Who has a
   * longer one submits the rest.
   */
  entries(first: number, length: number, entries: readonly Bytes[]): void
  /** Nothing of a Submit was appended; the room's chain has `length` entries. */
  refused(length: number, reason: SubmitRefusal): void
  /** A device is in the room; again when it came anew, and what was sent to it meanwhile may be lost. */
  entered(device: MemberAddress): void
  /** And now it is not, or may not be. After `lost` nobody counts as being there. */
  left(device: MemberAddress): void
  /** The layers of the own picture that anybody gets, and those of which a keyframe is needed. */
  wanted(layers: readonly number[], keyframes: readonly number[]): void
  /** Packets of an own stream did not arrive. */
  missing(ssrc: number, sequenceNumbers: readonly number[]): void
  /** When own packets came in there: RTCP of RFC 8888. */
  arrivals(report: Bytes): void
}

/** As with `RelayLink`, `false` if it could not be sent now. */
export interface GroupLink {
  /** How the relay is reached at present. */
  readonly transport: 'udp' | 'websocket'
  send(to: MemberAddress, message: Bytes): boolean
  /** To all others that are in the room. */
  broadcast(message: Bytes): boolean
  /** Entries to be appended to the chain, all or none: answered by `entries` or `refused`. At most what one frame takes. */
  submit(entries: readonly Bytes[]): boolean
  /** To those members whom the relay chooses, if this device is one and the packet's SSRC is its own. */
  sendPacket(packet: Bytes): boolean
  /** Whose pictures this device looks at, the whole list, the most important first. `downlink`: kbit/s; 0: no limit was met. */
  want(pictures: readonly PictureWant[], downlink: number): void
  /** The picture of `of` cannot go on here. */
  requestKeyframe(of: MemberAddress): void
  /** Packets of another's stream did not arrive. */
  requestPackets(ssrc: number, sequenceNumbers: readonly number[]): void
  close(): void
}

export interface GroupLinks {
  enter(ticket: Bytes, listener: GroupListener): GroupLink
}

/** One end of a direct path, as it travels in PathOffer (R26). */
export interface DirectEndpoint {
  /** SHA-256 of the DTLS certificate, 32 bytes. */
  readonly fingerprint: Bytes
  readonly iceUfrag: string
  readonly icePwd: string
  /** `candidate:…` lines of RFC 8839 section 5.1, without `a=`. */
  readonly candidates: readonly string[]
}

export interface DirectListener {
  /** Called again with more candidates when more are found. */
  local(endpoint: DirectEndpoint): void
  /** DTLS stands with the fingerprint that was given to `connect`; messages can be sent. */
  opened(): void
  message(message: Bytes): void
  packet(packet: Bytes): void
  /** Stood, and nothing comes over it any more: perhaps the network is away. It is kept. */
  quiet(): void
  /** Something came over it again. */
  back(): void
  /** Failed to connect, or its connection ended. Final. */
  lost(): void
}

export interface DirectLink {
  /** The other end; later calls add candidates. An endpoint with another fingerprint or other credentials than the first is ignored. */
  connect(remote: DirectEndpoint): void
  send(message: Bytes): boolean
  sendPacket(packet: Bytes): boolean
  close(): void
}

export interface DirectLinks {
  /** `offerer`: the caller of the call. It gathers at once; the other side gathers when `connect` is called. */
  open(role: 'offerer' | 'answerer', listener: DirectListener): DirectLink
}
