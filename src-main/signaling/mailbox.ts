/** Envelopes of one connection, handed to the listeners one after another; each is acknowledged when they are done with it. */
import type { Bytes } from '../../src-shared/base/bytes.ts'

/** The service sends 16 before it waits for acknowledgements; many more is not our service. */
const PENDING_MAX = 64

export type EnvelopeListener = (envelope: Bytes) => Promise<void>

export class Mailbox {
  readonly #listeners: ReadonlySet<EnvelopeListener>
  readonly #acknowledge: (queueId: number) => void
  #pending: { readonly queueId: number; readonly envelope: Bytes }[] = []
  #working = false
  #closed = false

  constructor(listeners: ReadonlySet<EnvelopeListener>, acknowledge: (queueId: number) => void) {
    this.#listeners = listeners
    this.#acknowledge = acknowledge
  }

  /** `false` if there are more than a service may send. */
  add(queueId: number, envelope: Bytes): boolean {
    this.#pending.push({ queueId, envelope })
    void this.work()
    return this.#pending.length <= PENDING_MAX
  }

  /** Waits for a listener as long as there is none: nothing is acknowledged that nobody has seen. */
  async work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    while (!this.#closed && this.#listeners.size > 0) {
      const next = this.#pending.shift()
      if (next === undefined) break
      // Settled is dealt with, also by throwing: an envelope that nobody can open must not stop those behind it.
      await Promise.allSettled([...this.#listeners].map(async (listener) => listener(next.envelope)))
      this.#acknowledge(next.queueId)
    }
    this.#working = false
  }

  /** What waits, and what is being dealt with and cannot be acknowledged any more, comes again on the next connection. */
  close(): void {
    this.#closed = true
    this.#pending = []
  }
}
