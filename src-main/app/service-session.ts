/** This device at one service: the connection, and once there is an account everything that speaks over it. No Electron in this file. */
import { failure } from '../../src-shared/base/result.ts'
import { SUITES } from '../../src-shared/crypto/suites.ts'
import type { CreateOutcome } from '../../src-shared/ipc/contract.ts'
import type { IncomingView, Settings } from '../../src-shared/ipc/snapshot.ts'
import {
  hostHeader,
  linkAuthority,
  relayUrl,
  type ServiceAddress,
  stunUrl,
} from '../../src-shared/protocol/service/address.ts'
import { AccountDirectory } from '../account/directory.ts'
import type { OwnAccount } from '../account/identity.ts'
import { DeviceMail } from '../account/mail.ts'
import type { Vault } from '../account/ports.ts'
import { Prekeys } from '../account/prekeys.ts'
import { Registration } from '../account/registration.ts'
import { type Calls, createCalls } from '../calls/calls.ts'
import type { CallEnvironment, CallPreferences } from '../calls/ports.ts'
import { createGroupCalls, type GroupCalls } from '../group-calls/group-calls.ts'
import { createDirectLinks, type OpenDirectLinks } from '../ice/direct-link.ts'
import { createRelayLinks, type OpenRelayLinks } from '../ice/relay-link.ts'
import type { GroupEnvironment, InvitationStore } from '../group-calls/ports.ts'
import type { ElectronMediaPorts } from '../ipc/media-ports.ts'
import { ServiceClient } from '../signaling/service-client.ts'
import type { Service } from '../signaling/service.ts'
import type { Store } from '../store/store.ts'
import type { NetworkChange } from '../network/network-watch.ts'
import type { AppState } from './app-state.ts'
import type { Log } from './log.ts'
import type { People } from './people.ts'
import { systemClock, systemRandom } from './system.ts'

export interface ServiceSessionOptions {
  readonly address: ServiceAddress
  readonly vault: Vault
  readonly store: Store
  readonly account: OwnAccount | undefined
  readonly log: Log
  readonly state: AppState
  readonly mediaPorts: ElectronMediaPorts
  readonly people: People
  readonly stateChanged: (state: Service['state']) => void
}

/** What exists once the account is registered somewhere. */
interface AccountParts {
  readonly account: OwnAccount
  readonly directory: AccountDirectory
  readonly prekeys: Prekeys
  readonly calls: Calls
  readonly groups: GroupCalls
  readonly relays: OpenRelayLinks
  readonly directs: OpenDirectLinks
  readonly stop: () => void
}

export class ServiceSession {
  readonly #options: ServiceSessionOptions
  readonly #client: ServiceClient
  readonly #registration: Registration
  #parts: AccountParts | undefined
  #closed = false
  /** Of the service, once it has told. */
  #stunServers: readonly string[] = []
  /** What rings, by kind; one of them at most. */
  readonly #ringing: { call: IncomingView | undefined; group: IncomingView | undefined } = {
    call: undefined,
    group: undefined,
  }

  constructor(options: ServiceSessionOptions) {
    this.#options = options
    const { address, vault, account, stateChanged } = options
    this.#client = new ServiceClient({
      address,
      identity: () => {
        const own = this.#registration.account
        return own && { certificate: own.identity.certificate, signingSecret: own.identity.signingSecret }
      },
      clock: systemClock,
      random: systemRandom,
    })
    this.#registration = new Registration(
      { service: this.#client, vault, random: systemRandom, clock: systemClock },
      account,
    )
    this.#client.onState((state) => {
      if (state === 'online') void this.#announce()
      stateChanged(state)
    })
    if (account?.registered === true) this.#begin(account)
  }

  get account(): OwnAccount | undefined {
    return this.#registration.account
  }

  get registration(): Registration {
    return this.#registration
  }

  get calls(): Calls | undefined {
    return this.#parts?.calls
  }

  get groups(): GroupCalls | undefined {
    return this.#parts?.groups
  }

  get directory(): AccountDirectory | undefined {
    return this.#parts?.directory
  }

  get #incoming(): IncomingView | undefined {
    return this.#ringing.call ?? this.#ringing.group
  }

  async createAccount(profile: { readonly name: string; readonly handle: string }): Promise<CreateOutcome> {
    const outcome = await this.#registration.create(profile)
    const { account } = this.#registration
    if (outcome === 'created' && account !== undefined && !this.#closed) {
      this.#begin(account)
      void this.#announce()
    }
    return outcome
  }

  networkChanged(change: NetworkChange): void {
    this.#client.networkChanged(change)
    this.#parts?.relays.networkChanged(change)
    this.#parts?.directs.networkChanged(change)
  }

  /** Hangs up, and resolves when that has been said. */
  async close(): Promise<void> {
    const parts = this.#parts
    this.#closed = true
    this.#parts = undefined
    parts?.stop()
    const hungUp = Promise.all([parts?.calls.close(), parts?.groups.close()])
    this.#options.state.update({ call: undefined, group: undefined, incoming: undefined, joinable: [] })
    await hungUp
    this.#client.close()
  }

  #begin(account: OwnAccount): void {
    if (this.#parts !== undefined) return
    const { store, log, state } = this.#options
    const [service, clock, random] = [this.#client, systemClock, systemRandom]
    const directory = new AccountDirectory({ account, service, pins: store.pins, contacts: store.contacts, clock })
    const prekeys = new Prekeys({
      account,
      service,
      store: store.prekeys,
      random,
      clock,
      failed: (error) => {
        // The store closes with the app, whatever is under way.
        if (!this.#closed) log.error({ error }, 'the prekeys could not be kept')
      },
    })
    const mail = new DeviceMail({
      account,
      service,
      directory,
      prekeys,
      replays: store.replays,
      random,
      clock,
      dropped: (reason) => {
        log.warn({ reason }, 'an envelope was dropped')
      },
    })
    const relays = this.#relayLinks()
    const directs = createDirectLinks({
      clock,
      stunServers: () => this.#stunServers,
      quiet: () => this.#client.doubt(),
    })
    const environment = this.#callEnvironment(account, directory, mail, relays, directs)
    // A device is in one call, of whichever kind.
    const calls: Calls = createCalls({
      ...environment,
      otherwiseEngaged: () => groups.occupied,
      upgradeReceived: (callId, upgrade) => {
        groups.upgradeReceived(callId, upgrade)
      },
      calledBack: (callId, from) => groups.calledBack(callId, from),
      returnConnected: (groupId) => {
        groups.returnConnected(groupId)
      },
      released: (callId) => {
        groups.oneToOneOver(callId, false)
      },
    })
    const groups: GroupCalls = createGroupCalls({
      ...environment,
      oneToOne: calls,
      otherwiseEngaged: () => calls.occupied,
      show: ({ group, incoming, joinable }) => {
        this.#ringing.group = incoming
        if (!this.#closed) state.update({ group, joinable, incoming: this.#incoming })
      },
    })
    // After the calls: what waits in the queue is for them.
    const stops = [prekeys.start(), mail.start()]
    this.#parts = {
      account,
      directory,
      prekeys,
      calls,
      groups,
      relays,
      directs,
      stop: () => {
        for (const stop of stops) stop()
      },
    }
  }

  #relayLinks(): OpenRelayLinks {
    const { address, log } = this.#options
    return createRelayLinks({
      clock: systemClock,
      connect: (ticket, offer) => this.#client.relayConnect(ticket, offer),
      socket: { url: relayUrl(address), headers: { host: hostHeader(address) } },
      log: (event) => {
        log.info({ event }, 'the relay path')
      },
      jitter: Math.random,
      lost: () => this.#client.doubt(),
    })
  }

  #callEnvironment(
    account: OwnAccount,
    directory: AccountDirectory,
    mail: DeviceMail,
    relays: OpenRelayLinks,
    directs: OpenDirectLinks,
  ): Omit<CallEnvironment, 'otherwiseEngaged' | 'upgradeReceived' | 'calledBack' | 'returnConnected' | 'released'> &
    Omit<GroupEnvironment, 'otherwiseEngaged' | 'show' | 'oneToOne'> {
    const { address, state, store, people, mediaPorts, log } = this.#options
    const clock = systemClock
    return {
      clock,
      random: systemRandom,
      identity: () => account.identity,
      preferences: () => preferencesOf(state.snapshot.settings),
      directory,
      mail,
      relayTicket: async (callId, peerAccountPub) => {
        const ticket = await this.#client.relayTicket(callId, peerAccountPub)
        if (ticket.ok) return ticket
        return failure(ticket.reason === 'offline' ? 'offline' : 'refused')
      },
      groupTicket: async (groupId, accountPub, authority) => {
        const ticket = await this.#client.groupTicket(groupId, accountPub, authority)
        if (ticket.ok) return ticket
        return failure(ticket.reason === 'offline' ? 'offline' : 'refused')
      },
      relays,
      rooms: relays,
      links: {
        authority: linkAuthority(address),
        put: async (linkId, card, expiresAt) => {
          const put = await this.#client.putLink(linkId, card, expiresAt)
          return put.ok ? put : failure(put.reason === 'offline' ? 'offline' : 'refused')
        },
        get: async (linkId) => {
          const card = await this.#client.getLink(linkId)
          return card.ok ? card : failure(card.reason === 'unknown' ? 'unknown' : 'offline')
        },
        remove: (linkId) => this.#client.removeLink(linkId),
      },
      invitations: withoutFailing(store.invitations, (error) => {
        log.error({ error }, 'an invitation was not kept')
      }),
      directs,
      mediaPorts,
      show: ({ call, incoming }) => {
        this.#ringing.call = incoming
        if (!this.#closed) state.update({ call, incoming: this.#incoming })
      },
      record: (entry) => {
        try {
          store.history.add(entry)
          state.update({ history: store.history.all() })
          // R7: from now on the person is asked before the next call.
          if (entry.reason === 'key-changed') people.keyChanged(entry.handle)
        } catch (error) {
          log.error({ error }, 'a call was not noted in the history')
        }
      },
    }
  }

  /** At every connection: the service may be another one, or have lost what it knew. */
  async #announce(): Promise<void> {
    const parts = this.#parts
    if (parts === undefined) return
    try {
      const outcome = await this.#registration.publish()
      if (outcome !== 'published') this.#options.log.warn({ outcome }, 'the account was not announced')
      // A service that did not know this device a moment ago has refused its prekeys: they go again.
      else if (!(await parts.prekeys.tend())) await parts.prekeys.tend()
      const port = await this.#client.stunPort()
      if (port.ok) this.#stunServers = [stunUrl(this.#options.address, port.value)]
    } catch (error) {
      if (!this.#closed) this.#options.log.error({ error }, 'the account was not announced')
    }
  }
}

/** The preferred suite first; the other one stays on offer (R22). */
function preferencesOf(settings: Settings): CallPreferences {
  const { preferredSuite, hideAddress, contactsOnly } = settings
  const others = SUITES.map(({ name }) => name).filter((name) => name !== preferredSuite)
  return { suites: [preferredSuite, ...others], hideAddress, contactsOnly }
}

/** A call goes on also where the disk is full: all that is lost is that it can be joined again later. */
function withoutFailing(store: InvitationStore, failed: (error: unknown) => void): InvitationStore {
  const attempt = <Value>(work: () => Value, otherwise: Value): Value => {
    try {
      return work()
    } catch (error) {
      failed(error)
      return otherwise
    }
  }
  return {
    all: (now) => attempt(() => store.all(now), []),
    save(invitation) {
      attempt(() => store.save(invitation), undefined)
    },
    remove(groupId) {
      attempt(() => store.remove(groupId), undefined)
    },
  }
}
