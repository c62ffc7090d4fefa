/**
 * A room of the relay: the devices of one call and who may hear whom (docs/protocol/service.md, section 5). Pure: it
 * decides where frames and packets go and sends through its members.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { MemberAddress, RelayFrame } from '../../src-shared/protocol/relay-frame.ts'

export interface RoomMember {
  /** certHash in hexadecimal. */
  readonly device: string
  readonly address: MemberAddress
  /** The device that made the call; it asked for everyone's packets by calling. */
  readonly host: boolean
  sendFrame(frame: RelayFrame): void
  sendPacket(packet: Bytes): void
}

interface Place {
  member: RoomMember
  receivers: readonly MemberAddress[]
  /** Those whose packets this member has agreed to. */
  readonly agreed: Set<MemberAddress>
  /** Those who learn when this member leaves. */
  readonly acquainted: Set<MemberAddress>
}

export class Room {
  readonly #places = new Map<MemberAddress, Place>()

  get size(): number {
    return this.#places.size
  }

  member(address: MemberAddress): RoomMember | undefined {
    return this.#places.get(address)?.member
  }

  /** Takes the place of an earlier connection of the same device, with what that one had agreed to. Says which it was. */
  enter(member: RoomMember): RoomMember | undefined {
    const place = this.#places.get(member.address)
    if (place === undefined) {
      this.#places.set(member.address, { member, receivers: [], agreed: new Set(), acquainted: new Set() })
      return undefined
    }
    const earlier = place.member
    place.member = member
    return earlier
  }

  /** Nothing if another connection has taken the member's place. */
  leave(member: RoomMember): void {
    const place = this.#places.get(member.address)
    if (place?.member !== member) return
    this.#places.delete(member.address)
    for (const address of place.acquainted) {
      const other = this.#places.get(address)
      other?.acquainted.delete(member.address)
      other?.member.sendFrame({ kind: 'left', peer: member.address })
    }
  }

  setReceivers(from: RoomMember, receivers: readonly MemberAddress[]): void {
    const place = this.#places.get(from.address)
    if (place?.member !== from) return
    place.receivers = receivers.filter((receiver) => receiver !== from.address)
    for (const receiver of place.receivers) place.agreed.add(receiver)
  }

  /** To a member that is not here it goes nowhere, and the sender learns nothing of it (R19). */
  message(from: RoomMember, to: MemberAddress, message: Bytes): void {
    const place = this.#places.get(from.address)
    if (place?.member !== from || to === from.address) return
    place.agreed.add(to)
    const receiver = this.#places.get(to)
    if (receiver === undefined) return
    place.acquainted.add(to)
    receiver.acquainted.add(from.address)
    receiver.member.sendFrame({ kind: 'message', peer: from.address, message })
  }

  packet(from: RoomMember, packet: Bytes): void {
    const place = this.#places.get(from.address)
    if (place?.member !== from) return
    for (const address of place.receivers) {
      const receiver = this.#places.get(address)
      if (receiver === undefined) continue
      // Who was called hears nobody before it has answered them.
      if (receiver.member.host || receiver.agreed.has(from.address)) receiver.member.sendPacket(packet)
    }
  }

  members(): RoomMember[] {
    return [...this.#places.values()].map(({ member }) => member)
  }
}
