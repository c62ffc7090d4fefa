/**
 * Linux only: asks the keyring over D-Bus whether it is unlocked, before Chromium does. Chromium's own question blocks
 * the whole main process until the person has answered the keyring's dialogue, if that ever appears; ours waits beside it.
 */
import { BusError, SessionBus } from './session-bus.ts'

export type KeyringState = 'unlocked' | 'locked' | 'absent'

/** What `safeStorage.getSelectedStorageBackend()` answers, as far as a service stands behind it. */
export type KeyringBackend = 'gnome_libsecret' | 'kwallet' | 'kwallet5' | 'kwallet6'

export interface Keyring {
  state(): Promise<KeyringState>
  /** Has the desktop show its own dialogue for unlocking. Does not wait for the person. */
  askToUnlock(): Promise<void>
  close(): void
}

/** `undefined` where there is no session bus: then no keyring can be reached at all. */
export async function connectKeyring(
  backend: KeyringBackend,
  appName: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Keyring | undefined> {
  let bus: SessionBus | undefined
  try {
    bus = await SessionBus.connect(environment)
  } catch {
    // The bus is there and answers nothing; nothing behind it can be reached either.
  }
  if (bus === undefined) return undefined
  return backend === 'gnome_libsecret' ? new SecretService(bus) : new KWallet(bus, backend, appName)
}

/** https://specifications.freedesktop.org/secret-service/latest/ */
class SecretService implements Keyring {
  readonly #bus: SessionBus

  constructor(bus: SessionBus) {
    this.#bus = bus
  }

  async state(): Promise<KeyringState> {
    const name = SECRETS.destination
    try {
      if (!(await this.#bus.hasOwner(name)) && !(await this.#bus.canStart(name))) return 'absent'
      const collection = await this.#defaultCollection()
      // No keyring yet: Chromium would make one, which asks for a password in a dialogue.
      if (collection === undefined) return 'locked'
      const [locked] = await this.#bus.call({
        destination: name,
        path: collection,
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        arguments: [
          { type: 's', value: 'org.freedesktop.Secret.Collection' },
          { type: 's', value: 'Locked' },
        ],
      })
      return locked === false ? 'unlocked' : 'locked'
    } catch (error) {
      if (error instanceof BusError) return 'locked'
      throw error
    }
  }

  async askToUnlock(): Promise<void> {
    try {
      const collection = await this.#defaultCollection()
      const [, prompt] =
        collection === undefined
          ? await this.#bus.call({
              ...SECRETS,
              member: 'CreateCollection',
              arguments: [
                { type: 'a{sv}', value: { 'org.freedesktop.Secret.Collection.Label': 'Default' } },
                { type: 's', value: 'default' },
              ],
            })
          : await this.#bus.call({
              ...SECRETS,
              member: 'Unlock',
              arguments: [{ type: 'ao', value: [collection] }],
            })
      if (typeof prompt !== 'string' || prompt === NO_OBJECT) return
      await this.#bus.call({
        destination: SECRETS.destination,
        path: prompt,
        interface: 'org.freedesktop.Secret.Prompt',
        member: 'Prompt',
        arguments: [{ type: 's', value: '' }],
      })
    } catch (error) {
      // The person unlocks it by hand, then; `state` tells when.
      if (!(error instanceof BusError)) throw error
    }
  }

  close(): void {
    this.#bus.close()
  }

  async #defaultCollection(): Promise<string | undefined> {
    const [path] = await this.#bus.call({
      ...SECRETS,
      member: 'ReadAlias',
      arguments: [{ type: 's', value: 'default' }],
    })
    return typeof path === 'string' && path !== NO_OBJECT ? path : undefined
  }
}

const NO_OBJECT = '/'
const SECRETS = {
  destination: 'org.freedesktop.secrets',
  path: '/org/freedesktop/secrets',
  interface: 'org.freedesktop.Secret.Service',
} as const

/** The `org.kde.KWallet` interface of kwalletd. */
class KWallet implements Keyring {
  readonly #bus: SessionBus
  readonly #appName: string
  readonly #target: { readonly destination: string; readonly path: string; readonly interface: string }

  constructor(bus: SessionBus, backend: 'kwallet' | 'kwallet5' | 'kwallet6', appName: string) {
    const daemon = backend.replace('kwallet', 'kwalletd')
    this.#bus = bus
    this.#appName = appName
    this.#target = { destination: `org.kde.${daemon}`, path: `/modules/${daemon}`, interface: 'org.kde.KWallet' }
  }

  async state(): Promise<KeyringState> {
    const name = this.#target.destination
    try {
      if (!(await this.#bus.hasOwner(name)) && !(await this.#bus.canStart(name))) return 'absent'
      const [enabled] = await this.#bus.call({ ...this.#target, member: 'isEnabled' })
      if (enabled !== true) return 'absent'
      const wallet = await this.#wallet()
      const [open] = await this.#bus.call({
        ...this.#target,
        member: 'isOpen',
        arguments: [{ type: 's', value: wallet }],
      })
      return open === true ? 'unlocked' : 'locked'
    } catch (error) {
      if (error instanceof BusError) return 'locked'
      throw error
    }
  }

  async askToUnlock(): Promise<void> {
    try {
      const wallet = await this.#wallet()
      await this.#bus.call({
        ...this.#target,
        member: 'openAsync',
        arguments: [
          { type: 's', value: wallet },
          { type: 'x', value: 0n },
          { type: 's', value: this.#appName },
          { type: 'b', value: false },
        ],
      })
    } catch (error) {
      if (!(error instanceof BusError)) throw error
    }
  }

  close(): void {
    this.#bus.close()
  }

  async #wallet(): Promise<string> {
    const [name] = await this.#bus.call({ ...this.#target, member: 'networkWallet' })
    if (typeof name !== 'string') throw new BusError('no wallet')
    return name
  }
}
