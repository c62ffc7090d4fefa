/** What the person is shown of group calls: whenever it has changed, and no more often than the eye needs. */
import type { Ms, UnixMs } from '../../src-shared/base/time.ts'
import type { GroupEnvironment, GroupViews } from './ports.ts'

const SHOW_EVERY: Ms = 100

export class Screen {
  readonly #environment: Pick<GroupEnvironment, 'clock' | 'show'>
  readonly #views: (now: UnixMs) => GroupViews
  #shown = ''
  #shownAt: UnixMs = 0
  #cancelShow: (() => void) | undefined

  constructor(environment: Pick<GroupEnvironment, 'clock' | 'show'>, views: (now: UnixMs) => GroupViews) {
    this.#environment = environment
    this.#views = views
  }

  /** In a large call much happens within a moment, and each view of it costs milliseconds: the first is shown at once. */
  changed(): void {
    if (this.#cancelShow !== undefined) return
    const { clock } = this.#environment
    const now = clock.now()
    if (now - this.#shownAt >= SHOW_EVERY) this.#show(now)
    else this.#cancelShow = clock.after(SHOW_EVERY, () => this.#show(clock.now()))
  }

  stop(): void {
    this.#cancelShow?.()
  }

  #show(now: UnixMs): void {
    this.#cancelShow = undefined
    this.#shownAt = now
    const views = this.#views(now)
    const shown = JSON.stringify(views)
    if (shown === this.#shown) return
    this.#shown = shown
    this.#environment.show(views)
  }
}
