/**
 * SSRCs (docs/protocol/media.md, section 1): 30 random bits ‖ 2 bits kind, for RTP and RTCP alike,
 * so that a receiver knows before it decrypts which stream's key a packet is under. In a group they name the member as well.
 */
import type { RandomBytes } from '../base/random.ts'

/** By the two bits that name them: the kind with the code 4 has the bits 0. */
export const MEDIA_KINDS = ['screenSound', 'audio', 'video', 'screen'] as const
export type MediaKind = (typeof MEDIA_KINDS)[number]

export function kindOfSsrc(ssrc: number): MediaKind {
  return MEDIA_KINDS[(ssrc & 3) as 0 | 1 | 2 | 3]
}

/** A shared screen's picture or its sound: most calls have neither, and the relay of a group passes on all of both. */
export function isOfScreen(kind: MediaKind): kind is 'screen' | 'screenSound' {
  return kind === 'screen' || kind === 'screenSound'
}

function kindBits(kind: MediaKind): number {
  return MEDIA_KINDS.indexOf(kind)
}

/** A new SSRC outside `used`. Within one master key an SSRC serves one stream only (R18): `used` holds all of the call so far. */
export function newSsrc(kind: MediaKind, random: RandomBytes, used: ReadonlySet<number>): number {
  for (;;) {
    const bytes = random(4)
    const bits = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    const ssrc = ((bits & ~3) | kindBits(kind)) >>> 0
    if (!used.has(ssrc)) return ssrc
  }
}

/** The number of a group stream has 6 bits (docs/protocol/group.md, section 7.1). */
const GROUP_STREAMS = 64

/** Bits 31…8: whose it is (`src-shared/group/ssrc.ts`). */
export function prefixOfSsrc(ssrc: number): number {
  return ssrc >>> 8
}

/** `prefix (24 bits) ‖ stream (6 bits) ‖ kind (2 bits)` */
export function groupSsrc(prefix: number, stream: number, kind: MediaKind): number {
  if (stream < 0 || stream >= GROUP_STREAMS) throw new RangeError('no such stream')
  return ((prefix << 8) | (stream << 2) | kindBits(kind)) >>> 0
}

/** The streams of one stay in a group: each takes a number that no other of its kind had. */
export class GroupSsrcs {
  readonly #prefix: number
  readonly #random: RandomBytes
  readonly #used = new Set<number>()

  constructor(prefix: number, random: RandomBytes) {
    this.#prefix = prefix
    this.#random = random
  }

  /** Also for a stream that begins anew. Throws when all numbers are used up: nobody restarts that often. */
  next(kind: MediaKind): number {
    const first = this.#random(1)[0] ?? 0
    for (let i = 0; i < GROUP_STREAMS; i++) {
      const ssrc = groupSsrc(this.#prefix, (first + i) % GROUP_STREAMS, kind)
      if (this.#used.has(ssrc)) continue
      this.#used.add(ssrc)
      return ssrc
    }
    throw new RangeError('all streams of this kind are used up')
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
