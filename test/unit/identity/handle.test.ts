import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HANDLE_MAX, isHandle, normaliseHandle } from '../../../src-shared/identity/handle.ts'

describe('handle', () => {
  it.each([
    ['alice', 'alice'],
    ['  Alice.B_c-9 ', 'alice.b_c-9'],
    ['Ａｌｉｃｅ', 'alice'],
    ['Alice@Example.ORG', 'alice@example.org'],
    ['first.last+call@mail.example.org', 'first.last+call@mail.example.org'],
    ['+tag@example.org', '+tag@example.org'],
    ['root@localhost', 'root@localhost'],
    ['+49 (170) 123-45.67', '+491701234567'],
  ])('%s is spelled %s', (typed, spelled) => {
    expect(normaliseHandle(typed)).toBe(spelled)
    expect(isHandle(spelled)).toBe(true)
  })

  it.each([
    '',
    'ab',
    'a'.repeat(33),
    'al ice',
    'аlice' /* a Cyrillic letter */,
    'alice!',
    'alice\u202e',
    '+12',
    '+0123456789',
    '+1234567890123456',
    '0170 1234567',
    '@example.org',
    'alice@',
    'alice@@example.org',
    'alice@exa mple.org',
    'alice@-example.org',
    'alice@example..org',
    '.alice@example.org',
    `${'a'.repeat(65)}@example.org`,
    `alice@${'a'.repeat(64)}.org`,
    'a'.repeat(100_000),
  ])('%j is none', (typed) => {
    expect(normaliseHandle(typed)).toBeUndefined()
  })

  it('has one spelling, short enough for the wire, whatever is typed', () => {
    const near = fc
      .array(fc.constantFrom('a', 'Z', '0', '.', '@', '+', '-', '_', ' ', '\u00e9', '\uff21', '\u0130', '\u2126'), {
        maxLength: 40,
      })
      .map((letters) => letters.join(''))
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary', maxLength: 60 }), fc.emailAddress()), (typed) => {
        const handle = normaliseHandle(typed)
        if (handle === undefined) return true
        return normaliseHandle(handle) === handle && /^[\x21-\x7e]+$/.test(handle) && handle.length <= HANDLE_MAX
      }),
      { numRuns: 5000 },
    )
  })
})
