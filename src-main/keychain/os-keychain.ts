/**
 * The OS keychain through Electron's `safeStorage`: macOS Keychain, Windows DPAPI, on Linux the Secret Service or KWallet.
 * Never in the clear: a keychain that is not there, or that would only scramble with a fixed password, is refused.
 */
import { app, safeStorage } from 'electron'
import { erase } from '../../src-shared/base/bytes.ts'
import { connectKeyring, type Keyring, type KeyringBackend } from './linux-keyring.ts'
import type { KeySealer } from './vault-file.ts'

export type KeychainState =
  | { readonly kind: 'open'; readonly sealer: KeySealer; readonly backend: KeyringBackend | undefined }
  | { readonly kind: 'missing' }
  | { readonly kind: 'locked' }

/** The part of `safeStorage` that the oldest and the newest Electron of this app share, which newer ones call deprecated. */
interface SynchronousStorage {
  isEncryptionAvailable(): boolean
  encryptString(text: string): Uint8Array
  decryptString(sealed: Buffer): string
}

const storage: SynchronousStorage = safeStorage

const LOOK_AGAIN_MS = 1000

/** Chromium's names for its `--password-store` switch. */
const STORES = {
  gnome_libsecret: 'gnome-libsecret',
  kwallet: 'kwallet',
  kwallet5: 'kwallet5',
  kwallet6: 'kwallet6',
} as const satisfies Record<KeyringBackend, string>

export type PasswordStore = (typeof STORES)[KeyringBackend]

export function passwordStoreOf(backend: KeyringBackend): PasswordStore {
  return STORES[backend]
}

/**
 * Linux, before `ready`: which keychain Chromium shall use. The one that sealed this profile, whatever desktop runs today;
 * for a new profile Chromium's own choice, except on desktops that it does not know, where it would not even look for
 * a Secret Service. A switch that the person gave stands.
 */
export function choosePasswordStore(remembered: PasswordStore | undefined, environment: NodeJS.ProcessEnv): void {
  if (process.platform !== 'linux' || app.commandLine.hasSwitch('password-store')) return
  const kde =
    /kde|plasma/i.test(`${environment['XDG_CURRENT_DESKTOP'] ?? ''} ${environment['DESKTOP_SESSION'] ?? ''}`) ||
    environment['KDE_FULL_SESSION'] !== undefined
  const store = remembered ?? (kde ? undefined : 'gnome-libsecret')
  if (store !== undefined) app.commandLine.appendSwitch('password-store', store)
}

/** After `ready`. Answers within seconds, whatever the keyring does. */
export async function openOsKeychain(): Promise<KeychainState> {
  if (process.platform !== 'linux') {
    return storage.isEncryptionAvailable()
      ? { kind: 'open', sealer: safeStorageSealer, backend: undefined }
      : { kind: 'missing' }
  }
  const backend = linuxBackend()
  if (backend === undefined) return { kind: 'missing' }
  const state = await withKeyring(backend, (keyring) => keyring.state())
  if (state === undefined || state === 'absent') return { kind: 'missing' }
  if (state === 'locked') return { kind: 'locked' }
  // Only now: with a locked keyring this call would block the main process until the person has answered a dialogue.
  return storage.isEncryptionAvailable() ? { kind: 'open', sealer: safeStorageSealer, backend } : { kind: 'missing' }
}

/** Has the desktop ask for the keyring's password, and resolves when the keyring is unlocked, or when `signal` aborts. */
export async function waitForUnlock(signal: AbortSignal): Promise<void> {
  const backend = process.platform === 'linux' ? linuxBackend() : undefined
  if (backend === undefined) return
  await withKeyring(backend, async (keyring) => {
    await keyring.askToUnlock()
    while (!signal.aborted && (await keyring.state()) !== 'unlocked') await pause(LOOK_AGAIN_MS, signal)
  })
}

async function withKeyring<Value>(
  backend: KeyringBackend,
  use: (keyring: Keyring) => Promise<Value>,
): Promise<Value | undefined> {
  const keyring = await connectKeyring(backend, app.name)
  if (keyring === undefined) return undefined
  try {
    return await use(keyring)
  } finally {
    keyring.close()
  }
}

/** `undefined` for `basic_text`, which stores in the clear, and for whatever a later Chromium may add. */
function linuxBackend(): KeyringBackend | undefined {
  const backend = safeStorage.getSelectedStorageBackend()
  return backend === 'basic_text' || backend === 'unknown' ? undefined : backend
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
}

/** `safeStorage` takes text; the key travels as base64. */
const safeStorageSealer: KeySealer = {
  seal: (secret) => new Uint8Array(storage.encryptString(Buffer.from(secret).toString('base64'))),
  open(sealed) {
    let text: string
    try {
      text = storage.decryptString(Buffer.from(sealed))
    } catch {
      return undefined
    }
    const decoded = Buffer.from(text, 'base64')
    const key = new Uint8Array(decoded)
    erase(decoded)
    return key
  },
}
