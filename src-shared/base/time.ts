/** Time as the protocol and the machines see it. Nothing here reads a clock. */

declare const unit: unique symbol

/** Milliseconds since 1970-01-01T00:00Z; `u64` on the wire. */
export type UnixMs = number & { readonly [unit]?: 'unix-ms' }

/** A span of milliseconds. */
export type Ms = number & { readonly [unit]?: 'ms' }

export const SECOND: Ms = 1000
export const MINUTE: Ms = 60 * SECOND
export const HOUR: Ms = 60 * MINUTE
export const DAY: Ms = 24 * HOUR

/** What the shells of the state machines ask for time; tests bring one that they advance by hand. */
export interface Clock {
  now(): UnixMs
  /** Calls back once after `delay`; the returned function cancels. */
  after(delay: Ms, callback: () => void): () => void
}
