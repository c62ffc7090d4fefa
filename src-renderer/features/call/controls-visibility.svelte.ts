/** The call's controls leave after three seconds without a movement, a key or a focus, and return with any of them. */

const REST_MS = 3000

export class ControlsVisibility {
  #visible = $state(true)
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #mayLeave: () => boolean

  /** `mayLeave` is reactive: while it is false, for example with a menu open, the controls stay. Made inside a component. */
  constructor(mayLeave: () => boolean) {
    this.#mayLeave = mayLeave
    $effect(() => {
      if (this.#mayLeave()) this.wake()
      else this.#stay()
      return () => {
        clearTimeout(this.#timer)
      }
    })
  }

  get visible(): boolean {
    return this.#visible
  }

  wake(): void {
    this.#stay()
    if (!this.#mayLeave()) return
    this.#timer = setTimeout(() => {
      this.#visible = false
    }, REST_MS)
  }

  #stay(): void {
    clearTimeout(this.#timer)
    this.#visible = true
  }
}
