/**
 * What the app says in passing: toasts, which are seen and heard, and announcements, which screen readers alone hear.
 * One for each window; lives as long as it.
 */
import { untrack } from 'svelte'
import { t } from '../../app/language/language.svelte.ts'

const SHOWN_MS = 4000

interface Toast {
  readonly id: number
  readonly text: string
}

class Notices {
  #toasts = $state.raw<readonly Toast[]>([])
  #spoken = $state('')
  #next = 0

  get toasts(): readonly Toast[] {
    return this.#toasts
  }

  get spoken(): string {
    return this.#spoken
  }

  show(text: string): void {
    const id = this.#next++
    // Effects speak too, and must not come to depend on what was said before.
    this.#toasts = [...untrack(() => this.#toasts).filter((toast) => toast.text !== text), { id, text }]
    setTimeout(() => {
      this.#toasts = this.#toasts.filter((toast) => toast.id !== id)
    }, SHOWN_MS)
  }

  say(text: string): void {
    // A live region stays silent when its text does not change: the same words again get an invisible difference.
    this.#spoken = untrack(() => this.#spoken) === text ? `${text}\u200b` : text
  }
}

export const notices = new Notices()

/** Runs something that the person asked for. If it fails, says so: nobody should wonder whether a click counted. */
export async function attempt<Value>(work: Promise<Value>): Promise<{ readonly value: Value } | undefined> {
  try {
    return { value: await work }
  } catch {
    notices.show(t('action.failed'))
    return undefined
  }
}

/** Copies and says so. */
export async function copy(text: string, said: string): Promise<void> {
  if (await attempt(navigator.clipboard.writeText(text).then(() => true))) notices.show(said)
}
