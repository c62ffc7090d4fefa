/** What a parser of foreign bytes must survive: valid messages cut, extended and altered, and noise. */
import fc from 'fast-check'
import { expect } from 'vitest'

/** A valid message with a few changes, or bytes without any sense. */
export function foreignBytes(...valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const message = fc.constantFrom(...valid)
  const flipped = fc
    .tuple(message, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }))
    .map(([bytes, flips]) => {
      const changed = bytes.slice()
      for (const [at, by] of flips) changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ by
      return changed
    })
  const cut = fc.tuple(message, fc.nat()).map(([bytes, to]) => bytes.subarray(0, to % bytes.length))
  const extended = fc
    .tuple(message, fc.uint8Array({ minLength: 1, maxLength: 8 }))
    .map(([bytes, more]) => Uint8Array.of(...bytes, ...more))
  return fc.oneof(flipped, cut, extended, fc.uint8Array({ maxLength: 4000 }))
}

/**
 * A parser answers `undefined` or a value that encodes to exactly the same bytes; it never throws.
 * `encode` is left out where the bytes themselves are part of the value.
 */
export function expectClosed<Value>(
  parse: (bytes: Uint8Array) => Value | undefined,
  encode: (value: Value) => Uint8Array,
  valid: readonly Uint8Array[],
  runs = 3000,
): void {
  for (const bytes of valid) {
    const value = parse(bytes)
    expect(value).toBeDefined()
    if (value !== undefined) expect(encode(value)).toEqual(bytes)
    expect(parse(bytes.subarray(0, -1))).toBeUndefined()
  }
  fc.assert(
    fc.property(foreignBytes(...valid), (bytes) => {
      const value = parse(bytes)
      if (value === undefined) return true
      return Buffer.compare(encode(value), bytes) === 0
    }),
    { numRuns: runs },
  )
}
