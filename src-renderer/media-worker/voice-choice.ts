/**
 * Whose voices are decoded and mixed: the relay forwards a few of the loudest; should more come, no more than these are
 * taken. Who is heard stays, unless somebody clearly louder has no place: voices that come and go with each word are torn.
 */
import type { Ms } from '../../src-shared/base/time.ts'

export const MAX_VOICES = 8
/** Without a packet for so long there is nothing left to play. */
const GONE: Ms = 1000
/** Decibels. */
const CLEARLY_LOUDER = 6

export interface VoiceCandidate {
  /** Below full scale, decibels, smoothed. */
  readonly level: number
  readonly lastPacketAt: Ms
}

export class VoiceChoice<Candidate extends VoiceCandidate> {
  #chosen: readonly Candidate[] = []

  choose(candidates: Iterable<Candidate>, now: Ms): ReadonlySet<Candidate> {
    const present = [...candidates].filter(({ lastPacketAt }) => now - lastPacketAt < GONE)
    const staying = this.#chosen.filter((candidate) => present.includes(candidate))
    const coming = present.filter((candidate) => !staying.includes(candidate)).sort(byLoudness)
    const chosen = [...staying, ...coming.splice(0, MAX_VOICES - staying.length)].sort(byLoudness)
    for (const louder of coming) {
      const quietest = chosen.at(-1)
      if (quietest === undefined || louder.level + CLEARLY_LOUDER > quietest.level) break
      chosen.splice(-1, 1, louder)
      chosen.sort(byLoudness)
    }
    this.#chosen = chosen
    return new Set(chosen)
  }
}

function byLoudness(a: VoiceCandidate, b: VoiceCandidate): number {
  return a.level - b.level
}
