/** Settings take effect at once; this says so for a moment. */
import type { Settings } from '../../../src-shared/ipc/snapshot.ts'
import { request } from '../../bridge/sightline.ts'
import { attempt } from '../notices/notices.svelte.ts'

const SHOWN_MS = 2000

class Saved {
  #shown = $state(false)
  #timer: ReturnType<typeof setTimeout> | undefined

  get shown(): boolean {
    return this.#shown
  }

  show(): void {
    clearTimeout(this.#timer)
    this.#shown = true
    this.#timer = setTimeout(() => {
      this.#shown = false
    }, SHOWN_MS)
  }
}

export const saved = new Saved()

export async function save(change: Partial<Settings>): Promise<void> {
  if (await attempt(request('settings.update', change).then(() => true))) saved.show()
}
