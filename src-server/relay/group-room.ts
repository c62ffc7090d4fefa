/**
 * The room of a group's call (docs/protocol/group.md, section 5): it orders the entries of the group's chain, hands messages on,
 * and says whose packets are forwarded, which is `forwarding`'s work. Devices check the chain themselves and trust the room for nothing; the room
 * reads it so that nobody can fill it with what does not count, and to know whom to let in.
 */
import { setImmediate } from 'node:timers/promises'
import { type Bytes, equalBytes } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { MINUTE, type Ms, SECOND, type UnixMs } from '../../src-shared/base/time.ts'
import { parseEntry } from '../../src-shared/group/entry.ts'
import { mayEnter, memberOf } from '../../src-shared/group/membership.ts'
import { applyEntry, type EntryRefusal, type Roster } from '../../src-shared/group/roster.ts'
import {
  encodeRelayFrame,
  entriesThatFit,
  EVERYBODY,
  type MemberAddress,
  type RelayFrame,
  type SubmitRefusal,
} from '../../src-shared/protocol/relay-frame.ts'
import { Forwarder } from './forwarding/forwarder.ts'
import type { Room, RoomMember, Visitor } from './room.ts'

/** Connected without being members: all 33 of a call whose relay was restarted, and as many who want to be added. */
const GUESTS_MAX = 64
/** Of them those whom the chain does not name, so that people who were thrown out cannot keep out who is invited. */
const OUTSIDERS_MAX = 40
/** Of them those of one account: whoever says yes does so on one device, and now and then on a second. */
const GUESTS_PER_ACCOUNT = 4
/** Time to submit the rest of a chain that names the device, some 20 entries a round trip. */
const OUTSIDE_MAX: Ms = 10 * SECOND
/** A newcomer gives up after 30 s (group.md, section 6). */
const UNADDED_MAX: Ms = 2 * MINUTE
/**
 * A device is "here", and not to be removed as lost, when it has been a member here for so long: a chain that is restored in
 * pieces may hold that it was lost before it came back.
 */
const HERE_AFTER: Ms = 10 * SECOND

export interface GroupRoomOptions {
  readonly groupId: Bytes
  readonly founderCertHash: Bytes
  readonly now: () => UnixMs
  /** Bytes of chains that the relay may still keep. */
  readonly memory: ChainMemory
  readonly defect: (error: unknown) => void
}

export interface ChainMemory {
  free: number
}

/**
 * outside: no chain, or one that does not name the device: it hears of nobody, and may submit a longer one.
 * reading: it is being sent the chain. inside: what is new comes to it; it is announced to the others.
 */
type Stage = 'outside' | 'reading' | 'inside'

interface Seat {
  member: RoomMember
  stage: Stage
  /** How much of the chain it was sent. */
  read: number
  /** The others were told that it is here. */
  announced: boolean
  /** Since when it is what it is: outside, or inside and no member, or a member. */
  since: UnixMs
  /** The upper bits of its SSRCs; only of members. */
  ssrcPrefix: number | undefined
}

export class GroupRoom implements Room {
  readonly #options: GroupRoomOptions
  readonly #seats = new Map<MemberAddress, Seat>()
  readonly #chain: Bytes[] = []
  #roster: Roster | undefined
  /** The members that are inside. */
  #audience: readonly Seat[] = []
  readonly #forwarder = new Forwarder()
  /** Submits are worked on one after another. */
  #work: Promise<void> = Promise.resolve()

  constructor(options: GroupRoomOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#seats.size
  }

  admits(visitor: Visitor): boolean {
    const present = this.#seats.get(visitor.address)
    if (present !== undefined) return equalBytes(present.member.certHash, visitor.certHash)
    if (this.#isMember(visitor)) return true
    const guests = [...this.#seats.values()].filter(({ member }) => !this.#isMember(member))
    const ofAccount = guests.filter(({ member }) => equalBytes(member.accountPub, visitor.accountPub))
    if (guests.length >= GUESTS_MAX || ofAccount.length >= GUESTS_PER_ACCOUNT) return false
    return this.#names(visitor) || guests.filter(({ stage }) => stage === 'outside').length < OUTSIDERS_MAX
  }

  enter(member: RoomMember): RoomMember | undefined {
    const present = this.#seats.get(member.address)
    const seat: Seat = {
      member,
      stage: 'outside',
      read: 0,
      announced: present?.announced ?? false,
      since: this.#options.now(),
      ssrcPrefix: undefined,
    }
    this.#seats.set(member.address, seat)
    if (present !== undefined) this.#forwarder.forget(present.member)
    this.#settle(seat)
    // Whom the chain does not name learns only how long it is.
    if (!this.#names(member)) this.#sendEntries([seat], this.#chain.length)
    this.#gather()
    return present?.member
  }

  leave(member: RoomMember): void {
    const seat = this.#seatOf(member)
    if (seat === undefined) return
    this.#seats.delete(member.address)
    this.#forwarder.forget(member)
    this.#conceal(seat)
    this.#gather()
    // Who comes next restores it.
    if (this.#seats.size === 0) this.#forget()
  }

  frame(from: RoomMember, frame: RelayFrame): boolean {
    // From a connection whose place another has taken.
    if (this.#seatOf(from) === undefined) return true
    const now = this.#options.now()
    switch (frame.kind) {
      case 'message':
        this.#message(from, frame.peer, frame.message)
        return true
      case 'submit':
        this.#work = this.#work.then(() => this.#submit(from, frame.entries))
        return true
      case 'want':
        this.#forwarder.look(from, frame, now)
        return true
      case 'missing':
        this.#forwarder.missing(from, frame.ssrc, frame.sequenceNumbers, now)
        return true
      case 'keyframe':
        this.#forwarder.keyframe(from, frame.peer, now)
        return true
      default:
        return false
    }
  }

  packet(from: RoomMember, packet: Buffer): number | 'foreign' {
    return this.#forwarder.forward(from, packet, this.#options.now())
  }

  drained(member: RoomMember): void {
    const seat = this.#seatOf(member)
    if (seat?.stage === 'reading') this.#read(seat)
  }

  outstays(member: RoomMember): boolean {
    const seat = this.#seatOf(member)
    if (seat === undefined || seat.ssrcPrefix !== undefined) return false
    return this.#options.now() - seat.since > (seat.stage === 'outside' ? OUTSIDE_MAX : UNADDED_MAX)
  }

  /** Resolves when no Submit is being worked on. */
  async idle(): Promise<void> {
    await this.#work
  }

  #message(from: RoomMember, to: MemberAddress, message: Bytes): void {
    const seat = this.#seatOf(from)
    if (seat?.stage !== 'inside') return
    const frame = encodeRelayFrame({ kind: 'message', peer: from.address, message })
    if (to === EVERYBODY) this.#tell(frame, seat)
    else if (to !== from.address && this.#seats.get(to)?.stage === 'inside')
      this.#seats.get(to)?.member.sendFrame(frame)
  }

  async #submit(from: RoomMember, entries: readonly Bytes[]): Promise<void> {
    try {
      if (this.#seatOf(from) === undefined) return
      const first = this.#chain.length
      const checked = await this.#check(entries)
      if (this.#seatOf(from) === undefined) return
      if (!checked.ok) {
        from.sendFrame(encodeRelayFrame({ kind: 'refused', length: first, reason: checked.reason }))
        return
      }
      this.#roster = checked.value
      this.#chain.push(...entries)
      this.#options.memory.free -= bytesOf(entries)
      this.#sendEntries(this.#inside(), first)
      // First those who must not hear of the others any more.
      const seats = [...this.#seats.values()]
      for (const seat of seats) if (!this.#names(seat.member)) this.#settle(seat)
      for (const seat of seats) this.#settle(seat)
      this.#gather()
    } catch (error) {
      this.#options.defect(error)
    }
  }

  /** The roster with all of `entries`, if each of them counts. */
  async #check(entries: readonly Bytes[]): Promise<Result<Roster, SubmitRefusal>> {
    if (bytesOf(entries) > this.#options.memory.free) return failure('too-long')
    let roster = this.#roster
    for (const bytes of entries) {
      const next = applyEntry(roster, bytes)
      if (!next.ok) return failure(submitRefusal(next.reason))
      if (roster === undefined && !this.#isFounded(next.value)) return failure('does-not-count')
      roster = next.value
      // An entry takes a millisecond or some; nobody's packets wait for a whole chain of them.
      await setImmediate()
    }
    if (roster === undefined) return failure('does-not-count')
    return this.#losesSomebodyHere(roster, entries) ? failure('present') : success(roster)
  }

  /** Else everybody with a ticket could found another group of this name in a room that has no chain. */
  #isFounded(roster: Roster): boolean {
    const founder = roster.members[0]?.certHash
    const { groupId, founderCertHash } = this.#options
    return equalBytes(roster.groupId, groupId) && founder !== undefined && equalBytes(founder, founderCertHash)
  }

  /** R34: what others do not hear for a while is still here. */
  #losesSomebodyHere(roster: Roster, entries: readonly Bytes[]): boolean {
    const gone = this.#audience.filter(
      ({ member, since }) =>
        this.#options.now() - since >= HERE_AFTER && memberOf(roster, member.certHash) === undefined,
    )
    if (gone.length === 0) return false
    const lost = entries.flatMap((bytes) => {
      const change = parseEntry(bytes)?.change
      return change?.op === 'remove' && change.reason === 'lost' ? [change.certHash] : []
    })
    return gone.some(({ member }) => lost.some((certHash) => equalBytes(certHash, member.certHash)))
  }

  /** Puts a seat where the chain, as it is now, wants it. */
  #settle(seat: Seat): void {
    const before = seat.ssrcPrefix
    const member = this.#roster && memberOf(this.#roster, seat.member.certHash)
    seat.ssrcPrefix = member?.ssrcPrefix
    if ((before === undefined) !== (member === undefined)) seat.since = this.#options.now()
    if (!this.#names(seat.member)) {
      this.#conceal(seat)
      if (seat.stage === 'outside') return
      seat.stage = 'outside'
      seat.since = this.#options.now()
    } else if (seat.stage === 'outside') {
      seat.stage = 'reading'
      seat.since = this.#options.now()
      seat.read = 0
      this.#read(seat)
    }
  }

  /** Sends the chain as fast as it is taken; behind its end the device is inside. */
  #read(seat: Seat): void {
    while (seat.read < this.#chain.length) {
      if (seat.member.congested()) return
      seat.read = this.#sendFrom([seat], seat.read)
    }
    seat.stage = 'inside'
    for (const other of this.#inside()) {
      if (other !== seat) seat.member.sendFrame(encodeRelayFrame({ kind: 'entered', peer: other.member.address }))
    }
    seat.announced = true
    this.#tell(encodeRelayFrame({ kind: 'entered', peer: seat.member.address }), seat)
    this.#gather()
  }

  #conceal(seat: Seat): void {
    if (!seat.announced) return
    seat.announced = false
    this.#tell(encodeRelayFrame({ kind: 'left', peer: seat.member.address }), seat)
  }

  #sendEntries(seats: readonly Seat[], first: number): void {
    let next = first
    do next = this.#sendFrom(seats, next)
    while (next < this.#chain.length)
  }

  /** One frame of entries, without any at the chain's end. Says what comes next. */
  #sendFrom(seats: readonly Seat[], first: number): number {
    const next = first + entriesThatFit(this.#chain, first)
    const entries = this.#chain.slice(first, next)
    const frame = encodeRelayFrame({ kind: 'entries', first, length: this.#chain.length, entries })
    for (const { member } of seats) member.sendFrame(frame)
    return next
  }

  #tell(frame: Bytes, except: Seat): void {
    for (const seat of this.#inside()) if (seat !== except) seat.member.sendFrame(frame)
  }

  #gather(): void {
    this.#audience = this.#inside().filter(({ ssrcPrefix }) => ssrcPrefix !== undefined)
    const participants = this.#audience.flatMap(({ member, ssrcPrefix }) =>
      ssrcPrefix === undefined ? [] : [{ member, ssrcPrefix }],
    )
    this.#forwarder.setParticipants(participants, this.#options.now())
  }

  #forget(): void {
    this.#options.memory.free += bytesOf(this.#chain)
    this.#chain.length = 0
    this.#roster = undefined
  }

  #inside(): readonly Seat[] {
    return [...this.#seats.values()].filter(({ stage }) => stage === 'inside')
  }

  #names({ accountPub }: Visitor): boolean {
    return this.#roster !== undefined && !this.#roster.closed && mayEnter(this.#roster, accountPub)
  }

  #isMember({ certHash }: Visitor): boolean {
    return this.#roster !== undefined && memberOf(this.#roster, certHash) !== undefined
  }

  /** Nothing for a connection whose place another has taken. */
  #seatOf(member: RoomMember): Seat | undefined {
    const seat = this.#seats.get(member.address)
    return seat?.member === member ? seat : undefined
  }
}

function submitRefusal(reason: EntryRefusal): SubmitRefusal {
  if (reason === 'known' || reason === 'fork' || reason === 'gap') return 'not-next'
  return reason === 'full' ? 'too-long' : 'does-not-count'
}

function bytesOf(entries: readonly Bytes[]): number {
  return entries.reduce((sum, { length }) => sum + length, 0)
}
