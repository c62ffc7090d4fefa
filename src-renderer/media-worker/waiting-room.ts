/**
 * Packets of an epoch whose key is not there yet (docs/protocol/group.md, section 7.2). Whose key it will be is known from
 * their SSRC; which suite, and so where the MKI stands, only from the key.
 */
import type { Ms } from '../../src-shared/base/time.ts'

export const WAITING_TIME: Ms = 1000
/** Of all members together. */
export const WAITING_PACKETS = 512

interface Waiting {
  readonly packet: Uint8Array<ArrayBuffer>
  readonly until: Ms
}

export class WaitingRoom {
  /** By SSRC prefix, each in the order of arrival. */
  readonly #packets = new Map<number, Waiting[]>()
  #size = 0
  #dropped = 0

  /** Packets whose key did not come in time, or for which there was no room. */
  get dropped(): number {
    return this.#dropped
  }

  /** Keeps a copy: a view would hold all that came in with it. */
  add(prefix: number, packet: Uint8Array, now: Ms): void {
    this.#expire(now)
    if (this.#size >= WAITING_PACKETS) this.#makeRoom()
    const packets = this.#packets.get(prefix) ?? []
    packets.push({ packet: Uint8Array.from(packet), until: now + WAITING_TIME })
    this.#packets.set(prefix, packets)
    this.#size += 1
  }

  /** A key of this member has come: its packets leave, to be tried or to come back. */
  take(prefix: number, now: Ms): Uint8Array<ArrayBuffer>[] {
    this.#expire(now)
    const taken = this.#packets.get(prefix) ?? []
    this.#packets.delete(prefix)
    this.#size -= taken.length
    return taken.map(({ packet }) => packet)
  }

  clear(): void {
    this.#packets.clear()
    this.#size = 0
  }

  #expire(now: Ms): void {
    for (const [prefix, packets] of this.#packets) {
      const left = packets.filter(({ until }) => until > now)
      if (left.length < packets.length) this.#keep(prefix, left, packets.length - left.length)
    }
  }

  /** The oldest packet of who has most of them: a member that floods the room pushes out its own. */
  #makeRoom(): void {
    let most: readonly [number, readonly Waiting[]] | undefined
    for (const entry of this.#packets) if (most === undefined || entry[1].length > most[1].length) most = entry
    if (most !== undefined) this.#keep(most[0], most[1].slice(1), 1)
  }

  #keep(prefix: number, left: Waiting[], dropped: number): void {
    if (left.length === 0) this.#packets.delete(prefix)
    else this.#packets.set(prefix, left)
    this.#size -= dropped
    this.#dropped += dropped
  }
}
