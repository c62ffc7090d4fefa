/** The contacts as the pages see them: what the person noted, beside what the directory and the pins say. No Electron in this file. */
import { fromHex } from '../../src-shared/base/bytes.ts'
import type { Clock } from '../../src-shared/base/time.ts'
import { normaliseHandle } from '../../src-shared/identity/handle.ts'
import { safetyNumber } from '../../src-shared/identity/safety-number.ts'
import type { FindOutcome } from '../../src-shared/ipc/contract.ts'
import type { AccountId, Contact } from '../../src-shared/ipc/snapshot.ts'
import { toHex, type Bytes } from '../../src-shared/base/bytes.ts'
import type { Result } from '../../src-shared/base/result.ts'
import type { LookupFailure, Person } from '../calls/ports.ts'
import type { Store } from '../store/store.ts'

/** What is asked of the service; there is none without an account. */
export interface PeopleDirectory {
  find(handle: string): Promise<Result<Person, LookupFailure>>
  acceptNewKey(handle: string): Promise<Result<Person, LookupFailure>>
}

export interface PeopleOptions {
  readonly store: Pick<Store, 'contacts' | 'pins'>
  readonly clock: Clock
  readonly directory: () => PeopleDirectory | undefined
  readonly ownAccountPub: () => Bytes | undefined
  /** The contacts changed. */
  readonly changed: () => void
}

export class People {
  readonly #options: PeopleOptions

  constructor(options: PeopleOptions) {
    this.#options = options
  }

  contacts(): readonly Contact[] {
    const { contacts, pins } = this.#options.store
    return contacts.all().map(({ accountId, handle, name, blocked, keyChanged }) => {
      const verified = pins.byAccount(fromHex(accountId))?.verified === true
      return {
        accountId,
        handle,
        name,
        blocked,
        verification: keyChanged ? 'key-changed' : verified ? 'verified' : 'unverified',
      }
    })
  }

  /** What the person noted about somebody, in the contacts or not. */
  known(accountId: AccountId): Pick<Contact, 'verification'> & Partial<Pick<Contact, 'name'>> {
    const contact = this.contacts().find((candidate) => candidate.accountId === accountId)
    if (contact !== undefined) return { name: contact.name, verification: contact.verification }
    const pin = this.#options.store.pins.byAccount(fromHex(accountId))
    return { verification: pin?.verified === true ? 'verified' : 'unverified' }
  }

  async find(handle: string): Promise<FindOutcome> {
    const found = await this.#options.directory()?.find(handle)
    return this.#outcome(handle, found)
  }

  /** Someone whose key changed is not added: the person decides about that first (R7). */
  async add(handle: string, name: string): Promise<FindOutcome> {
    const outcome = await this.find(handle)
    if (outcome.kind === 'found' && !outcome.keyChanged) {
      const { contacts } = this.#options.store
      contacts.add({ accountId: outcome.accountId, handle: outcome.handle, name }, this.#options.clock.now())
      this.#options.changed()
    }
    return outcome
  }

  rename(accountId: AccountId, name: string): void {
    this.#options.store.contacts.rename(accountId, name)
    this.#options.changed()
  }

  block(accountId: AccountId, blocked: boolean): void {
    this.#options.store.contacts.setBlocked(accountId, blocked)
    this.#options.changed()
  }

  /** Who is not a contact any more has to be compared with again. */
  remove(accountId: AccountId): void {
    this.#setVerified(accountId, false)
    this.#options.store.contacts.remove(accountId)
    this.#options.changed()
  }

  setVerified(accountId: AccountId, verified: boolean): void {
    this.#setVerified(accountId, verified)
    this.#options.changed()
  }

  async acceptNewKey(handle: string): Promise<FindOutcome> {
    const found = await this.#options.directory()?.acceptNewKey(handle)
    if (found?.ok === true) {
      this.#options.store.contacts.moveTo(found.value.handle.reveal(), found.value.accountId)
      this.#options.changed()
    }
    return this.#outcome(handle, found)
  }

  /** R8; `undefined` for someone whose key this device has never seen. */
  safetyNumber(accountId: AccountId): readonly string[] | undefined {
    const own = this.#options.ownAccountPub()
    const pin = this.#options.store.pins.byAccount(fromHex(accountId))
    return own && pin && safetyNumber(own, pin.accountPub)
  }

  /** R7: a call found that the key behind this handle is another one. */
  keyChanged(handle: string): void {
    this.#options.store.contacts.setKeyChanged(handle, true)
    this.#options.changed()
  }

  #setVerified(accountId: AccountId, verified: boolean): void {
    const { pins } = this.#options.store
    const pin = pins.byAccount(fromHex(accountId))
    if (pin !== undefined && pin.verified !== verified) pins.save({ ...pin, verified })
  }

  #outcome(typed: string, found: Result<Person, LookupFailure> | undefined): FindOutcome {
    const handle = normaliseHandle(typed)
    if (handle === undefined) return { kind: 'invalid' }
    if (found === undefined) return { kind: 'offline' }
    if (found.ok) {
      const { accountId } = found.value
      return { kind: 'found', accountId, handle, keyChanged: false }
    }
    switch (found.reason) {
      case 'key-changed': {
        this.keyChanged(handle)
        const pin = this.#options.store.pins.byHandle(handle)
        return pin === undefined
          ? { kind: 'refused' }
          : { kind: 'found', accountId: toHex(pin.accountPub), handle, keyChanged: true }
      }
      case 'unknown-handle':
      case 'no-devices':
        return { kind: 'unknown' }
      case 'insecure':
        return { kind: 'refused' }
      case 'offline':
      case 'self':
        return { kind: found.reason }
    }
  }
}
