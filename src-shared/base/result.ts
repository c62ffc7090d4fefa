/** The outcome of an operation that can fail for reasons that a caller tells apart. */

export type Result<Value, Reason extends string> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: Reason }

export function success<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value }
}

export function failure<Reason extends string>(reason: Reason): { readonly ok: false; readonly reason: Reason } {
  return { ok: false, reason }
}

/** Ends an exhaustive `switch`: a case that was forgotten is a type error here. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`)
}
