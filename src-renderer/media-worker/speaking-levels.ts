/** How loud each member is, for the window: a few times a second, and only what changed. */
import type { Ms } from '../../src-shared/base/time.ts'
import type { MemberId } from '../../src-shared/ipc/group-view.ts'

export const LEVEL_INTERVAL: Ms = 100
/** Below full scale, decibels: 0 of what is shown. */
const FLOOR = 60

export class SpeakingLevels {
  /** The loudest since the last report, 0 to 1. */
  #loudest = new Map<MemberId, number>()
  #reported: ReadonlyMap<MemberId, number> = new Map()

  /** `level`: decibels below full scale. */
  heard(member: MemberId, level: number): void {
    const shown = Math.max(0, 1 - level / FLOOR)
    this.#loudest.set(member, Math.max(this.#loudest.get(member) ?? 0, shown))
  }

  /** Call every `LEVEL_INTERVAL`. Who was heard then and not since is named once with 0. */
  take(): readonly (readonly [MemberId, number])[] {
    const loudest = this.#loudest
    const silent = [...this.#reported.keys()].filter((member) => !loudest.has(member))
    const changed = [...loudest].filter(([member, level]) => this.#reported.get(member) !== level)
    this.#reported = loudest
    this.#loudest = new Map()
    return [...changed, ...silent.map((member) => [member, 0] as const)]
  }
}
