/**
 * SSRCs (docs/protocol/media.md, section 1): 30 random bits ‖ 2 bits kind, for RTP and RTCP alike,
 * so that a receiver knows before it decrypts which stream's key a packet is under.
 */
import type { RandomBytes } from '../base/random.ts'

export type MediaKind = 'audio' | 'video' | 'screen'

const KIND_BITS: Readonly<Record<MediaKind, number>> = { audio: 1, video: 2, screen: 3 }

/** `undefined` for the kind that is not in use: no key opens such a packet. */
export function kindOfSsrc(ssrc: number): MediaKind | undefined {
  switch (ssrc & 3) {
    case 1:
      return 'audio'
    case 2:
      return 'video'
    case 3:
      return 'screen'
    default:
      return undefined
  }
}

/** A new SSRC outside `used`. Within one master key an SSRC serves one stream only (R18): `used` holds all of the call so far. */
export function newSsrc(kind: MediaKind, random: RandomBytes, used: ReadonlySet<number>): number {
  for (;;) {
    const bytes = random(4)
    const bits = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    const ssrc = ((bits & ~3) | KIND_BITS[kind]) >>> 0
    if (!used.has(ssrc)) return ssrc
  }
}

/**
 * Which of the SSRCs of one sender and kind counts: the newest. A restarted stream takes a new SSRC (R18); packets of
 * the one before it that were overtaken must not switch back.
 */
export class CurrentSource {
  /** Streams that are remembered as over; a sender restarts a few times in a call. */
  static readonly MAX_RETIRED = 16

  #current: number | undefined
  readonly #retired: number[] = []

  get ssrc(): number | undefined {
    return this.#current
  }

  see(ssrc: number): 'current' | 'changed' | 'retired' {
    if (ssrc === this.#current) return 'current'
    if (this.#retired.includes(ssrc)) return 'retired'
    if (this.#current !== undefined) {
      this.#retired.push(this.#current)
      if (this.#retired.length > CurrentSource.MAX_RETIRED) this.#retired.shift()
    }
    this.#current = ssrc
    return 'changed'
  }
}
