/** Looks someone up who is not in the list, and keeps what came of it for as long as they are shown. */
import type { FindOutcome } from '../../../src-shared/ipc/contract.ts'
import { request } from '../../bridge/sightline.ts'
import { attempt } from '../notices/notices.svelte.ts'

export class Lookup {
  readonly handle: string
  #outcome = $state.raw<FindOutcome | undefined>()

  constructor(handle: string) {
    this.handle = handle
    void this.again()
  }

  /** `undefined` while the answer is under way. */
  get outcome(): FindOutcome | undefined {
    return this.#outcome
  }

  async again(): Promise<void> {
    this.#outcome = undefined
    const answer = await attempt(request('contact.find', this.handle))
    this.#outcome = answer?.value ?? { kind: 'offline' }
  }

  async acceptNewKey(): Promise<void> {
    const answer = await attempt(request('contact.acceptNewKey', this.handle))
    if (answer) this.#outcome = answer.value
  }
}
