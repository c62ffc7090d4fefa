/** Claiming a handle, and telling the directory who this device is: once by hand, then at every connection. */
import type { RandomBytes } from '../../src-shared/base/random.ts'
import { type Clock } from '../../src-shared/base/time.ts'
import { normaliseHandle } from '../../src-shared/identity/handle.ts'
import type { CreateOutcome, HandleCheck } from '../../src-shared/ipc/contract.ts'
import type { Service } from '../signaling/service.ts'
import { OwnAccount } from './identity.ts'
import type { Vault } from './ports.ts'
import { NAME_MAX } from './vault-content.ts'

export type PublishOutcome =
  | 'published'
  | 'no-account'
  | 'offline'
  | 'taken' /* this service knows the handle as somebody else's */
  | 'invalid' /* this service refuses what this device says of itself, for good */
  | 'not-stored' /* the service has it, but the vault could not note that */

export interface RegistrationPorts {
  readonly service: Service
  readonly vault: Vault
  readonly random: RandomBytes
  readonly clock: Clock
}

export class Registration {
  readonly #ports: RegistrationPorts
  #account: OwnAccount | undefined

  /** `account`: what `OwnAccount.open` found. */
  constructor(ports: RegistrationPorts, account: OwnAccount | undefined) {
    this.#ports = ports
    this.#account = account
  }

  /** Also an account whose handle is not registered yet: the connection to the service needs its certificate. */
  get account(): OwnAccount | undefined {
    return this.#account
  }

  async checkHandle(typed: string): Promise<HandleCheck> {
    const handle = normaliseHandle(typed)
    if (handle === undefined) return 'invalid'
    const free = await this.#ports.service.checkHandle(handle)
    if (!free.ok) return free.reason === 'invalid' ? 'invalid' : 'offline'
    return free.value ? 'free' : 'taken'
  }

  /**
   * The keys are in the vault before the handle is claimed: a power cut in between leaves an account that can try again,
   * never a claimed handle without its keys. An account that got no handle yet keeps its keys for the next choice.
   */
  async create(profile: { readonly name: string; readonly handle: string }): Promise<CreateOutcome> {
    const handle = normaliseHandle(profile.handle)
    const name = profile.name.trim()
    if (handle === undefined || new TextEncoder().encode(name).length > NAME_MAX) return 'invalid'
    if (this.#account?.registered === true) return 'invalid'
    if (!this.#prepare({ name, handle })) return 'not-stored'
    const outcome = await this.publish()
    if (outcome === 'published') return 'created'
    return outcome === 'no-account' ? 'not-stored' : outcome
  }

  /** Brings handle, certificate and device list to the service. Repeating it changes nothing there. */
  async publish(): Promise<PublishOutcome> {
    const account = this.#account
    if (account === undefined) return 'no-account'
    const handle = account.handle.reveal()
    const { certificate, deviceList } = account
    const done = await this.#ports.service.register({
      handle,
      certificate: certificate.bytes,
      deviceList: deviceList.bytes,
    })
    if (done.ok) return account.markRegistered().ok ? 'published' : 'not-stored'
    return done.reason === 'taken' || done.reason === 'invalid' ? done.reason : 'offline'
  }

  #prepare(profile: { readonly name: string; readonly handle: string }): boolean {
    const { vault, random, clock } = this.#ports
    if (this.#account !== undefined) return this.#account.choose(profile).ok
    const created = OwnAccount.create(vault, profile, random, clock.now())
    if (created.ok) this.#account = created.value
    return created.ok
  }
}
