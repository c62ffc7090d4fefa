/**
 * How often. Each limit is far above what a person's devices do and low enough that one device or address neither
 * empties a stock of prekeys, nor fills a queue, nor lists the directory's handles in useful time.
 */
import { RateLimiterMemory } from 'rate-limiter-flexible'

interface Rate {
  readonly points: number
  readonly seconds: number
}

export const DEFAULT_RATES = {
  /** New WebSockets of one address. */
  connections: { points: 240, seconds: 60 },
  /** Proofs of one address: each costs three signature checks, about 10 ms. */
  authentications: { points: 240, seconds: 60 },
  /** Frames of one connection. */
  frames: { points: 600, seconds: 10 },
  /** Handles that one address asks for before it is anybody, by CheckHandle. */
  handles: { points: 240, seconds: 60 },
  /** Handles that one device looks up. */
  lookups: { points: 240, seconds: 60 },
  /** All devices of one address together: a call of 33 behind one NAT, in which everybody looks up everybody, is 1056. */
  lookupsOfAddress: { points: 2400, seconds: 60 },
  /** Accounts that one address makes. */
  accounts: { points: 120, seconds: 3600 },
  /** Envelopes of one device. */
  envelopes: { points: 1200, seconds: 60 },
  /** Envelopes of one device to one other. */
  envelopesToOne: { points: 240, seconds: 60 },
  /** One-time prekeys of one device that one other takes; beyond, it gets the medium-term one. */
  oneTimePrekeys: { points: 40, seconds: 600 },
  /** Prekeys that one device fetches. */
  prekeys: { points: 600, seconds: 60 },
  /** Requests with prekeys of one device, each of which costs up to 32 signature checks; a whole stock takes four. */
  prekeyPublications: { points: 40, seconds: 60 },
  /** Tickets for calls that one device draws, and offers that it makes to the relay. */
  relay: { points: 120, seconds: 60 },
  /** Tickets for groups: one for each account that is invited, and 256 may be invited at once. */
  groupTickets: { points: 600, seconds: 60 },
  /** Links that one device puts, opens and removes. Nobody finds one by trying: their ids have 128 random bits. */
  links: { points: 120, seconds: 60 },
} as const satisfies Record<string, Rate>

export type RateName = keyof typeof DEFAULT_RATES
export type Rates = Readonly<Partial<Record<RateName, Rate>>>

export interface RateLimits {
  /** Takes one point; `false` if there was none. */
  allow(name: RateName, key: string): Promise<boolean>
}

export function createRateLimits(overrides: Rates = {}): RateLimits {
  const limiters = new Map<RateName, RateLimiterMemory>()
  function limiter(name: RateName): RateLimiterMemory {
    const known = limiters.get(name)
    if (known !== undefined) return known
    const { points, seconds } = overrides[name] ?? DEFAULT_RATES[name]
    const made = new RateLimiterMemory({ keyPrefix: name, points, duration: seconds })
    limiters.set(name, made)
    return made
  }
  return {
    async allow(name, key) {
      try {
        await limiter(name).consume(key)
        return true
      } catch {
        // The limiter in memory rejects for one reason only: no points are left.
        return false
      }
    },
  }
}

/** One key for an IPv4 address, and one for the /64 of an IPv6 address, which is one customer's. */
export function addressKey(remoteAddress: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(remoteAddress)
  if (mapped?.[1] !== undefined) return mapped[1]
  if (!remoteAddress.includes(':')) return remoteAddress
  const [head = '', tail] = remoteAddress.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  return [...front, ...Array.from({ length: zeros }, () => '0'), ...back].slice(0, 4).join(':')
}
