/** What the playout worklet and the media worker say to each other. */

export type ToPlayout =
  /** Mono, 48 kHz; 960 samples for each unit that was asked for, in order. */
  { readonly kind: 'sound'; readonly samples: Float32Array<ArrayBuffer> }

export type FromPlayout =
  /** `aheadMs`: what is played before the first unit of this demand. `underruns`: up to now. */
  { readonly kind: 'demand'; readonly units: number; readonly aheadMs: number; readonly underruns: number }
