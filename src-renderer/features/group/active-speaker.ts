/** Who is shown large: whoever speaks, calmly. A cough or a laugh takes nobody's place. */
import type { MemberId } from '../../../src-shared/ipc/group-view.ts'
import type { Ms } from '../../../src-shared/base/time.ts'

/** Of a level, 0 to 1: 60 decibels below full scale is 0, so this is 33 below. */
export const SPEAKING = 0.45
/** Speaking for so long takes the place of who is silent. */
const TAKES_OVER: Ms = 600
/** Who spoke so short a time ago is only pausing. */
const PAUSES: Ms = 1500

export class ActiveSpeaker {
  #current: MemberId | undefined
  #heardAt: Ms = -Infinity
  #rising: { readonly member: MemberId; readonly since: Ms } | undefined

  get current(): MemberId | undefined {
    return this.#current
  }

  /** Call a few times a second with everybody's level. */
  update(levels: ReadonlyMap<MemberId, number>, now: Ms): MemberId | undefined {
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
  forget(member: MemberId): void {
    if (member === this.#current) this.#current = undefined
  }

  #take(member: MemberId, now: Ms): void {
    this.#current = member
    this.#heardAt = now
    this.#rising = undefined
  }
}
