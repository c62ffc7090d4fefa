/** Real links on loopback, with everything that their listeners heard. */
import type {
  DirectEndpoint,
  DirectLink,
  DirectListener,
  GroupLink,
  GroupLinks,
  GroupListener,
  RelayLink,
  RelayLinks,
  RelayListener,
} from '../../../src-main/ice/links.ts'
import { createDirectLinks } from '../../../src-main/ice/direct-link.ts'
import type { Clock } from '../../../src-shared/base/time.ts'

export const LOOPBACK = '127.0.0.1'

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}

export async function until(condition: () => boolean, what: string, limit = 10_000): Promise<void> {
  for (const start = Date.now(); !condition();) {
    if (Date.now() - start > limit) throw new Error(`waited in vain until ${what}`)
    await pause(5)
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** A plausible RTP packet; `seed` makes its content its own. */
export function rtpPacket(sequenceNumber: number, length = 1100, seed = 0): Uint8Array {
  const packet = Uint8Array.from({ length }, (_, i) => i * 31 + seed)
  packet.set([0x80, 96, sequenceNumber >> 8, sequenceNumber & 0xff])
  packet.set([0x0b, 0xad, 0xca, 0xfe], 8)
  return packet
}

export class DirectEnd implements DirectListener {
  readonly link: DirectLink
  readonly locals: DirectEndpoint[] = []
  readonly messages: Uint8Array[] = []
  readonly packets: Uint8Array[] = []
  opens = 0
  silences = 0
  returns = 0
  losses = 0
  /** What happens to an endpoint on its way to the other end. */
  tell: (endpoint: DirectEndpoint) => void = () => undefined

  constructor(role: 'offerer' | 'answerer', clock: Clock = systemClock) {
    this.link = createDirectLinks({ clock, bindAddress: LOOPBACK }).open(role, this)
  }

  local(endpoint: DirectEndpoint): void {
    this.locals.push(endpoint)
    this.tell(endpoint)
  }
  opened(): void {
    this.opens += 1
  }
  message(message: Uint8Array): void {
    this.messages.push(Uint8Array.from(message))
  }
  packet(packet: Uint8Array): void {
    this.packets.push(Uint8Array.from(packet))
  }
  quiet(): void {
    this.silences += 1
  }
  back(): void {
    this.returns += 1
  }
  lost(): void {
    this.losses += 1
  }
}

export interface DirectPair {
  readonly caller: DirectEnd
  readonly callee: DirectEnd
  close(): void
}

/** Two ends whose endpoints reach one another as PathOffers do: later, and in order. */
export function directPair(
  change: (endpoint: DirectEndpoint) => DirectEndpoint = (endpoint) => endpoint,
  clock: Clock = systemClock,
): DirectPair {
  const [caller, callee] = [new DirectEnd('offerer', clock), new DirectEnd('answerer', clock)]
  connectEnds(caller, callee, change)
  return {
    caller,
    callee,
    close() {
      caller.link.close()
      callee.link.close()
    },
  }
}

export function connectEnds(
  caller: DirectEnd,
  callee: DirectEnd,
  change: (endpoint: DirectEndpoint) => DirectEndpoint = (endpoint) => endpoint,
): void {
  caller.tell = (endpoint) => void setTimeout(() => callee.link.connect(endpoint), 2)
  callee.tell = (endpoint) => void setTimeout(() => caller.link.connect(change(endpoint)), 2)
}

export async function openDirectPair(): Promise<DirectPair> {
  const pair = directPair()
  await until(() => pair.caller.opens > 0 && pair.callee.opens > 0, 'both ends are open')
  return pair
}

export class RelayEnd implements RelayListener {
  readonly link: RelayLink
  readonly messages: { from: string; text: string }[] = []
  readonly packets: Uint8Array[] = []
  readonly gone: string[] = []
  opens = 0
  losses = 0

  constructor(links: RelayLinks, ticket: Uint8Array) {
    this.link = links.open(ticket, this)
  }

  opened(): void {
    this.opens += 1
  }
  lost(): void {
    this.losses += 1
  }
  message(from: string, message: Uint8Array): void {
    this.messages.push({ from, text: Buffer.from(message).toString() })
  }
  left(member: string): void {
    this.gone.push(member)
  }
  packet(packet: Uint8Array): void {
    this.packets.push(Uint8Array.from(packet))
  }
}

/** A device in a group's room. Keeps the room's chain as it hears of it. */
export class GroupEnd implements GroupListener {
  readonly link: GroupLink
  readonly chain: Uint8Array[] = []
  /** Entries that stand elsewhere than behind what was heard before: of a device that is outside, or a defect. */
  readonly elsewhere: number[] = []
  readonly refusals: { readonly length: number; readonly reason: string }[] = []
  readonly messages: { readonly from: string; readonly text: string }[] = []
  readonly packets: Uint8Array[] = []
  readonly wants: { readonly layers: readonly number[]; readonly keyframes: readonly number[] }[] = []
  readonly reports: Uint8Array[] = []
  readonly requests: { readonly ssrc: number; readonly sequenceNumbers: readonly number[] }[] = []
  readonly here = new Set<string>()
  opens = 0
  losses = 0

  constructor(links: GroupLinks, ticket: Uint8Array) {
    this.link = links.enter(ticket, this)
  }

  opened(): void {
    this.opens += 1
  }
  lost(): void {
    this.losses += 1
    this.here.clear()
  }
  entries(first: number, _length: number, entries: readonly Uint8Array[]): void {
    // The whole chain comes again with each connection.
    if (first === 0) this.chain.length = 0
    if (first === this.chain.length) this.chain.push(...entries)
    else this.elsewhere.push(first)
  }
  refused(length: number, reason: string): void {
    this.refusals.push({ length, reason })
  }
  entered(device: string): void {
    this.here.add(device)
  }
  left(device: string): void {
    this.here.delete(device)
  }
  message(from: string, message: Uint8Array): void {
    this.messages.push({ from, text: Buffer.from(message).toString() })
  }
  packet(packet: Uint8Array): void {
    this.packets.push(Uint8Array.from(packet))
  }
  wanted(layers: readonly number[], keyframes: readonly number[]): void {
    this.wants.push({ layers, keyframes })
  }
  missing(ssrc: number, sequenceNumbers: readonly number[]): void {
    this.requests.push({ ssrc, sequenceNumbers })
  }
  arrivals(report: Uint8Array): void {
    this.reports.push(report)
  }
}
