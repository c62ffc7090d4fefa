/**
 * How large a picture this computer manages to encode: smaller while frames have to be left out because the encoder is
 * busy, larger again after a while without. Calls that eat the whole computer are what people complain about most.
 */

/** Frames; about a second. */
const WINDOW = 30
/** Share of a window's frames that were left out. */
const OVERLOADED = 0.2
/** Windows in a row. One alone is a stall, as when a call begins and all codecs start at once; a smaller picture would not have helped. */
const ENDURED = 2
/** Windows without any that are waited for before a larger picture is tried; doubled each time it was too much. */
const CALM_WINDOWS = 10
const MAX_CALM_WINDOWS = 80

export class LoadControl {
  /** Of the shorter side, pixels, largest first. */
  readonly #heights: readonly number[]
  #step = 0
  #frames = 0
  #leftOut = 0
  #overloaded = 0
  #calm = 0
  #patience = CALM_WINDOWS

  constructor(heights: readonly number[]) {
    this.#heights = heights
  }

  get maxHeight(): number {
    return this.#heights[this.#step] ?? 0
  }

  /** A frame was captured, and encoded or left out. */
  captured(leftOut: boolean): void {
    this.#frames += 1
    if (leftOut) this.#leftOut += 1
    if (this.#frames < WINDOW) return
    const share = this.#leftOut / this.#frames
    this.#frames = 0
    this.#leftOut = 0
    this.#overloaded = share > OVERLOADED ? this.#overloaded + 1 : 0
    if (this.#overloaded === ENDURED) this.#smaller()
    else if (this.#overloaded === 0) this.#larger(share === 0)
  }

  #smaller(): void {
    if (this.#calm < this.#patience) this.#patience = Math.min(MAX_CALM_WINDOWS, this.#patience * 2)
    this.#step = Math.min(this.#heights.length - 1, this.#step + 1)
    this.#calm = 0
    this.#overloaded = 0
  }

  #larger(calm: boolean): void {
    this.#calm = calm ? this.#calm + 1 : 0
    if (this.#calm < this.#patience || this.#step === 0) return
    this.#step -= 1
    this.#calm = 0
  }
}
