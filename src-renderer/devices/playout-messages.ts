/** What the playout worklet and the media worker say to each other: sound in slots, which are asked for as they are needed. */

/** Of one slot, at 48 kHz: 10 ms. */
export const SLOT_SAMPLES = 480

export type ToPlayout =
  /** Mono, 48 kHz; `SLOT_SAMPLES` for each slot that was asked for, in order. */
  { readonly kind: 'sound'; readonly samples: Float32Array<ArrayBuffer> }

export type FromPlayout =
  /**
   * `aheadMs`: what is played before the first slot of this demand. `underruns`: up to now. `used`: what was played, to be filled
   * again; the audio thread hardly ever collects garbage, and megabytes a minute would pile up there.
   */
  {
    readonly kind: 'demand'
    readonly slots: number
    readonly aheadMs: number
    readonly underruns: number
    readonly used: readonly ArrayBuffer[]
  }
