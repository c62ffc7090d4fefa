/** Byte strings: comparing, joining and showing them. Codecs live in `reader.ts` and `writer.ts`. */

export type Bytes = Uint8Array

/** `true` if both have the same length and content. Not constant-time: for public values only. */
export function equalBytes(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Compares as unsigned bytes, shorter first on a common prefix: negative, zero or positive. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const common = Math.min(a.length, b.length)
  for (let i = 0; i < common; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function concatBytes(...parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Lower-case hexadecimal; also the key under which a byte string stands in a `Map`. */
export function toHex(bytes: Bytes): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Inverse of `toHex`; throws `RangeError` on anything else. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new RangeError('not hexadecimal')
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Overwrites secrets that are no longer needed; an agreement that failed made none. Best effort: an engine may have copied them before. */
export function erase(...secrets: readonly (Bytes | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0)
}
