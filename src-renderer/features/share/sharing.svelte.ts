/** What this side shares in a call, as state. Lives as long as the call's media. */
import type { OwnMedia, ScreenContent, Shared } from '../../devices/media-session.ts'

export class Sharing {
  readonly #session: () => OwnMedia
  #shared = $state<Shared | undefined>()
  #picks = $state(0)

  constructor(session: () => OwnMedia) {
    this.#session = session
  }

  /** Whether a screen or window is captured. */
  get isOn(): boolean {
    return this.#shared !== undefined
  }

  /** Whether what the computer plays is captured as well. */
  get hasSound(): boolean {
    return this.#shared === 'picture-and-sound'
  }

  /** Another number for each pick; `undefined`: nothing is shared. */
  get pick(): number | undefined {
    return this.isOn ? this.#picks : undefined
  }

  /** What main was told that the person picked. `undefined`: it cannot be captured, and what was shared before goes on. */
  async begin(content: ScreenContent, withSound: boolean): Promise<Shared | undefined> {
    const shared = await this.#session().shareScreen(content, withSound)
    if (shared === undefined) return undefined
    this.#shared = shared
    this.#picks += 1
    return shared
  }

  /** With what is shared in the call before this one, which may end then. */
  goOn(before: Sharing): void {
    const capture = before.#session().copyScreen()
    if (capture !== undefined) this.#shared = this.#session().adoptScreen(capture)
  }

  end(): void {
    this.#shared = undefined
    this.#session().stopScreen()
  }

  /** It is not there any more. */
  lost(): void {
    this.#shared = undefined
  }

  /** Its sound is not there any more. */
  soundLost(): void {
    if (this.#shared !== undefined) this.#shared = 'picture'
  }
}
