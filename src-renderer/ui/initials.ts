/** What stands in an avatar: up to two letters, and one of the eight colours that a person keeps. */

const COLOURS = 8

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function firstLetter(word: string): string {
  for (const { segment } of segments.segment(word))
    if (/[\p{L}\p{N}]/u.test(segment)) return segment.toLocaleUpperCase()
  return ''
}

/** First letters of the first and the last word; one for a single word, and for scripts without capitals. */
export function initials(name: string): string {
  const letters = name
    .trim()
    .split(/[\s@._-]+/u)
    .map(firstLetter)
    .filter((letter) => letter !== '')
  const [first = '', ...rest] = letters
  const last = rest.at(-1) ?? ''
  // Arabic letters would join into a word that nobody wrote, and two Han characters fill the circle.
  return /[\p{Lo}]/u.test(first) ? first : first + last
}

/** FNV-1a over the characters: stable over restarts and machines. */
export function personColour(id: string): number {
  let hash = 0x811c9dc5
  for (const character of id.toLowerCase()) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return (hash >>> 8) % COLOURS
}
