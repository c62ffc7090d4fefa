/** Direct connections in memory: two ends that know one another connect, unless the network is in the way. */
import { type Bytes, toHex } from '../../../src-shared/base/bytes.ts'
import type { RandomBytes } from '../../../src-shared/base/random.ts'
import type { Clock, Ms } from '../../../src-shared/base/time.ts'
import type { DirectEndpoint, DirectLink, DirectLinks, DirectListener } from '../../../src-main/ice/links.ts'

export const DIRECT_DELAY: Ms = 5

interface End {
  readonly name: string
  readonly endpoint: DirectEndpoint
  readonly listener: DirectListener
  remote: string | undefined
  peer: End | undefined
  announced: boolean
  closed: boolean
}

export class MemoryDirects {
  readonly #clock: Clock
  readonly #random: RandomBytes
  readonly #ends = new Map<string, End>()
  /** `false`: nobody reaches anybody, as behind two strict firewalls. */
  reachable = true
  /** Changes what passes on the data channel: an attack that DTLS rules out. */
  tamper: ((bytes: Bytes) => Bytes) | undefined
  opened = 0
  packets = 0

  constructor(clock: Clock, random: RandomBytes) {
    this.#clock = clock
    this.#random = random
  }

  linksOf(name: string): DirectLinks {
    return {
      open: (role, listener) => {
        this.opened++
        const id = toHex(this.#random(8))
        const endpoint: DirectEndpoint = {
          fingerprint: this.#random(32),
          iceUfrag: id,
          icePwd: toHex(this.#random(12)),
          candidates: [`candidate:1 1 UDP 1 192.0.2.${String(this.opened)} 40000 typ host`],
        }
        const end: End = {
          name,
          endpoint,
          listener,
          remote: undefined,
          peer: undefined,
          announced: false,
          closed: false,
        }
        this.#ends.set(id, end)
        if (role === 'offerer') this.#announce(end)
        return this.#linkOf(end)
      },
    }
  }

  /** Both ends notice after a while. */
  breakAll(): void {
    for (const end of this.#ends.values()) {
      if (end.peer === undefined) continue
      end.peer = undefined
      this.#clock.after(100, () => {
        if (!end.closed) end.listener.lost()
        end.closed = true
      })
    }
  }

  /** Nothing arrives any more, and nobody is told. */
  cut(name: string): void {
    for (const end of this.#ends.values()) {
      if (end.name !== name) continue
      end.closed = true
      if (end.peer) end.peer.peer = undefined
      end.peer = undefined
    }
  }

  get standing(): number {
    return [...this.#ends.values()].filter(({ peer, closed }) => peer !== undefined && !closed).length
  }

  #linkOf(end: End): DirectLink {
    return {
      connect: (remote) => {
        if (end.remote === undefined) {
          end.remote = remote.iceUfrag
          this.#announce(end)
          this.#tryConnect(end)
        }
      },
      send: (message) => {
        const { peer } = end
        if (peer === undefined || end.closed) return false
        const bytes = this.tamper?.(message.slice()) ?? message.slice()
        this.#clock.after(DIRECT_DELAY, () => {
          if (!peer.closed) peer.listener.message(bytes)
        })
        return true
      },
      sendPacket: (packet) => {
        const { peer } = end
        if (peer === undefined || end.closed) return false
        this.packets++
        const copy = packet.slice()
        this.#clock.after(DIRECT_DELAY, () => {
          if (!peer.closed) peer.listener.packet(copy)
        })
        return true
      },
      close: () => {
        end.closed = true
        const { peer } = end
        end.peer = undefined
        if (peer === undefined) return
        peer.peer = undefined
        this.#clock.after(DIRECT_DELAY, () => {
          if (!peer.closed) peer.listener.lost()
          peer.closed = true
        })
      },
    }
  }

  #announce(end: End): void {
    if (end.announced) return
    end.announced = true
    this.#clock.after(1, () => {
      if (!end.closed) end.listener.local(end.endpoint)
    })
  }

  #tryConnect(end: End): void {
    const other = end.remote === undefined ? undefined : this.#ends.get(end.remote)
    if (!this.reachable || other?.remote !== end.endpoint.iceUfrag) return
    end.peer = other
    other.peer = end
    this.#clock.after(DIRECT_DELAY, () => {
      for (const one of [end, other]) if (!one.closed && one.peer) one.listener.opened()
    })
  }
}
