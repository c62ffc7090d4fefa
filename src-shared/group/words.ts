/**
 * The words of a group (docs/protocol/group.md, R37): equal words mean equal rosters. Everybody commits to a nonce before anybody shows one;
 * without that, 32 bits could be searched for a second roster with the same words.
 */
import { type Bytes, compareBytes, concatBytes, equalBytes, toHex } from '../base/bytes.ts'
import { wordsOf } from '../call/safety-words.ts'
import { equalSecrets, hash } from '../crypto/hash.ts'
import type { RecordContent } from './record-content.ts'
import type { Roster } from './roster.ts'

export function wordsCommitment(rosterHash: Bytes, certHash: Bytes, nonce: Bytes): Uint8Array {
  return hash('words commit', rosterHash, certHash, nonce)
}

interface Said {
  readonly certHash: Bytes
  commitment?: Bytes
  nonce?: Bytes
}

/** The words of one rosterHash, as one of its members. There is one round for each: whoever asks again sees the same. */
export class WordsRound {
  readonly #rosterHash: Bytes
  readonly #nonce: Bytes
  readonly #said: ReadonlyMap<string, Said>
  readonly #own: Bytes

  /** `nonce`: 32 random bytes, shown to nobody before `reveal` gives it. */
  constructor({ head, members }: Pick<Roster, 'head' | 'members'>, ownCertHash: Bytes, nonce: Bytes) {
    this.#rosterHash = head
    this.#own = ownCertHash
    this.#nonce = nonce
    this.#said = new Map(members.map(({ certHash }) => [toHex(certHash), { certHash }]))
    this.takeCommit(ownCertHash, head, wordsCommitment(head, ownCertHash, nonce))
  }

  get rosterHash(): Bytes {
    return this.#rosterHash
  }

  get commit(): RecordContent {
    const commitment = wordsCommitment(this.#rosterHash, this.#own, this.#nonce)
    return { type: 'words-commit', rosterHash: this.#rosterHash, commitment }
  }

  /** To be sent when it first is there: everyone has committed. Showing it sooner would let the last one choose. */
  get reveal(): RecordContent | undefined {
    if (![...this.#said.values()].every(({ commitment }) => commitment !== undefined)) return undefined
    return { type: 'words-reveal', rosterHash: this.#rosterHash, nonce: this.#nonce }
  }

  /** The first of each member counts: a second one could be chosen after others revealed. */
  takeCommit(certHash: Bytes, rosterHash: Bytes, commitment: Bytes): void {
    const said = this.#saidBy(certHash, rosterHash)
    if (said !== undefined) said.commitment ??= commitment
  }

  /** `mismatch`: not what this member committed to; it tries to make words. */
  takeReveal(certHash: Bytes, rosterHash: Bytes, nonce: Bytes): 'taken' | 'ignored' | 'mismatch' {
    const said = this.#saidBy(certHash, rosterHash)
    if (said?.commitment === undefined) return 'ignored'
    if (!equalSecrets(said.commitment, wordsCommitment(rosterHash, certHash, nonce))) return 'mismatch'
    said.nonce = nonce
    return 'taken'
  }

  /** When everyone has revealed. */
  get words(): string[] | undefined {
    const shown = [...this.#said.values()].map(({ certHash, nonce }) =>
      equalBytes(certHash, this.#own) ? { certHash, nonce: this.#nonce } : { certHash, nonce },
    )
    const parts: Bytes[] = []
    for (const { certHash, nonce } of shown) {
      if (nonce === undefined) return undefined
      parts.push(concatBytes(certHash, nonce))
    }
    if (this.reveal === undefined) return undefined
    return wordsOf(hash('words', this.#rosterHash, ...parts.sort(compareBytes)))
  }

  #saidBy(certHash: Bytes, rosterHash: Bytes): Said | undefined {
    return equalBytes(rosterHash, this.#rosterHash) ? this.#said.get(toHex(certHash)) : undefined
  }
}
