/** From a keychain that may be missing or locked to an open vault and database. Overwrites nothing that it cannot open. */
import { randomBytes } from 'node:crypto'
import type { KeychainProblem } from '../../src-shared/ipc/snapshot.ts'
import { openOsKeychain, passwordStoreOf, waitForUnlock } from '../keychain/os-keychain.ts'
import { VaultFile } from '../keychain/vault-file.ts'
import type { StoreProblem } from '../store/database.ts'
import type { openStore, Store } from '../store/store.ts'
import type { Log } from './log.ts'
import type { ProfileFolder } from './profile.ts'

export interface SealedState {
  readonly vault: VaultFile
  readonly store: Store
}

export interface StartupOptions {
  readonly profile: ProfileFolder
  readonly log: Log
  /** What stands in the way, until `retry` or until the keychain is unlocked. */
  readonly show: (problem: KeychainProblem | undefined) => void
  /** Resolves when the person asked to try again. */
  readonly retry: () => Promise<void>
}

/** What no retry inside the app mends: the disk is full or read-only, or a newer version wrote the files. */
export class UnusableProfileError extends Error {
  override readonly name = 'UnusableProfileError'
  readonly problem: 'full' | 'newer' | 'failed'

  constructor(problem: 'full' | 'newer' | 'failed') {
    super(problem)
    this.problem = problem
  }
}

/** Comes back only with everything open. */
export async function openSealedState(options: StartupOptions): Promise<SealedState> {
  // The native module loads while the keychain answers.
  const storeModule = import('../store/store.ts')
  for (;;) {
    const opened = await tryOpen(options, storeModule)
    if (typeof opened === 'object') {
      options.show(undefined)
      return opened
    }
    options.log.warn({ problem: opened }, 'the profile cannot be opened')
    options.show(opened)
    await untilWorthTrying(opened, options)
  }
}

async function tryOpen(
  { profile, log }: StartupOptions,
  storeModule: Promise<{ readonly openStore: typeof openStore }>,
): Promise<SealedState | KeychainProblem> {
  const keychain = await openOsKeychain()
  if (keychain.kind !== 'open') return keychain.kind
  const vault = VaultFile.open(profile.at('account'), keychain.sealer, (length) => new Uint8Array(randomBytes(length)))
  if (!vault.ok) {
    if (vault.reason === 'not-stored') throw new UnusableProfileError('failed')
    return vault.reason
  }
  if (keychain.backend !== undefined) profile.rememberPasswordStore(passwordStoreOf(keychain.backend))
  const store = (await storeModule).openStore(profile.at('account/sightline.db'), vault.value.databaseKey())
  if (!store.ok) {
    log.error({ problem: store.reason }, 'the database cannot be opened')
    return databaseProblem(store.reason)
  }
  if (vault.value.read() === undefined && store.value.meta.get('account') !== undefined) {
    // There was an account, and its vault is gone: a new one would bury it.
    store.value.close()
    return 'damaged'
  }
  return { vault: vault.value, store: store.value }
}

function databaseProblem(problem: StoreProblem): KeychainProblem {
  switch (problem) {
    case 'wrong-key':
    case 'damaged':
      return 'damaged'
    case 'full':
    case 'newer':
    case 'failed':
      throw new UnusableProfileError(problem)
  }
}

/** A person who asks again; for a locked keychain also its unlocking. */
async function untilWorthTrying(problem: KeychainProblem, { retry }: StartupOptions): Promise<void> {
  if (problem !== 'locked') return retry()
  const stop = new AbortController()
  await Promise.race([retry(), waitForUnlock(stop.signal)])
  stop.abort()
}
