/** Who is shown large: whoever speaks, calmly. A cough or a laugh takes nobody's place. */
import type { MemberId } from '../../../src-shared/ipc/group-view.ts'
import type { Ms } from '../../../src-shared/base/time.ts'

/** Of a level, 0 to 1: 60 decibels below full scale is 0, so this is 33 below. */
const SPEAKING = 0.45
/** Speaking for so long takes the place of who is silent. */
const TAKES_OVER: Ms = 600
/** Who spoke so short a time ago is only pausing. */
const PAUSES: Ms = 1500

export class ActiveSpeaker {
  readonly #levels = new Map<MemberId, number>()
  #current: MemberId | undefined
  #heardAt: Ms = -Infinity
  #rising: { readonly member: MemberId; readonly since: Ms } | undefined

  get current(): MemberId | undefined {
    return this.#current
  }

  get speaking(): readonly MemberId[] {
    return [...this.#levels].flatMap(([member, level]) => (level >= SPEAKING ? [member] : []))
  }

  /** A few times a second, whose level changed; 0 to 1. */
  heard(changes: readonly (readonly [MemberId, number])[], now: Ms): MemberId | undefined {
    const levels = this.#levels
    for (const [member, level] of changes) levels.set(member, level)
    if (this.#current !== undefined && (levels.get(this.#current) ?? 0) >= SPEAKING) this.#heardAt = now
    const loudest = [...levels].reduce<readonly [MemberId, number] | undefined>(
      (best, entry) => (entry[1] >= SPEAKING && (best === undefined || entry[1] > best[1]) ? entry : best),
      undefined,
    )
    if (loudest === undefined || loudest[0] === this.#current) {
      this.#rising = undefined
      return this.#current
    }
    const [member] = loudest
    if (this.#rising?.member !== member) this.#rising = { member, since: now }
    const silent = now - this.#heardAt > PAUSES
    if (this.#current === undefined || (silent && now - this.#rising.since >= TAKES_OVER)) this.#take(member, now)
    return this.#current
  }

  /** Who is gone speaks no more. */
  keepOnly(members: readonly MemberId[]): void {
    for (const member of [...this.#levels.keys()]) if (!members.includes(member)) this.#levels.delete(member)
    if (this.#current !== undefined && !members.includes(this.#current)) this.#current = undefined
  }

  #take(member: MemberId, now: Ms): void {
    this.#current = member
    this.#heardAt = now
    this.#rising = undefined
  }
}
