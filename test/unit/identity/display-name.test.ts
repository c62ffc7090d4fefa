import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLAIMED_NAME_MAX, claimedName, displayName } from '../../../src-shared/identity/display-name.ts'

const bytesOf = (text: string): number => new TextEncoder().encode(text).length
/** All of Unicode, with what can hide or turn a name more often than chance would bring it. */
const names = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(
        '\u202e',
        '\u2066',
        '\u200d',
        '\u200b',
        '\ufe0f',
        '\n',
        ' ',
        '\u0301',
        '\u0301\u0316\u0327',
        '\ud800',
        '…',
      ),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''))

describe('a claimed name', () => {
  it.each([
    ['Mara Lind'],
    ['Øyvind Åsén'],
    ['李小龍'],
    ['محمد'],
    ['علی\u200cرضا'],
    ['क्षितिज'],
    ['Zoë 👩‍🚀'],
    ['❤️'],
    ["O'Brien-Müller (work)"],
  ])('is shown as it is: %s', (name) => {
    expect(displayName(name)).toBe(name)
  })

  it.each([
    ['line breaks', 'Mara\r\nLind\u2028x\u0085y', 'Mara Lind x y'],
    ['control characters', 'Ma\u0000ra\u001b[31m\u007f', 'Mara[31m'],
    [
      'bidi overrides, embeddings, isolates and marks',
      '\u202eanna\u202c \u2066b\u2069\u200e\u200f\u061c\u202a',
      'anna b',
    ],
    ['what shows nothing', 'Ma\u200bra\ufeff\u00ad\u2060\u3164\u{e0041}', 'Mara'],
    ['private use', 'Mara \ue000\u{f0000}✓', 'Mara ✓'],
    ['a lone surrogate', 'Ma\ud800ra', 'Mara'],
    ['white space around and in between', '  Mara \t\u00a0 \u2800 Lind ', 'Mara Lind'],
    ['heaps of marks', `M${'\u0316'.repeat(40)}ara`, `M${'\u0316'.repeat(4)}ara`],
    ['another spelling of a letter', 'Zoe\u0308', 'Zoë'],
  ])('loses %s', (_, name, shown) => {
    expect(displayName(name)).toBe(shown)
  })

  it.each([[''], [' \n\t'], ['\u202e\u200b'], ['\u3164\u2800'], ['\u200d\u200c'], ['\u0301'], ['\ufe0f']])(
    'counts as none where nothing can be seen: %j',
    (name) => {
      expect(displayName(name)).toBeUndefined()
    },
  )

  it('is cut to 64 characters, whole ones', () => {
    expect(displayName('a'.repeat(64))).toBe('a'.repeat(64))
    expect(displayName('a'.repeat(65))).toBe(`${'a'.repeat(63)}…`)
    expect(displayName('😀'.repeat(70))).toBe(`${'😀'.repeat(63)}…`)
  })

  it('fits on one line, hides nothing and does not change when it is prepared again', () => {
    fc.assert(
      fc.property(names, (name) => {
        const shown = displayName(name)
        if (shown === undefined) return
        expect(Array.from(shown).length).toBeLessThanOrEqual(64)
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|^\s|\s$|\s\s/u)
        expect(displayName(shown)).toBe(shown)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the own name', () => {
  it('goes out as others show it, and never too long', () => {
    expect(claimedName(' Mara\u202e Lind ')).toBe('Mara Lind')
    expect(claimedName('\u200b')).toBe('')
    expect(claimedName('李'.repeat(60))).toBe('李'.repeat(42))
    fc.assert(
      fc.property(names, (name) => {
        const sent = claimedName(name)
        expect(bytesOf(sent)).toBeLessThanOrEqual(CLAIMED_NAME_MAX)
        expect(displayName(sent) ?? '').toBe(sent)
      }),
      { numRuns: 2000 },
    )
  })
})
