/**
 * The room of a call between two people: the caller's device and those of the callee, and who may hear whom
 * (docs/protocol/service.md, section 5).
 */
import { type Bytes, equalBytes } from '../../src-shared/base/bytes.ts'
import { encodeRelayFrame, type MemberAddress, type RelayFrame } from '../../src-shared/protocol/relay-frame.ts'
import type { Room, RoomMember, Visitor } from './room.ts'

/** The caller's device and 16 of the callee's account. */
const MEMBERS_MAX = 17

interface Place {
  member: RoomMember
  readonly caller: boolean
  receivers: readonly MemberAddress[]
  /** Those whose packets this member has agreed to. */
  readonly agreed: Set<MemberAddress>
  /** Those who learn when this member leaves: it has sent them a Message. */
  readonly acquainted: Set<MemberAddress>
}

export class CallRoom implements Room {
  /** The device that made the call; it asked for everyone's packets by calling. */
  readonly #caller: Bytes
  readonly #places = new Map<MemberAddress, Place>()

  constructor(callerCertHash: Bytes) {
    this.#caller = callerCertHash
  }

  get size(): number {
    return this.#places.size
  }

  admits({ address, certHash }: Visitor): boolean {
    const present = this.#places.get(address)
    return present === undefined ? this.#places.size < MEMBERS_MAX : equalBytes(present.member.certHash, certHash)
  }

  /** The new connection inherits what the earlier one had agreed to. */
  enter(member: RoomMember): RoomMember | undefined {
    const place = this.#places.get(member.address)
    if (place === undefined) {
      const caller = equalBytes(member.certHash, this.#caller)
      this.#places.set(member.address, { member, caller, receivers: [], agreed: new Set(), acquainted: new Set() })
      return undefined
    }
    const earlier = place.member
    place.member = member
    return earlier
  }

  leave(member: RoomMember): void {
    const place = this.#placeOf(member)
    if (place === undefined) return
    this.#places.delete(member.address)
    const left = encodeRelayFrame({ kind: 'left', peer: member.address })
    for (const address of place.acquainted) this.#places.get(address)?.member.sendFrame(left)
  }

  frame(from: RoomMember, frame: RelayFrame): boolean {
    if (frame.kind === 'message') this.#message(from, frame.peer, frame.message)
    else if (frame.kind === 'receivers') this.#setReceivers(from, frame.receivers)
    else return false
    return true
  }

  packet(from: RoomMember, packet: Buffer): number {
    let copies = 0
    for (const address of this.#placeOf(from)?.receivers ?? []) {
      const receiver = this.#places.get(address)
      if (receiver === undefined) continue
      // Who was called hears nobody before it has answered them.
      if (!receiver.caller && !receiver.agreed.has(from.address)) continue
      receiver.member.sendPacket(packet)
      copies += 1
    }
    return copies
  }

  drained(): void {
    // Nothing waits here: who does not read is given up.
  }

  outstays(): boolean {
    return false
  }

  #setReceivers(from: RoomMember, receivers: readonly MemberAddress[]): void {
    const place = this.#placeOf(from)
    if (place === undefined) return
    place.receivers = receivers.filter((receiver) => receiver !== from.address)
    for (const receiver of place.receivers) agree(place, receiver)
  }

  /** To a member that is not here it goes nowhere, and the sender learns nothing of it (R19). */
  #message(from: RoomMember, to: MemberAddress, message: Bytes): void {
    const place = this.#placeOf(from)
    if (place === undefined || to === from.address) return
    agree(place, to)
    const receiver = this.#places.get(to)
    if (receiver === undefined) return
    place.acquainted.add(to)
    receiver.member.sendFrame(encodeRelayFrame({ kind: 'message', peer: from.address, message }))
  }

  /** Nothing for a connection whose place another has taken. */
  #placeOf(member: RoomMember): Place | undefined {
    const place = this.#places.get(member.address)
    return place?.member === member ? place : undefined
  }
}

/** Also with one who is not here yet. Who names more than a room has members names nobody. */
function agree({ agreed }: Place, address: MemberAddress): void {
  if (agreed.size < MEMBERS_MAX) agreed.add(address)
}
