/** base64url without padding (RFC 4648 section 5). */
import type { Bytes } from './bytes.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export function toBase64Url(bytes: Bytes): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff
    held += 8
    for (; held >= 6; held -= 6) text += ALPHABET.charAt((bits >> (held - 6)) & 63)
  }
  return held === 0 ? text : text + ALPHABET.charAt((bits << (6 - held)) & 63)
}

/** `undefined` for everything that `toBase64Url` does not make: padding, foreign characters, bits left over that are not zero. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8))
  let bits = 0
  let held = 0
  let at = 0
  for (const character of text) {
    const value = ALPHABET.indexOf(character)
    if (value < 0) return undefined
    bits = ((bits << 6) | value) & 0xffff
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[at++] = bits >> held
    }
  }
  const left = bits & ((1 << held) - 1)
  return held < 6 && left === 0 ? bytes : undefined
}
