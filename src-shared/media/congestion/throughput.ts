/** How fast bytes are sent, and arrive: the rate over a short while, and the rate of single bursts, which shows what the path could carry. */
import { type Ms, SECOND } from '../../base/time.ts'
import type { PacketOutcome } from './sent-log.ts'

const WINDOW: Ms = 500

/** Bits a second over the last half second, of the clock that the moments are of. */
export class Throughput {
  #packets: { readonly at: Ms; readonly bytes: number }[] = []

  take(at: Ms, bytes: number): void {
    this.#packets.push({ at, bytes })
    while ((this.#packets[0]?.at ?? Infinity) < at - 2 * WINDOW) this.#packets.shift()
  }

  /** `undefined` until the window is full. */
  rate(): number | undefined {
    const newest = this.#packets.reduce((latest, { at }) => Math.max(latest, at), -Infinity)
    const oldest = this.#packets.reduce((first, { at }) => Math.min(first, at), Infinity)
    if (newest - oldest < WINDOW) return undefined
    const bytes = this.#packets.reduce((sum, { at, bytes }) => (at > newest - WINDOW ? sum + bytes : sum), 0)
    return (8 * bytes * SECOND) / WINDOW
  }

  reset(): void {
    this.#packets = []
  }
}

/** Packets further apart are no burst. */
const BURST_GAP: Ms = 8
const BURST_PACKETS = 10
/** Shorter ones are lost in the grain of the clocks. */
const BURST_SPAN: Ms = 15
/** Of what came through, when the path was the limit and not the sending (libwebrtc's probe estimator). */
const UTILISATION = 0.95
const LIMITED = 0.9

/**
 * Bits a second that the largest burst among `packets`, in the order of sending, came through with: a keyframe is paced faster than
 * the picture's mean, so each of them is a probe. `undefined`: no burst, or some of it was lost.
 */
export function burstRate(packets: readonly PacketOutcome[]): number | undefined {
  let best: number | undefined
  let from = 0
  for (let i = 1; i <= packets.length; i++) {
    const gap = (packets[i]?.sentAt ?? Infinity) - (packets[i - 1]?.sentAt ?? 0)
    if (gap <= BURST_GAP) continue
    const rate = rateOf(packets.slice(from, i))
    if (rate !== undefined && rate > (best ?? 0)) best = rate
    from = i
  }
  return best
}

function rateOf(burst: readonly PacketOutcome[]): number | undefined {
  const arrivals = burst.flatMap(({ arrivedAt }) => arrivedAt ?? [])
  if (burst.length < BURST_PACKETS || arrivals.length < burst.length) return undefined
  // The first packet marks the beginning, its bytes came before it.
  const bits = 8 * burst.slice(1).reduce((sum, { bytes }) => sum + bytes, 0)
  const sending = (burst[burst.length - 1]?.sentAt ?? 0) - (burst[0]?.sentAt ?? 0)
  const arriving = Math.max(...arrivals) - (arrivals[0] ?? 0)
  if (arriving < BURST_SPAN) return undefined
  const arrived = (bits * SECOND) / arriving
  if (sending <= 0 || arriving > sending / LIMITED) return UTILISATION * arrived
  return Math.min(arrived, (bits * SECOND) / sending)
}
