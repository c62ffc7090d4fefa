/**
 * GHASH of GCM (NIST SP 800-38D, section 6.4) with the key's multiples computed once. noble builds them anew for each message, which is
 * most of what a packet costs there; `test/unit/crypto/srtp-gcm.test.ts` holds this one to noble's results.
 * The table look-ups depend on the data, as noble's do: not meant to withstand an attacker who shares the machine's caches.
 */
import type { Bytes } from '../base/bytes.ts'

const BLOCK = 16
const NIBBLES = 32
const WORDS = 4

export class Ghash {
  /** `value · x^(4·nibble) · H`, four big-endian words each, at `((nibble * 16) + value) * 4`. 8 KiB. */
  readonly #table = new Uint32Array(NIBBLES * 16 * WORDS)
  #y0 = 0
  #y1 = 0
  #y2 = 0
  #y3 = 0

  /** `key`: H, the encryption of the zero block. */
  constructor(key: Bytes) {
    const view = new DataView(key.buffer, key.byteOffset, BLOCK)
    let [v0, v1, v2, v3] = [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)]
    for (let bit = 0; bit < 8 * BLOCK; bit++) {
      // Bit 0 of a block is its most significant one, so bit `bit & 3` of a nibble has the value 8 >> (bit & 3).
      const mask = 8 >> (bit & 3)
      for (let value = 0; value < 16; value++) {
        if ((value & mask) !== 0) this.#add(((bit >> 2) * 16 + value) * WORDS, v0, v1, v2, v3)
      }
      // Times x, modulo x^128 + x^7 + x^2 + x + 1.
      const carry = -(v3 & 1) & 0xe1000000
      v3 = (v3 >>> 1) | (v2 << 31)
      v2 = (v2 >>> 1) | (v1 << 31)
      v1 = (v1 >>> 1) | (v0 << 31)
      v0 = (v0 >>> 1) ^ carry
    }
  }

  /** The hash of `associatedData` and `ciphertext`, each padded to whole blocks, and their lengths, into `digest`. */
  digestInto(digest: Bytes, associatedData: Bytes, ciphertext: Bytes): void {
    this.#y0 = this.#y1 = this.#y2 = this.#y3 = 0
    this.#absorb(associatedData)
    this.#absorb(ciphertext)
    const lengths = new Uint8Array(BLOCK)
    const view = new DataView(lengths.buffer)
    view.setUint32(4, 8 * associatedData.length)
    view.setUint32(12, 8 * ciphertext.length)
    this.#absorb(lengths)
    const out = new DataView(digest.buffer, digest.byteOffset, BLOCK)
    out.setUint32(0, this.#y0)
    out.setUint32(4, this.#y1)
    out.setUint32(8, this.#y2)
    out.setUint32(12, this.#y3)
  }

  erase(): void {
    this.#table.fill(0)
    this.#y0 = this.#y1 = this.#y2 = this.#y3 = 0
  }

  #add(at: number, v0: number, v1: number, v2: number, v3: number): void {
    const table = this.#table
    table[at] = (table[at] ?? 0) ^ v0
    table[at + 1] = (table[at + 1] ?? 0) ^ v1
    table[at + 2] = (table[at + 2] ?? 0) ^ v2
    table[at + 3] = (table[at + 3] ?? 0) ^ v3
  }

  #absorb(data: Bytes): void {
    const whole = data.length - (data.length % BLOCK)
    this.#absorbBlocks(new DataView(data.buffer, data.byteOffset, whole))
    if (whole === data.length) return
    const last = new Uint8Array(BLOCK)
    last.set(data.subarray(whole))
    this.#absorbBlocks(new DataView(last.buffer))
  }

  #absorbBlocks(blocks: DataView): void {
    const table = this.#table
    let [y0, y1, y2, y3] = [this.#y0, this.#y1, this.#y2, this.#y3]
    for (let at = 0; at < blocks.byteLength; at += BLOCK) {
      const x = [
        y0 ^ blocks.getUint32(at),
        y1 ^ blocks.getUint32(at + 4),
        y2 ^ blocks.getUint32(at + 8),
        y3 ^ blocks.getUint32(at + 12),
      ]
      y0 = y1 = y2 = y3 = 0
      let row = 0
      for (const word of x) {
        for (let shift = 28; shift >= 0; shift -= 4) {
          const entry = row + ((word >>> shift) & 15) * WORDS
          y0 ^= table[entry] ?? 0
          y1 ^= table[entry + 1] ?? 0
          y2 ^= table[entry + 2] ?? 0
          y3 ^= table[entry + 3] ?? 0
          row += 16 * WORDS
        }
      }
    }
    this.#y0 = y0
    this.#y1 = y1
    this.#y2 = y2
    this.#y3 = y3
  }
}
