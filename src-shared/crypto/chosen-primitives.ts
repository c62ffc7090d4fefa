/** A process chooses its primitives once, in its composition root. Nothing else may depend on which ones run. */
import { PORTABLE } from './portable.ts'
import type { Primitives } from './primitives.ts'

let chosen: Primitives = PORTABLE

export function choosePrimitives(primitives: Primitives): void {
  chosen = primitives
}

export function primitives(): Primitives {
  return chosen
}
