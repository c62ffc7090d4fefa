/** The curves by the one or the other, for what must not depend on it. */
import * as crypto from 'node:crypto'
import { choosePrimitives, primitives } from '../../src-shared/crypto/chosen-primitives.ts'
import { opensslPrimitives } from '../../src-shared/crypto/openssl.ts'
import type { Primitives } from '../../src-shared/crypto/primitives.ts'

export const OPENSSL = opensslPrimitives(crypto)

export function withPrimitives<Value>(used: Primitives, work: () => Value): Value {
  const before = primitives()
  choosePrimitives(used)
  try {
    return work()
  } finally {
    choosePrimitives(before)
  }
}
