/**
 * Whose voices are forwarded in a large group: the loudest, by what their packets say in the clear (RFC 6464; RFC 6465 section 1
 * on selecting by it). One who has begun to speak keeps the place through the pauses of speech.
 */
import { type Ms, SECOND, type UnixMs } from '../../../src-shared/base/time.ts'

/** More at once nobody understands. */
export const VOICES = 5
/** A louder member takes the place of one who is quieter by so much, decibels: else two of like loudness would change by turns. */
const MARGIN = 6
/** Of the fall of a loudness that is remembered, decibels a second: a pause of a second between sentences loses no place. */
const FALL = 15
/** Decibels below full scale at which nobody speaks. */
const SILENCE = 127
const GONE: Ms = 2 * SECOND

interface Heard {
  /** Above silence, decibels, at `at`. */
  loudness: number
  at: UnixMs
}

export class LoudestVoices<Member> {
  readonly #heard = new Map<Member, Heard>()
  readonly #chosen = new Set<Member>()

  /** A packet of `member` says `level`, decibels below full scale. Whether it is forwarded. */
  takes(member: Member, level: number, now: UnixMs): boolean {
    const loudness = Math.max(SILENCE - level, this.#loudnessOf(member, now))
    this.#heard.set(member, { loudness, at: now })
    if (this.#chosen.has(member)) return true
    if (this.#chosen.size < VOICES) {
      this.#chosen.add(member)
      return true
    }
    const quietest = this.#quietest(now)
    if (loudness < this.#loudnessOf(quietest, now) + MARGIN) return false
    this.#chosen.delete(quietest)
    this.#chosen.add(member)
    return true
  }

  /** It is not in the call any more. */
  forget(member: Member): void {
    this.#heard.delete(member)
    this.#chosen.delete(member)
  }

  #quietest(now: UnixMs): Member {
    let found: Member | undefined
    let lowest = Infinity
    for (const member of this.#chosen) {
      const loudness = this.#loudnessOf(member, now)
      if (loudness >= lowest) continue
      lowest = loudness
      found = member
    }
    if (found === undefined) throw new Error('nobody is forwarded')
    return found
  }

  /** Falls with time, and at once when nothing comes any more. */
  #loudnessOf(member: Member, now: UnixMs): number {
    const heard = this.#heard.get(member)
    if (heard === undefined || now - heard.at > GONE) return -MARGIN
    return Math.max(0, heard.loudness - (FALL * (now - heard.at)) / SECOND)
  }
}
