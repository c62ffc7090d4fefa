/** What this side shares in a call, as state. Lives as long as the call's media. */
import type { OwnMedia, ScreenContent } from '../../devices/media-session.ts'

export class Sharing {
  readonly #session: () => OwnMedia
  #isOn = $state(false)

  constructor(session: () => OwnMedia) {
    this.#session = session
  }

  /** Whether a screen or window is captured. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** What main was told that the person picked. `false`: it cannot be captured, and what was shared before goes on. */
  async begin(content: ScreenContent): Promise<boolean> {
    const began = await this.#session().shareScreen(content)
    if (began) this.#isOn = true
    return began
  }

  end(): void {
    this.#isOn = false
    this.#session().stopScreen()
  }

  /** It is not there any more. */
  lost(): void {
    this.#isOn = false
  }
}
