/**
 * This folder holds the relay: rooms of devices that came with a valid ticket, and the forwarding of packets that it
 * cannot read. It asks nobody who a device is; the session that calls `connect` knows. It keeps nothing after a room.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import { type Result, failure, success } from '../../src-shared/base/result.ts'
import { MINUTE, type Ms, SECOND, type UnixMs } from '../../src-shared/base/time.ts'
import {
  type MemberAddress,
  parseRelayFrame,
  RELAY_SILENCE,
  type RelayFrame,
} from '../../src-shared/protocol/relay-frame.ts'
import { Budget } from './budget.ts'
import { addCandidates, buildOffer, parseOffer } from './offer.ts'
import { RelayPeer } from './peer.ts'
import { Room, type RoomMember } from './room.ts'
import { holdUdpPort } from './udp-port.ts'

/** The caller's device and 16 of the callee's account. */
const MEMBERS_PER_ROOM = 17
const ROOMS_PER_DEVICE = 4
/** Of one device in one room: one that stands, one that replaces it, and some that it gave up. */
const ATTEMPTS_PER_ROOM = 6
/** About 270 KiB each. */
const PEERS_MAX = 2000
const OPENING_MAX: Ms = 20 * SECOND
const IDLE_MAX: Ms = 10 * MINUTE
const PACKETS_PER_SECOND = 3000
const BYTES_PER_SECOND = 2_000_000
const FRAMES_PER_SECOND = 200
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
}

export interface Entrance {
  readonly room: string
  /** certHash in hexadecimal. */
  readonly device: string
  readonly address: MemberAddress
  /** The caller's device. */
  readonly host: boolean
  readonly offer: string
  /** The own address at which the device reached the service: the relay is reached there, too. */
  readonly reachedAt: string | undefined
}

interface Connection extends RoomMember {
  readonly room: string
  readonly peer: RelayPeer
  readonly since: UnixMs
  opened: boolean
  lastHeard: UnixMs
}

export class Relay {
  readonly port: number
  readonly #options: RelayOptions
  readonly #rooms = new Map<string, { readonly room: Room; activeAt: UnixMs }>()
  readonly #connections = new Set<Connection>()
  readonly #closing = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout

  private constructor(options: RelayOptions, port: number) {
    this.#options = options
    this.port = port
    this.#timer = setInterval(() => this.#sweep(), SECOND)
  }

  /** Throws if the port is taken. */
  static start(options: RelayOptions): Relay {
    return new Relay(options, holdUdpPort(options.port, options.bindAddress))
  }

  async connect(entrance: Entrance): Promise<Result<string, 'invalid' | 'refused'>> {
    const offer = parseOffer(entrance.offer)
    if (offer === undefined) return failure('invalid')
    if (!this.#admits(entrance)) return failure('refused')
    const connection = this.#open(entrance)
    try {
      const answer = await connection.peer.answer(buildOffer(offer))
      const reached = entrance.reachedAt === undefined ? [] : [entrance.reachedAt.replace(/^::ffff:/i, '')]
      const addresses = [...reached, ...(await this.#options.publicAddresses())]
      return success(addCandidates(answer, [...new Set(addresses)], this.port))
    } catch (error) {
      this.#options.defect(error)
      this.#close(connection)
      return failure('refused')
    }
  }

  /** Ends every connection of a device that was revoked. */
  drop(device: string): void {
    for (const connection of this.#connections) if (connection.device === device) this.#close(connection)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    for (const connection of this.#connections) this.#close(connection)
    await Promise.all(this.#closing)
  }

  #admits({ room, device, address }: Entrance): boolean {
    if (this.#connections.size >= PEERS_MAX) return false
    const own = [...this.#connections].filter((connection) => connection.device === device)
    const here = own.filter((connection) => connection.room === room).length
    const elsewhere = new Set(own.map((connection) => connection.room)).size - (here > 0 ? 1 : 0)
    if (here >= ATTEMPTS_PER_ROOM || elsewhere >= ROOMS_PER_DEVICE) return false
    const there = this.#rooms.get(room)?.room
    const present = there?.member(address)
    return present === undefined ? (there?.size ?? 0) < MEMBERS_PER_ROOM : present.device === device
  }

  #open(entrance: Entrance): Connection {
    const now = this.#options.now()
    const frames = new Budget(FRAMES_PER_SECOND, 2 * FRAMES_PER_SECOND, now)
    const packets = new Budget(PACKETS_PER_SECOND, PACKETS_PER_SECOND, now)
    const bytes = new Budget(BYTES_PER_SECOND, BYTES_PER_SECOND, now)
    const peer = new RelayPeer(
      { port: this.port, bindAddress: this.#options.bindAddress },
      {
        opened: () => this.#opened(connection),
        frame: (frame) => {
          const heardAt = (connection.lastHeard = this.#options.now())
          const parsed = frames.take(1, heardAt) ? parseRelayFrame(frame) : undefined
          if (parsed === undefined) this.#close(connection)
          else this.#frame(connection, parsed)
        },
        packet: (packet) => {
          const heardAt = (connection.lastHeard = this.#options.now())
          if (packet.length < PACKET_MIN || packet.length > PACKET_MAX) return
          if (packets.take(1, heardAt) && bytes.take(packet.length, heardAt)) this.#packet(connection, packet)
        },
        gone: () => this.#close(connection),
        defect: (error) => this.#options.defect(error),
      },
    )
    const connection: Connection = {
      room: entrance.room,
      device: entrance.device,
      address: entrance.address,
      host: entrance.host,
      peer,
      since: now,
      opened: false,
      lastHeard: now,
      sendFrame: (frame) => peer.sendFrame(frame),
      sendPacket: (packet) => peer.sendPacket(packet),
    }
    this.#connections.add(connection)
    return connection
  }

  #opened(connection: Connection): void {
    const now = this.#options.now()
    connection.opened = true
    connection.lastHeard = now
    const place = this.#rooms.get(connection.room) ?? { room: new Room(), activeAt: now }
    if (place.room.member(connection.address) === undefined && place.room.size >= MEMBERS_PER_ROOM) {
      this.#close(connection)
      return
    }
    this.#rooms.set(connection.room, place)
    const earlier = place.room.enter(connection)
    for (const other of this.#connections) if (other === earlier) this.#close(other)
  }

  #frame(connection: Connection, frame: RelayFrame): void {
    const place = this.#rooms.get(connection.room)
    if (frame.kind !== 'keep-alive' && place !== undefined) place.activeAt = this.#options.now()
    switch (frame.kind) {
      case 'keep-alive':
        connection.sendFrame(frame)
        return
      case 'message':
        place?.room.message(connection, frame.peer, frame.message)
        return
      case 'receivers':
        place?.room.setReceivers(connection, frame.receivers)
        return
      case 'left':
        // Only the relay says this.
        this.#close(connection)
        return
    }
  }

  #packet(connection: Connection, packet: Bytes): void {
    const place = this.#rooms.get(connection.room)
    if (place === undefined) return
    place.activeAt = this.#options.now()
    place.room.packet(connection, packet)
  }

  #close(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    const place = this.#rooms.get(connection.room)
    place?.room.leave(connection)
    if (place?.room.size === 0) this.#rooms.delete(connection.room)
    const closed = connection.peer.close().catch((error: unknown) => this.#options.defect(error))
    this.#closing.add(closed)
    void closed.finally(() => this.#closing.delete(closed))
  }

  #sweep(): void {
    const now = this.#options.now()
    for (const connection of this.#connections) {
      const silent = connection.opened && now - connection.lastHeard > RELAY_SILENCE
      const stuck = !connection.opened && now - connection.since > OPENING_MAX
      const idle = now - (this.#rooms.get(connection.room)?.activeAt ?? now) > (this.#options.idleMax ?? IDLE_MAX)
      if (silent || stuck || idle) this.#close(connection)
    }
  }
}
