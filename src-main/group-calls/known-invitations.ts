/** The stored invitations, as read once: what is shown of them is asked for at every change of a call. */
import { equalBytes, type Bytes } from '../../src-shared/base/bytes.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { Invitation, InvitationStore } from './ports.ts'

export class KnownInvitations implements InvitationStore {
  readonly #store: InvitationStore
  #known: readonly Invitation[] | undefined

  constructor(store: InvitationStore) {
    this.#store = store
  }

  all(now: UnixMs): readonly Invitation[] {
    this.#known ??= this.#store.all(now)
    if (this.#known.some(({ expiresAt }) => expiresAt <= now)) this.#known = this.#store.all(now)
    return this.#known
  }

  save(invitation: Invitation): void {
    this.#store.save(invitation)
    this.#known = undefined
  }

  remove(groupId: Bytes): void {
    if (this.#known?.some((known) => equalBytes(known.groupId, groupId)) === false) return
    this.#store.remove(groupId)
    this.#known = undefined
  }
}
