/** Asks the service whether a handle is free, a moment after the last key. Answers that come late are not shown. */
import { normaliseHandle } from '../../../src-shared/identity/handle.ts'
import { request } from '../../bridge/sightline.ts'

const PAUSE_MS = 300

export type HandleState = 'empty' | 'checking' | 'free' | 'taken' | 'invalid' | 'offline'

export class HandleCheck {
  #state = $state<HandleState>('empty')
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0

  get state(): HandleState {
    return this.#state
  }

  typed(text: string): void {
    clearTimeout(this.#timer)
    const asked = ++this.#asked
    if (text.trim() === '') {
      this.#state = 'empty'
      return
    }
    // Said after the pause too: nobody wants to be corrected in the middle of a word.
    this.#state = 'checking'
    this.#timer = setTimeout(() => {
      void this.#ask(text, asked)
    }, PAUSE_MS)
  }

  /** What the service said when the account was to be made. */
  refused(state: 'taken' | 'invalid' | 'offline'): void {
    this.#asked++
    this.#state = state
  }

  async #ask(text: string, asked: number): Promise<void> {
    const handle = normaliseHandle(text)
    const state =
      handle === undefined
        ? ('invalid' as const)
        : await request('account.checkHandle', handle).catch(() => 'offline' as const)
    if (asked === this.#asked) this.#state = state
  }
}
