/** What the relay asks of a room. It brings in who came with a ticket and what they send; the room decides who gets it. */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { MemberAddress, RelayFrame } from '../../src-shared/protocol/relay-frame.ts'

/** Who asks to be let in. */
export interface Visitor {
  readonly certHash: Bytes
  readonly accountPub: Bytes
  readonly address: MemberAddress
}

export interface RoomMember extends Visitor {
  /** Encoded: one frame goes to many. */
  sendFrame(frame: Bytes): void
  sendPacket(packet: Buffer): void
  /** It does not read as fast as it is sent to; `drained` follows when it has caught up. */
  congested(): boolean
}

export interface Room {
  /** Connections, each of another device. */
  readonly size: number
  admits(visitor: Visitor): boolean
  /** Takes the place of an earlier connection of the same device. Says which it was. */
  enter(member: RoomMember): RoomMember | undefined
  /** Nothing if another connection has taken the member's place. */
  leave(member: RoomMember): void
  /** `false` for a frame that has no place here: the connection ends. */
  frame(from: RoomMember, frame: RelayFrame): boolean
  /** How many got it; `foreign`: it is in the name of somebody else. */
  packet(from: RoomMember, packet: Buffer): number | 'foreign'
  drained(member: RoomMember): void
  /** It was let in for a while only, and the while is over. */
  outstays(member: RoomMember): boolean
}
