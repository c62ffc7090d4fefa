/** The relay in memory: rooms, members, forwarding. A test may make it lose, repeat, hold back, change or invent what passes. */
import { type Bytes, toHex } from '../../../src-shared/base/bytes.ts'
import type { Clock, Ms } from '../../../src-shared/base/time.ts'
import type { MemberAddress } from '../../../src-shared/protocol/relay-frame.ts'
import type { RelayLink, RelayLinks, RelayListener } from '../../../src-main/ice/links.ts'

export const RELAY_DELAY: Ms = 20
const CONNECT_DELAY: Ms = 50

interface Member {
  readonly address: MemberAddress
  readonly room: string
  readonly listener: RelayListener
  readonly talkedTo: Set<MemberAddress>
  receivers: readonly MemberAddress[]
  open: boolean
  closed: boolean
}

/** What becomes of one message: nothing, or one or more messages, each after a time of its own. */
export type Tampering = (message: {
  readonly from: MemberAddress
  readonly to: MemberAddress
  readonly bytes: Bytes
}) => readonly { readonly bytes: Bytes; readonly delay?: Ms }[]

export class MemoryRelay {
  readonly #clock: Clock
  readonly #members = new Set<Member>()
  #up = true
  tamper: Tampering | undefined
  messages = 0
  bytes = 0
  packets = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The relay as the device with this address has it. */
  linksOf(address: MemberAddress): RelayLinks {
    return {
      open: (ticket, listener) => {
        const member: Member = {
          address,
          room: toHex(ticket),
          listener,
          talkedTo: new Set(),
          receivers: [],
          open: false,
          closed: false,
        }
        this.#members.add(member)
        this.#connectSoon(member)
        return this.#linkOf(member)
      },
    }
  }

  /** Everything that the relay knew is gone; devices come back when it is up again. */
  goDown(): void {
    this.#up = false
    for (const member of this.#members) this.#lose(member)
  }

  comeUp(): void {
    this.#up = true
    for (const member of this.#members) this.#connectSoon(member)
  }

  /** One device loses its connection for `span`. */
  interrupt(address: MemberAddress, span: Ms): void {
    for (const member of this.#membersOf(address)) {
      this.#lose(member)
      this.#clock.after(span, () => this.#connectSoon(member))
    }
  }

  /** Without a word, as when the machine is switched off. The relay notices after `RELAY_SILENCE`. */
  cut(address: MemberAddress, noticedAfter: Ms): void {
    for (const member of this.#membersOf(address)) {
      member.closed = true
      this.#clock.after(noticedAfter, () => this.#leave(member))
    }
  }

  /** A message that `from` never sent. */
  inject(from: MemberAddress, to: MemberAddress, bytes: Bytes): void {
    for (const member of this.#membersOf(to)) if (member.open) member.listener.message(from, bytes)
  }

  injectPacket(to: MemberAddress, packet: Bytes): void {
    for (const member of this.#membersOf(to)) if (member.open) member.listener.packet(packet)
  }

  get openLinks(): number {
    return [...this.#members].filter(({ open }) => open).length
  }

  receiversOf(address: MemberAddress): readonly MemberAddress[] {
    return this.#membersOf(address).flatMap(({ receivers }) => receivers)
  }

  #membersOf(address: MemberAddress): Member[] {
    return [...this.#members].filter((member) => member.address === address)
  }

  #linkOf(member: Member): RelayLink {
    return {
      send: (to, bytes) => {
        if (!member.open) return false
        this.messages++
        this.bytes += bytes.length
        member.talkedTo.add(to)
        const outcome = this.tamper?.({ from: member.address, to, bytes: bytes.slice() }) ?? [{ bytes: bytes.slice() }]
        for (const { bytes: copy, delay = 0 } of outcome) {
          this.#clock.after(RELAY_DELAY + delay, () => this.#deliver(member, to, copy))
        }
        return true
      },
      sendPacket: (packet) => {
        if (!member.open) return false
        this.packets++
        const copy = packet.slice()
        for (const receiver of member.receivers) {
          this.#clock.after(RELAY_DELAY, () => {
            for (const other of this.#membersOf(receiver)) {
              if (other.open && other.room === member.room) other.listener.packet(copy)
            }
          })
        }
        return true
      },
      setReceivers: (receivers) => {
        member.receivers = receivers
      },
      close: () => {
        member.closed = true
        this.#leave(member)
      },
    }
  }

  #deliver(from: Member, to: MemberAddress, bytes: Bytes): void {
    for (const other of this.#membersOf(to)) {
      if (!other.open || other.closed || other.room !== from.room) continue
      other.listener.message(from.address, bytes)
    }
  }

  #connectSoon(member: Member): void {
    this.#clock.after(CONNECT_DELAY, () => {
      if (member.closed || member.open || !this.#up) return
      member.open = true
      member.listener.opened()
    })
  }

  #lose(member: Member): void {
    if (!member.open) return
    this.#tellOthers(member)
    member.open = false
    if (!member.closed) member.listener.lost()
  }

  #leave(member: Member): void {
    if (member.open) this.#tellOthers(member)
    member.open = false
    this.#members.delete(member)
  }

  #tellOthers(member: Member): void {
    for (const other of this.#members) {
      if (other === member || other.room !== member.room || !other.open || other.closed) continue
      if (member.talkedTo.has(other.address)) other.listener.left(member.address)
    }
  }
}
