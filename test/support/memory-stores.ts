/** The ports of `src-main/account/ports.ts` in memory. A `restart` in a test keeps these and makes everything else anew. */
import { toHex } from '../../src-shared/base/bytes.ts'
import { failure, success } from '../../src-shared/base/result.ts'
import type {
  AccountPin,
  Contacts,
  PinStore,
  PrekeyStore,
  ReplayStore,
  StoredPrekey,
  Vault,
} from '../../src-main/account/ports.ts'

export class MemoryVault implements Vault {
  content: Uint8Array | undefined
  full = false

  read(): Uint8Array | undefined {
    return this.content
  }

  write(content: Uint8Array): ReturnType<Vault['write']> {
    if (this.full) return failure('not-stored')
    this.content = content.slice()
    return success(undefined)
  }
}

export class MemoryPins implements PinStore {
  readonly #accounts = new Map<string, AccountPin>()
  readonly #handles = new Map<string, string>()

  byAccount(accountPub: Uint8Array): AccountPin | undefined {
    return this.#accounts.get(toHex(accountPub))
  }

  byHandle(handle: string): AccountPin | undefined {
    const account = this.#handles.get(handle)
    return account === undefined ? undefined : this.#accounts.get(account)
  }

  save(pin: AccountPin): void {
    this.#accounts.set(toHex(pin.accountPub), pin)
    this.#handles.set(pin.handle.reveal(), toHex(pin.accountPub))
  }
}

export class MemoryReplays implements ReplayStore {
  readonly kept = new Map<string, number>()

  remember(senderCertHash: Uint8Array, messageId: Uint8Array, keepUntil: number): boolean {
    const key = `${toHex(senderCertHash)} ${toHex(messageId)}`
    if (this.kept.has(key)) return false
    this.kept.set(key, keepUntil)
    return true
  }

  prune(now: number): void {
    for (const [key, until] of this.kept) if (until < now) this.kept.delete(key)
  }
}

export class MemoryPrekeys implements PrekeyStore {
  #prekeys: StoredPrekey[] = []

  find(kind: StoredPrekey['kind'], id: number): StoredPrekey | undefined {
    return this.#prekeys.find((key) => key.kind === kind && key.id === id)
  }

  all(kind: StoredPrekey['kind']): readonly StoredPrekey[] {
    return this.#prekeys.filter((key) => key.kind === kind)
  }

  save(prekeys: readonly StoredPrekey[]): void {
    for (const prekey of prekeys) {
      this.remove(prekey.kind, [prekey.id])
      this.#prekeys.push(prekey)
    }
  }

  remove(kind: StoredPrekey['kind'], ids: readonly number[]): void {
    this.#prekeys = this.#prekeys.filter((key) => key.kind !== kind || !ids.includes(key.id))
  }
}

export class MemoryContacts implements Contacts {
  readonly people = new Map<string, { name: string; blocked: boolean }>()

  byAccount(accountId: string): { name: string; blocked: boolean } | undefined {
    return this.people.get(accountId)
  }
}
