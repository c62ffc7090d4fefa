/**
 * What the device's life on the service needs from storage. `src-main/keychain` implements `Vault`, `src-main/store` the rest;
 * tests keep everything in memory. The stores answer at once, so that a check and the note of it are never apart:
 * nothing else runs between them.
 */
import type { Bytes } from '../../src-shared/base/bytes.ts'
import type { Result } from '../../src-shared/base/result.ts'
import type { Sensitive } from '../../src-shared/base/sensitive.ts'
import type { UnixMs } from '../../src-shared/base/time.ts'
import type { AccountId } from '../../src-shared/ipc/snapshot.ts'

/**
 * The account's and the device's secrets, once the OS keychain has opened the vault (`VaultFile`).
 * The content is `vault-content.ts`'s affair.
 */
export interface Vault {
  /** `undefined`: nothing was ever saved. */
  read(): Bytes | undefined
  /** Replaces the content as a whole; after success the content survives a power cut, after failure the old one stands. */
  write(content: Bytes): Result<undefined, 'not-stored'>
}

/** What is remembered of an account since it was first seen (R5, R7). */
export interface AccountPin {
  readonly accountPub: Bytes
  /** The handle under which the directory last showed it. */
  readonly handle: Sensitive<string>
  /** The highest version of its device list that was ever seen here. */
  readonly listVersion: number
  readonly listHash: Bytes
  /** The person compared the safety number (R8). */
  readonly verified: boolean
}

export interface PinStore {
  byAccount(accountPub: Bytes): AccountPin | undefined
  /** The account that this handle is pinned to. */
  byHandle(handle: string): AccountPin | undefined
  /** Inserts or replaces by `accountPub`. `pin.handle` points to this account from now on, and to no other. */
  save(pin: AccountPin): void
}

/** R13: which messages were accepted. Survives a restart. */
export interface ReplayStore {
  /** `false` if the pair is there already; else keeps it until `keepUntil`. Durable when it returns. */
  remember(senderCertHash: Bytes, messageId: Bytes, keepUntil: UnixMs): boolean
  /** Forgets what was kept until a time before `now`. */
  prune(now: UnixMs): void
}

/** Prekeys of this device with their private halves (R11). */
export interface StoredPrekey {
  readonly kind: 'one-time' | 'medium-term'
  /** Unique among the prekeys of this device that are stored; u32. */
  readonly id: number
  /** The signed prekey as published, 1358 bytes. */
  readonly prekey: Bytes
  readonly p256Secret: Bytes
  readonly kemSeed: Bytes
  /** `undefined` until the service has it. */
  readonly publishedAt: UnixMs | undefined
  /** When the next medium-term prekey was published in place of this one. */
  readonly supersededAt: UnixMs | undefined
  /** The push queue was empty at least once since `supersededAt`. */
  readonly queueEmptied: boolean
}

export interface PrekeyStore {
  find(kind: StoredPrekey['kind'], id: number): StoredPrekey | undefined
  /** All of one kind, without order. */
  all(kind: StoredPrekey['kind']): readonly StoredPrekey[]
  /** Inserts or replaces by `kind` and `id`, all or none. */
  save(prekeys: readonly StoredPrekey[]): void
  /** Erases the private halves for good (secure_delete where the database has it). */
  remove(kind: StoredPrekey['kind'], ids: readonly number[]): void
}

/** What the person noted about others; `Directory` puts it beside what the directory says. */
export interface Contacts {
  byAccount(accountId: AccountId): { readonly name: string; readonly blocked: boolean } | undefined
}
