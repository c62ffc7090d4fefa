/** The newest snapshot of the main process, as state that components read. Lives as long as the window. */
import type { Snapshot } from '../../src-shared/ipc/snapshot.ts'
import { on, request } from './sightline.ts'

class LiveSnapshot {
  #current = $state.raw<Snapshot | undefined>()

  get current(): Snapshot | undefined {
    return this.#current
  }

  /** Follows every change from now on; resolves when the first one is here. */
  async follow(): Promise<void> {
    // Subscribed before the question: what is pushed while the answer is under way is newer than the answer.
    on('snapshot', (snapshot) => {
      this.#current = snapshot
    })
    const first = await request('snapshot.get', undefined)
    this.#current ??= first
  }
}

export const live = new LiveSnapshot()
