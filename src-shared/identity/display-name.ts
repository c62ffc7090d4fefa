/**
 * What somebody calls oneself, made fit to be shown beside one's own handle (docs/protocol.md, section 3.8). A name is a claim:
 * anyone may choose anyone's. What this takes out is what would let it look like something else than a name.
 */

/** Bytes of UTF-8 on the wire. */
export const CLAIMED_NAME_MAX = 128
/** Characters on the screen, in code points. */
const SHOWN_MAX = 64

/** U+0085 and U+2800 look like white space too, and `\s` does not have them. */
const BLANK = /[\s\u0085\u2800]/gu
/** Controls, bidirectional ones too, private use and whatever shows nothing; but the joiners, which scripts and emoji need, and U+FE0F. */
const HIDDEN = /(?!\u200c|\u200d|\ufe0f)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu
/** More marks on one letter than any script stacks would reach over the lines above and below. */
const HEAP_OF_MARKS = /(\p{M}{4})\p{M}+/gu
const VISIBLE = /[^\s\p{M}\u200c\u200d]/u

/** `undefined`: there is nothing to show. */
export function displayName(claimed: string): string | undefined {
  const plain = claimed.replace(BLANK, ' ').replace(HIDDEN, '').normalize('NFC').replace(HEAP_OF_MARKS, '$1')
  const characters = Array.from(plain.replace(/ {2,}/g, ' ').trim())
  const head = characters
    .slice(0, SHOWN_MAX - 1)
    .join('')
    .trim()
  const shown = characters.length > SHOWN_MAX ? `${head}…` : characters.join('')
  return VISIBLE.test(shown) ? shown : undefined
}

/** The own name as it goes on the wire: what others would show of it, cut at a character where it is too long. */
export function claimedName(own: string): string {
  let name = ''
  let bytes = 0
  for (const character of displayName(own) ?? '') {
    bytes += new TextEncoder().encode(character).length
    if (bytes > CLAIMED_NAME_MAX) break
    name += character
  }
  return displayName(name) ?? ''
}
