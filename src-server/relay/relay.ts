/**
 * This folder holds the relay: rooms of devices that came with a valid ticket, and the forwarding of packets that it
 * cannot read. It asks nobody who a device is; the session that calls `connect` knows. It keeps nothing after a room.
 */
import type { WebSocket } from 'ws'
import { type Bytes, toHex } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { MINUTE, type Ms, SECOND, type UnixMs } from '../../src-shared/base/time.ts'
import {
  encodeRelayFrame,
  EVERYBODY,
  memberAddress,
  parseRelayFrame,
  RELAY_SILENCE,
  type RelayFrame,
} from '../../src-shared/protocol/relay-frame.ts'
import { SOCKET_OFFER } from '../../src-shared/protocol/service/relay-socket.ts'
import { CallRoom } from './call-room.ts'
import { type ChainMemory, GroupRoom } from './group-room.ts'
import type { Budget } from './budget.ts'
import {
  ADDRESS_REMEMBERED,
  type AddressAllowance,
  addressAllowance,
  type OwnAllowance,
  ownAllowance,
  roomAllowance,
} from './limits.ts'
import { addCandidates, buildOffer, parseOffer } from './offer.ts'
import { type Peer, type PeerListener, RelayPeer } from './peer.ts'
import type { Room, RoomMember } from './room.ts'
import { SocketDoor } from './socket-door.ts'
import { SocketPeer } from './socket-peer.ts'
import { holdUdpPort } from './udp-port.ts'

const ROOMS_PER_DEVICE = 4
/** Of one device in one room: one that stands, one that replaces it, and some that it gave up. */
const ATTEMPTS_PER_ROOM = 6
/** About 270 KiB each. */
const PEERS_MAX = 2000
/** As many as an address may have connections to the service: people behind one NAT, some of them in a call of 33. */
const PEERS_PER_ADDRESS = 200
/** Of frames: what each member gets of each picture is decided anew. */
const WANT_COST = 5
/** What a keyframe costs its sender and the network, packets. */
const KEYFRAME_COST = 20
const OPENING_MAX: Ms = 20 * SECOND
const SWEEP_EVERY: Ms = SECOND
const IDLE_MAX: Ms = 10 * MINUTE
/** All chains together. One of 33 members has about 120 kB, the longest 8 MB. */
const CHAIN_BYTES_MAX = 256 * 1024 * 1024
/** Larger ones do not arrive on a path with an MTU of 1500; smaller ones are neither RTP nor RTCP. */
const PACKET_MIN = 8
const PACKET_MAX = 1500

export interface RelayOptions {
  /** 0: any that is free. */
  readonly port: number
  readonly bindAddress: string | undefined
  /** Addresses before a NAT, under which the port can be reached as well. */
  readonly publicAddresses: () => Promise<readonly string[]>
  /** After so long without anything but keep-alives a room is closed; 10 minutes without a value. */
  readonly idleMax?: Ms
  readonly now: () => UnixMs
  readonly defect: (error: unknown) => void
  /** A connection that ended had sent packets in the name of others; none of them went anywhere. */
  readonly foreign?: (packets: number) => void
}

/** What a ticket opens. */
export type RoomName =
  | {
      readonly kind: 'call'
      readonly callId: Bytes
      readonly callerCertHash: Bytes
      readonly calleeAccountPub: Bytes
    }
  | { readonly kind: 'group'; readonly groupId: Bytes; readonly founderCertHash: Bytes }

export interface Entrance {
  readonly room: RoomName
  readonly certHash: Bytes
  readonly accountPub: Bytes
  readonly offer: string
  /** The device's address as limits know it. */
  readonly origin: string
  /** The own address at which the device reached the service: the relay is reached there, too. */
  readonly reachedAt: string | undefined
}

/** All connections from one address. */
interface Origin {
  readonly allowance: AddressAllowance
  connections: number
  seenAt: UnixMs
}

interface Place {
  readonly room: Room
  readonly copies: Budget
  activeAt: UnixMs
}

interface Connection extends RoomMember {
  readonly name: RoomName
  readonly room: string
  readonly device: string
  readonly origin: Origin
  readonly peer: Peer
  readonly since: UnixMs
  /** From the moment on when it is open. */
  place: Place | undefined
  lastHeard: UnixMs
  /** Packets in the name of others. */
  foreign: number
}

export class Relay {
  readonly port: number
  readonly #options: RelayOptions
  readonly #rooms = new Map<string, Place>()
  readonly #connections = new Set<Connection>()
  readonly #door: SocketDoor<Entrance>
  readonly #origins = new Map<string, Origin>()
  readonly #chainMemory: ChainMemory = { free: CHAIN_BYTES_MAX }
  readonly #closing = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout
  #sweptAt: UnixMs

  private constructor(options: RelayOptions, port: number) {
    this.#options = options
    this.port = port
    this.#door = new SocketDoor(options.now)
    this.#sweptAt = options.now()
    this.#timer = setInterval(() => this.#sweep(), SWEEP_EVERY)
  }

  /** Throws if the port is taken. */
  static start(options: RelayOptions): Relay {
    return new Relay(options, holdUdpPort(options.port, options.bindAddress))
  }

  async connect(entrance: Entrance): Promise<Result<string, 'invalid' | 'refused'>> {
    if (entrance.offer === SOCKET_OFFER) {
      const answer = this.#admits(entrance) ? this.#door.expect(entrance) : undefined
      return answer === undefined ? failure('refused') : success(answer)
    }
    const offer = parseOffer(entrance.offer)
    if (offer === undefined) return failure('invalid')
    if (!this.#admits(entrance)) return failure('refused')
    const port = { port: this.port, bindAddress: this.#options.bindAddress }
    const { connection, peer } = this.#open(entrance, (listener) => new RelayPeer(port, listener))
    try {
      const answer = await peer.answer(buildOffer(offer))
      const reached = entrance.reachedAt === undefined ? [] : [entrance.reachedAt.replace(/^::ffff:/i, '')]
      const addresses = [...reached, ...(await this.#options.publicAddresses())]
      return success(addCandidates(answer, [...new Set(addresses)], this.port))
    } catch (error) {
      this.#options.defect(error)
      this.#close(connection)
      return failure('refused')
    }
  }

  /** A WebSocket that `SOCKET_OFFER` was answered for. */
  accept(socket: WebSocket): void {
    this.#door.accept(socket, (entrance) => {
      if (!this.#admits(entrance)) socket.terminate()
      else this.#opened(this.#open(entrance, (listener) => new SocketPeer(socket, listener)).connection)
    })
  }

  /** Ends every connection of a device that was revoked. */
  drop(device: string): void {
    for (const connection of this.#connections) if (connection.device === device) this.#close(connection)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#door.close()
    for (const connection of this.#connections) this.#close(connection)
    await Promise.all(this.#closing)
  }

  #admits(entrance: Entrance): boolean {
    if (this.#connections.size >= PEERS_MAX) return false
    if ((this.#origins.get(entrance.origin)?.connections ?? 0) >= PEERS_PER_ADDRESS) return false
    const [room, device] = [roomKey(entrance.room), toHex(entrance.certHash)]
    const own = [...this.#connections].filter((connection) => connection.device === device)
    const here = own.filter((connection) => connection.room === room).length
    const elsewhere = new Set(own.map((connection) => connection.room)).size - (here > 0 ? 1 : 0)
    if (here >= ATTEMPTS_PER_ROOM || elsewhere >= ROOMS_PER_DEVICE) return false
    const { certHash, accountPub } = entrance
    return this.#rooms.get(room)?.room.admits({ certHash, accountPub, address: memberAddress(certHash) }) ?? true
  }

  #open<Made extends Peer>(
    entrance: Entrance,
    makePeer: (listener: PeerListener) => Made,
  ): { readonly connection: Connection; readonly peer: Made } {
    const now = this.#options.now()
    const origin = this.#originOf(entrance.origin, now)
    origin.connections += 1
    const allowance = ownAllowance(now)
    const peer = makePeer({
      opened: () => this.#opened(connection),
      frame: (bytes) => {
        const heardAt = (connection.lastHeard = this.#options.now())
        const frame = parseRelayFrame(bytes)
        if (frame?.kind === 'missing' || frame?.kind === 'keyframe') {
          // More of them than help anybody are passed over: a bad network is no offence.
          if (!allowance.requests.take(costOf(frame), heardAt)) return
        } else if (!allowance.frames.take(frame?.kind === 'want' ? WANT_COST : 1, heardAt)) {
          this.#close(connection)
          return
        }
        const allowed = frame !== undefined && affords(allowance, connection, frame)
        if (!allowed || !this.#frame(connection, frame)) this.#close(connection)
      },
      packet: (packet) => {
        connection.lastHeard = this.#options.now()
        this.#packet(connection, allowance, packet)
      },
      drained: () => connection.place?.room.drained(connection),
      gone: () => this.#close(connection),
      defect: (error) => this.#options.defect(error),
    })
    const { certHash, accountPub } = entrance
    const connection: Connection = {
      name: entrance.room,
      room: roomKey(entrance.room),
      device: toHex(certHash),
      certHash,
      accountPub,
      address: memberAddress(certHash),
      origin,
      peer,
      since: now,
      place: undefined,
      lastHeard: now,
      foreign: 0,
      sendFrame: (frame) => peer.sendFrame(frame),
      sendPacket: (packet) => peer.sendPacket(packet),
      congested: () => peer.congested(),
    }
    this.#connections.add(connection)
    return { connection, peer }
  }

  #opened(connection: Connection): void {
    const now = this.#options.now()
    connection.lastHeard = now
    const place = this.#rooms.get(connection.room) ?? {
      room: this.#makeRoom(connection.name),
      copies: roomAllowance(now),
      activeAt: now,
    }
    // Others may have come since it was let in.
    if (!place.room.admits(connection)) {
      this.#close(connection)
      return
    }
    this.#rooms.set(connection.room, place)
    connection.place = place
    const earlier = place.room.enter(connection)
    for (const other of this.#connections) if (other === earlier) this.#close(other)
  }

  /** `false` for what no device may send. */
  #frame(connection: Connection, frame: RelayFrame): boolean {
    if (frame.kind === 'keep-alive') {
      connection.sendFrame(encodeRelayFrame(frame))
      return true
    }
    const { place } = connection
    if (place === undefined) return true
    place.activeAt = connection.lastHeard
    return place.room.frame(connection, frame)
  }

  /** Hot, as is all that it calls. */
  #packet(connection: Connection, allowance: OwnAllowance, packet: Buffer): void {
    const { place, origin, lastHeard: now } = connection
    if (place === undefined || packet.length < PACKET_MIN || packet.length > PACKET_MAX) return
    if (!allowance.packets.take(1, now) || !allowance.packetBytes.take(packet.length, now)) return
    const budgets = [allowance.copies, place.copies, origin.allowance.copies]
    if (!budgets.every((budget) => budget.isLeft(now))) return
    place.activeAt = now
    const copies = place.room.packet(connection, packet)
    if (copies === 'foreign') connection.foreign += 1
    else for (const budget of budgets) budget.spend(copies)
  }

  #makeRoom(name: RoomName): Room {
    if (name.kind === 'call') return new CallRoom(name.callerCertHash)
    const { groupId, founderCertHash } = name
    const { now, defect } = this.#options
    return new GroupRoom({ groupId, founderCertHash, now, defect, memory: this.#chainMemory })
  }

  #originOf(address: string, now: UnixMs): Origin {
    const origin = this.#origins.get(address) ?? { allowance: addressAllowance(now), connections: 0, seenAt: now }
    this.#origins.set(address, origin)
    return origin
  }

  #close(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    const { place, origin, foreign } = connection
    place?.room.leave(connection)
    if (place?.room.size === 0) this.#rooms.delete(connection.room)
    origin.connections -= 1
    origin.seenAt = this.#options.now()
    if (foreign > 0) this.#options.foreign?.(foreign)
    const closed = connection.peer.close().catch((error: unknown) => this.#options.defect(error))
    this.#closing.add(closed)
    void closed.finally(() => this.#closing.delete(closed))
  }

  #sweep(): void {
    const now = this.#options.now()
    // A process that was held up itself has not read yet what was sent to it meanwhile.
    const heldUp = now - this.#sweptAt > 2 * SWEEP_EVERY
    this.#sweptAt = now
    for (const connection of this.#connections) {
      const { place, lastHeard, since } = connection
      const silent = place !== undefined && !heldUp && now - lastHeard > RELAY_SILENCE
      const stuck = place === undefined && now - since > OPENING_MAX
      const idle = place !== undefined && now - place.activeAt > (this.#options.idleMax ?? IDLE_MAX)
      if (silent || stuck || idle || place?.room.outstays(connection) === true) this.#close(connection)
    }
    for (const [address, { connections, seenAt }] of this.#origins) {
      if (connections === 0 && now - seenAt > ADDRESS_REMEMBERED) this.#origins.delete(address)
    }
  }
}

/** Whether a frame, and what the relay has to send and check for it, is within what this device and its address may cause. */
function affords(own: OwnAllowance, { place, origin, lastHeard: now }: Connection, frame: RelayFrame): boolean {
  const shared = origin.allowance
  if (frame.kind === 'submit') {
    const count = frame.entries.length
    return own.entries.take(count, now) && shared.entries.take(count, now)
  }
  if (frame.kind !== 'message') return true
  const copies = frame.peer === EVERYBODY ? (place?.room.size ?? 1) : 1
  const bytes = copies * frame.message.length
  return own.messages.take(bytes, now) && shared.messages.take(bytes, now)
}

/** Of `requests`: packets. */
function costOf(frame: Extract<RelayFrame, { kind: 'missing' | 'keyframe' }>): number {
  return frame.kind === 'missing' ? frame.sequenceNumbers.length : KEYFRAME_COST
}

function roomKey(name: RoomName): string {
  const parts =
    name.kind === 'call'
      ? [name.callId, name.callerCertHash, name.calleeAccountPub]
      : [name.groupId, name.founderCertHash]
  return [name.kind, ...parts.map(toHex)].join()
}
