import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../../src-shared/base/base64url.ts'

it('writes what Node writes, and reads it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = toBase64Url(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromBase64Url(text)).toEqual(bytes)
    }),
  )
})

it('reads nothing but what it writes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9_-]*$/), fc.base64String()), (text) => {
      const bytes = fromBase64Url(text)
      if (bytes !== undefined) expect(toBase64Url(bytes)).toBe(text)
    }),
    { numRuns: 2000 },
  )
  for (const text of ['A', 'AB', 'AAB', 'AA==', 'A+AA', 'A/AA', 'AAAA ', 'ÄAAA']) {
    expect(fromBase64Url(text)).toBeUndefined()
  }
})
