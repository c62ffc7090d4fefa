/**
 * Everything behind the windows, once the profile is open: the account, the store, the service that is in use. Owns what lives
 * as long as the app; what lives as long as one service is in use stands in `service-session.ts`.
 */
import path from 'node:path'
import { toHex } from '../../src-shared/base/bytes.ts'
import type { CreateOutcome, HandleCheck } from '../../src-shared/ipc/contract.ts'
import type { KeychainProblem, Settings, Snapshot, Startup } from '../../src-shared/ipc/snapshot.ts'
import { addressText, parseAddress, type ServiceAddress } from '../../src-shared/protocol/service/address.ts'
import type { OwnAccount } from '../account/identity.ts'
import type { Calls } from '../calls/calls.ts'
import type { GroupCalls } from '../group-calls/group-calls.ts'
import type { ElectronMediaPorts } from '../ipc/media-ports.ts'
import type { HistoryStore } from '../store/history-store.ts'
import type { Store } from '../store/store.ts'
import { type NetworkChange, UNKNOWN_CHANGE } from '../network/network-watch.ts'
import type { AppState } from './app-state.ts'
import { type LocalService, startLocalService } from './embedded-service.ts'
import type { Log } from './log.ts'
import { People } from './people.ts'
import type { ProfileFolder } from './profile.ts'
import type { ServiceSession } from './service-session.ts'
import { openSealedState, type SealedState, UnusableProfileError } from './startup.ts'
import { systemClock } from './system.ts'

export interface RuntimeOptions {
  readonly state: AppState
  readonly profile: ProfileFolder
  readonly log: Log
  /** The folder of the built app. */
  readonly out: string
  readonly mediaPorts: ElectronMediaPorts
  /** Resolves when the person sees the app: connecting takes work from the same thread. */
  readonly shown: Promise<void>
  /** From the command line: goes before the address that was chosen in the app. */
  readonly service: string | undefined
}

export class Runtime {
  readonly #options: RuntimeOptions
  #sealed: SealedState | undefined
  #people: People | undefined
  #commandLineService: string | undefined
  #account: OwnAccount | undefined
  #session: ServiceSession | undefined
  #local: LocalService | undefined
  /** Rises with every change of the service: who finds it changed after waiting has been overtaken. */
  #connection = 0
  #retry: (() => void) | undefined

  constructor(options: RuntimeOptions) {
    this.#options = options
    this.#commandLineService = options.service
  }

  get snapshot(): Snapshot {
    return this.#options.state.snapshot
  }

  /** Throws before the profile is open: no page offers anything that needs it. */
  get people(): People {
    if (this.#people === undefined) throw new Error('the profile is not open')
    return this.#people
  }

  /** Throws without an account. */
  get calls(): Calls {
    const calls = this.#session?.calls
    if (calls === undefined) throw new Error('there is no account')
    return calls
  }

  /** Throws without an account. */
  get groups(): GroupCalls {
    const groups = this.#session?.groups
    if (groups === undefined) throw new Error('there is no account')
    return groups
  }

  /** Resolves when the profile is open and the service is known; throws `UnusableProfileError`. */
  async open(): Promise<void> {
    const { state } = this.#options
    const [sealed, account] = await this.#openProfile()
    this.#sealed = sealed
    this.#account = account
    const { store } = sealed
    if (account !== undefined) store.meta.set('account', '1')
    this.#people = new People({
      store,
      clock: systemClock,
      directory: () => this.#session?.directory,
      ownAccountPub: () => this.#account?.keys.account.public,
      changed: () => {
        state.update({ contacts: this.people.contacts() })
        const accountId = state.snapshot.call?.accountId
        if (accountId !== undefined) this.#session?.calls?.personChanged(accountId, this.people.known(accountId))
        for (const member of state.snapshot.group?.members ?? []) {
          this.#session?.groups?.personChanged(member.accountId, this.people.known(member.accountId))
        }
      },
    })
    state.update({
      startup: startupOf(account),
      settings: store.settings.all(),
      contacts: this.#people.contacts(),
      history: store.history.all(),
    })
    await this.#options.shown
    // Unless the person has chosen another service in the meantime.
    if (this.#connection === 0) await this.#connect()
  }

  /** The person asks again, where the keychain or the service inside the app stood in the way. */
  retryStartup(): undefined {
    this.#retry?.()
    this.#retry = undefined
    if (this.#sealed !== undefined && this.snapshot.service.kind === 'offline' && !this.#session) this.#connectSoon()
  }

  async checkHandle(handle: string): Promise<HandleCheck> {
    return this.#session?.registration.checkHandle(handle) ?? 'offline'
  }

  async createAccount(profile: { readonly name: string; readonly handle: string }): Promise<CreateOutcome> {
    const session = this.#session
    const outcome = (await session?.createAccount(profile)) ?? 'offline'
    this.#account = session?.registration.account ?? this.#account
    if (this.#account !== undefined) this.#store.meta.set('account', '1')
    if (outcome === 'created') this.#options.state.update({ startup: startupOf(this.#account) })
    return outcome
  }

  rename(name: string): undefined {
    if (this.#account?.rename(name).ok !== true) throw new Error('the name was not stored')
    this.#options.state.update({ startup: startupOf(this.#account) })
  }

  /** `undefined`: the service inside the app. */
  useService(text: string | undefined): 'changed' | 'invalid' {
    const address = text === undefined ? undefined : parseAddress(text)
    if (address?.ok === false) return 'invalid'
    this.#store.meta.set('service-address', address && addressText(address.value))
    // From here on this choice counts, not the command line's.
    this.#commandLineService = undefined
    void this.#disconnect()
    this.#connectSoon()
    return 'changed'
  }

  changeHistory(change: (history: HistoryStore) => void): undefined {
    change(this.#store.history)
    this.#options.state.update({ history: this.#store.history.all() })
  }

  updateSettings(changes: Partial<Settings>): undefined {
    this.#store.settings.update(changes)
    this.#options.state.update({ settings: this.#store.settings.all() })
    this.#session?.calls?.preferencesChanged()
  }

  networkChanged(change: NetworkChange): void {
    this.#session?.networkChanged(change)
  }

  /** From suspend: the network may be another one, and a running call takes new keys. */
  resumed(): void {
    this.networkChanged(UNKNOWN_CHANGE)
    this.#session?.calls?.resumed()
  }

  /** Hangs up and closes the files. */
  async close(): Promise<void> {
    await this.#disconnect()
    this.#sealed?.store.close()
    this.#sealed = undefined
  }

  get #store(): Store {
    if (this.#sealed === undefined) throw new Error('the profile is not open')
    return this.#sealed.store
  }

  async #openProfile(): Promise<[SealedState, OwnAccount | undefined]> {
    const { profile, log } = this.#options
    // Loaded while the keychain answers; what a service needs follows behind the first picture.
    const identity = import('../account/identity.ts')
    for (;;) {
      const sealed = await openSealedState({
        profile,
        log,
        show: (problem) => {
          this.#showProblem(problem)
        },
        retry: () => this.#personRetries(),
      })
      const { OwnAccount } = await identity
      const account = OwnAccount.open(sealed.vault, systemClock.now())
      if (account.ok) return [sealed, account.value]
      sealed.store.close()
      if (account.reason === 'not-stored') throw new UnusableProfileError('failed')
      this.#showProblem(account.reason)
      await this.#personRetries()
    }
  }

  #showProblem(reason: KeychainProblem | undefined): void {
    const startup: Startup = reason === undefined ? { kind: 'opening' } : { kind: 'no-keychain', reason }
    this.#options.state.update({ startup })
  }

  #personRetries(): Promise<void> {
    return new Promise((resolve) => {
      this.#retry = resolve
    })
  }

  #configuredAddress(): ServiceAddress | undefined {
    const text = this.#commandLineService ?? this.#store.meta.get('service-address')
    const address = text === undefined ? undefined : parseAddress(text)
    if (address?.ok === false) this.#options.log.warn({ reason: address.reason }, 'the service address is none')
    return address?.ok === true ? address.value : undefined
  }

  #connectSoon(): void {
    this.#connect().catch((error: unknown) => {
      this.#options.log.error({ error }, 'connecting failed')
    })
  }

  async #connect(): Promise<void> {
    const connection = ++this.#connection
    const chosen = this.#configuredAddress()
    const { state, log, out, profile, mediaPorts } = this.#options
    let address = chosen
    let shown = { address: chosen === undefined ? '' : addressText(chosen), embedded: chosen === undefined }
    state.update({ service: { kind: 'connecting', ...shown } })
    if (address === undefined) {
      const local = await startLocalService({
        program: path.join(out, 'server/main.js'),
        data: profile.at('service'),
        log,
      })
      if (connection !== this.#connection) {
        await local?.stop()
        return
      }
      this.#local = local
      const parsed = local && parseAddress(local.address)
      if (local === undefined || parsed?.ok !== true) {
        state.update({ service: { kind: 'offline', ...shown } })
        return
      }
      address = parsed.value
      shown = { address: local.shownAddress, embedded: local.embedded }
    }
    const { ServiceSession } = await import('./service-session.ts')
    if (connection !== this.#connection || this.#sealed === undefined) return
    this.#session = new ServiceSession({
      address,
      vault: this.#sealed.vault,
      store: this.#sealed.store,
      account: this.#account,
      log,
      state,
      mediaPorts,
      people: this.people,
      stateChanged: (kind) => {
        if (connection === this.#connection) state.update({ service: { kind, ...shown } })
      },
    })
  }

  async #disconnect(): Promise<void> {
    this.#connection++
    const [session, local] = [this.#session, this.#local]
    this.#session = undefined
    this.#local = undefined
    await session?.close()
    await local?.stop()
  }
}

function startupOf(account: OwnAccount | undefined): Startup {
  if (account?.registered !== true) return { kind: 'no-account' }
  const { name, handle, keys } = account
  return { kind: 'ready', profile: { name, handle: handle.reveal(), accountId: toHex(keys.account.public) } }
}
