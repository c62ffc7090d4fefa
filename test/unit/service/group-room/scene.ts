/** The room of a group with Alice's chain, and connections to it that note what they are told. */
import { expect } from 'vitest'
import { GroupRoom } from '../../../../src-server/relay/group-room.ts'
import type { RoomMember } from '../../../../src-server/relay/room.ts'
import {
  EVERYBODY,
  memberAddress,
  parseRelayFrame,
  type RelayFrame,
} from '../../../../src-shared/protocol/relay-frame.ts'
import { TestChain } from '../../../support/test-chain.ts'
import { type TestDevice, testDevice } from '../../../support/test-device.ts'

export const [alice, bob, carol, eve] = [testDevice('alice'), testDevice('bob'), testDevice('carol'), testDevice('eve')]
export const seed = new Uint8Array(16).fill(7)
export const addressOf = ({ certificate }: TestDevice) => memberAddress(certificate.certHash)

export class Connection implements RoomMember {
  readonly certHash: Uint8Array
  readonly accountPub: Uint8Array
  readonly address: string
  readonly frames: RelayFrame[] = []
  readonly packets: Buffer[] = []
  /** Frames that it takes before it is congested. */
  takes = Infinity

  constructor(device: TestDevice) {
    this.certHash = device.certificate.certHash
    this.accountPub = device.certificate.accountPub
    this.address = addressOf(device)
  }

  sendFrame(bytes: Uint8Array): void {
    const frame = parseRelayFrame(bytes)
    if (frame === undefined) throw new Error('no frame')
    // `forwarding` has tests of its own.
    if (frame.kind !== 'wanted') this.frames.push(frame)
    this.takes -= 1
  }

  sendPacket(packet: Buffer): void {
    this.packets.push(packet)
  }

  congested(): boolean {
    return this.takes <= 0
  }

  /** What it was told since the last time, in short. */
  news(): string[] {
    return this.frames.splice(0).map((frame) => {
      switch (frame.kind) {
        case 'entries':
          return `entries ${String(frame.first)}+${String(frame.entries.length)} of ${String(frame.length)}`
        case 'refused':
          return `refused at ${String(frame.length)}: ${frame.reason}`
        case 'message':
          return `${nameOf(frame.peer)} says ${Buffer.from(frame.message).toString()}`
        case 'entered':
        case 'left':
          return `${frame.kind} ${nameOf(frame.peer)}`
        case 'arrivals':
          return frame.kind
        default:
          throw new Error(`the room sent ${frame.kind}`)
      }
    })
  }
}

const names = new Map(Object.entries({ alice, bob, carol, eve }).map(([name, device]) => [addressOf(device), name]))
const nameOf = (address: string) => names.get(address) ?? address

export function scene(chain = new TestChain(alice, seed)) {
  const clock = { now: 1000 }
  const defects: unknown[] = []
  const memory = { free: 10_000_000 }
  const { groupId, founder } = chain
  const room = new GroupRoom({
    groupId,
    founderCertHash: founder.certificate.certHash,
    now: () => clock.now,
    memory,
    defect: (error) => defects.push(error),
  })
  const enter = (device: TestDevice) => {
    const connection = new Connection(device)
    room.enter(connection)
    return connection
  }
  const submit = async (from: Connection, ...entries: readonly Uint8Array[]) => {
    expect(room.frame(from, { kind: 'submit', entries })).toBe(true)
    await room.idle()
    expect(defects).toEqual([])
  }
  const say = (from: Connection, text: string, peer = EVERYBODY) =>
    room.frame(from, { kind: 'message', peer, message: Buffer.from(text) })
  return { room, chain, clock, memory, enter, submit, say }
}

/** Alice and Bob are members and inside; the news of that are read. */
export async function callOfTwo() {
  const { chain, ...rest } = scene()
  const a = rest.enter(alice)
  await rest.submit(a, ...chain.entries)
  const b = rest.enter(bob)
  await rest.submit(a, chain.invite(alice, bob), chain.add(alice, bob))
  a.news()
  b.news()
  return { ...rest, chain, a, b }
}

export function packet(ssrc: number, at = 8, second = 96): Buffer {
  const bytes = Buffer.alloc(40)
  bytes.set([0x80, second])
  bytes.writeUInt32BE(ssrc, at)
  return bytes
}
