/** A main process of its own: answers requests from the snapshot that it holds and pushes it after each change. */
import type { GroupView } from '../../src-shared/ipc/group-view.ts'
import type { Bridge, FindOutcome, NoticeName, Notices, RequestName, Requests } from '../../src-shared/ipc/contract.ts'
import { normaliseHandle } from '../../src-shared/identity/handle.ts'
import { DRAWN_SOURCES } from './drawn-sources.ts'
import type { CallView, Contact, Snapshot } from '../../src-shared/ipc/snapshot.ts'

type Handlers = {
  readonly [Name in RequestName]: (
    argument: Requests[Name]['argument'],
  ) => Requests[Name]['answer'] | Promise<Requests[Name]['answer']>
}

const NUMBER = [
  '04127',
  '88310',
  '55902',
  '17743',
  '60281',
  '39945',
  '21078',
  '94416',
  '70053',
  '13862',
  '48297',
  '66120',
]
const TAKEN = ['mara', 'noor', 'admin']
const UNREACHABLE = 'offline'

export class FakeBridge implements Bridge {
  readonly platform = 'linux'
  readonly version = '0.1.0'
  #snapshot: Snapshot
  readonly #slow: readonly RequestName[]
  readonly #listeners: { [Name in NoticeName]: ((payload: Notices[Name]) => void)[] } = { snapshot: [], navigate: [] }
  readonly #handlers: Handlers

  constructor(snapshot: Snapshot, slow: readonly RequestName[]) {
    this.#snapshot = snapshot
    this.#slow = slow
    this.#handlers = this.#answers()
  }

  request<Name extends RequestName>(
    name: Name,
    argument: Requests[Name]['argument'],
  ): Promise<Requests[Name]['answer']> {
    if (this.#slow.includes(name)) return new Promise(() => undefined)
    const handler: Handlers[Name] = this.#handlers[name]
    return Promise.resolve(handler(argument))
  }

  on<Name extends NoticeName>(name: Name, listener: (payload: Notices[Name]) => void): () => void {
    const listeners = this.#listeners[name]
    listeners.push(listener)
    return () => {
      listeners.splice(listeners.indexOf(listener), 1)
    }
  }

  #change(change: Partial<Snapshot>): undefined {
    this.#snapshot = { ...this.#snapshot, ...change }
    for (const listener of this.#listeners.snapshot) listener(this.#snapshot)
  }

  #changeContact(accountId: string, change: Partial<Contact>): undefined {
    const contacts = this.#snapshot.contacts.map((contact) =>
      contact.accountId === accountId ? { ...contact, ...change } : contact,
    )
    const { call } = this.#snapshot
    const verification = change.verification
    return this.#change({
      contacts,
      ...(verification !== undefined && call?.accountId === accountId
        ? { call: { ...call, proof: call.proof && { ...call.proof, verification } } }
        : {}),
    })
  }

  #changeGroup(change: (group: GroupView) => Partial<GroupView>): undefined {
    const { group } = this.#snapshot
    if (group) this.#change({ group: { ...group, ...change(group) } })
  }

  #changeCall(change: Partial<CallView>): undefined {
    const { call } = this.#snapshot
    return this.#change({ call: call && { ...call, ...change } })
  }

  #find(typed: string): FindOutcome {
    const handle = normaliseHandle(typed)
    if (handle === undefined) return { kind: 'invalid' }
    if (handle === UNREACHABLE) return { kind: 'offline' }
    if (handle === 'noor') return { kind: 'self' }
    const contact = this.#snapshot.contacts.find((candidate) => candidate.handle === handle)
    if (contact) {
      return {
        kind: 'found',
        accountId: contact.accountId,
        handle,
        keyChanged: contact.verification === 'key-changed',
      }
    }
    return handle.startsWith('pa')
      ? { kind: 'found', accountId: 'ab'.repeat(32), handle, keyChanged: false }
      : { kind: 'unknown' }
  }

  #answers(): Handlers {
    return {
      'snapshot.get': () => this.#snapshot,
      'account.checkHandle': (handle) =>
        handle === UNREACHABLE ? 'offline' : TAKEN.includes(handle) ? 'taken' : 'free',
      'account.create': ({ name, handle }) => {
        this.#change({ startup: { kind: 'ready', profile: { name, handle, accountId: 'f0'.repeat(32) } } })
        return 'created'
      },
      'account.rename': (name) => {
        const { startup } = this.#snapshot
        if (startup.kind === 'ready') this.#change({ startup: { ...startup, profile: { ...startup.profile, name } } })
        return undefined
      },
      'startup.retry': () => undefined,
      'service.use': (address) => {
        if (address?.includes(' ') === true) return 'invalid'
        this.#change({
          service: {
            kind: 'online',
            address: address ?? '192.168.1.20:8440',
            embedded: address === undefined,
          },
        })
        return 'changed'
      },
      'contact.find': (handle) => this.#find(handle),
      'contact.add': ({ handle, name }) => {
        const found = this.#find(handle)
        if (found.kind === 'found') {
          const contact: Contact = {
            accountId: found.accountId,
            handle,
            name,
            verification: 'unverified',
            blocked: false,
          }
          this.#change({ contacts: [...this.#snapshot.contacts, contact] })
        }
        return found
      },
      'contact.rename': ({ accountId, name }) => this.#changeContact(accountId, { name }),
      'contact.remove': (accountId) =>
        this.#change({ contacts: this.#snapshot.contacts.filter((contact) => contact.accountId !== accountId) }),
      'contact.block': ({ accountId, blocked }) => this.#changeContact(accountId, { blocked }),
      'contact.setVerified': ({ accountId, verified }) =>
        this.#changeContact(accountId, { verification: verified ? 'verified' : 'unverified' }),
      'contact.acceptNewKey': (handle) => {
        const contact = this.#snapshot.contacts.find((candidate) => candidate.handle === handle)
        if (contact) this.#changeContact(contact.accountId, { verification: 'unverified' })
        return this.#find(handle)
      },
      'contact.safetyNumber': () => NUMBER,
      'history.remove': (id) => this.#change({ history: this.#snapshot.history.filter((entry) => entry.id !== id) }),
      'history.clear': () => this.#change({ history: [] }),
      'history.markSeen': () =>
        this.#change({ history: this.#snapshot.history.map((entry) => ({ ...entry, unseen: false })) }),
      'settings.update': (change) => this.#change({ settings: { ...this.#snapshot.settings, ...change } }),
      'call.start': ({ handle, media }) => {
        const contact = this.#snapshot.contacts.find((candidate) => candidate.handle === handle)
        return this.#change({
          call: {
            callId: 'ca'.repeat(16),
            behindGroup: false,
            direction: 'outgoing',
            name: contact?.name ?? handle,
            handle,
            accountId: contact?.accountId,
            phase: { kind: 'calling' },
            local: media,
            remote: { audio: false, video: false, screen: false },
            proof: undefined,
            connectedAt: undefined,
          },
        })
      },
      'call.accept': () => this.#change({ incoming: undefined }),
      'call.decline': () => this.#change({ incoming: undefined }),
      'call.end': () =>
        this.#changeCall({
          phase: {
            kind: 'ended',
            reason: this.#snapshot.call?.connectedAt === undefined ? 'cancelled' : 'hung-up',
          },
        }),
      'call.setMedia': ({ media }) => this.#changeCall({ local: media }),
      'call.dismiss': () => this.#change({ call: undefined }),
      'call.openMediaPort': () => undefined,
      'group.start': () => 'started',
      'group.invite': () => undefined,
      'group.join': () => 'started',
      'group.forget': (callId) =>
        this.#change({ joinable: this.#snapshot.joinable.filter((call) => call.callId !== callId) }),
      'group.remove': ({ member }) =>
        this.#changeGroup(({ members }) => ({ members: members.filter(({ id }) => id !== member) })),
      'group.setHost': ({ member, host }) =>
        this.#changeGroup(({ members }) => ({
          members: members.map((one) => (one.id === member ? { ...one, host } : one)),
        })),
      'group.askToMute': () => undefined,
      'group.raiseHand': ({ up }) => this.#changeGroup(() => ({ hand: up })),
      'group.react': () => undefined,
      'group.say': ({ text }) => {
        this.#changeGroup(({ chat }) => ({
          chat: [...chat, { id: String(chat.length), from: undefined, text, at: Date.now() }],
        }))
        return 'sent'
      },
      'group.markChatRead': () => this.#changeGroup(() => ({ unreadChat: 0 })),
      'group.upgrade': () => 'started',
      'group.createLink': () => {
        this.#changeGroup(() => ({
          link: {
            url: 'https://calls.example.org/j/Zt3cM0Qy2k9oVh1xW8aJrA#u7Qm2S8n',
            expiresAt: Date.now() + 3_600_000,
          },
        }))
        return 'made'
      },
      'group.withdrawLink': () => this.#changeGroup(() => ({ link: undefined })),
      'group.knock': () => 'gone',
      'group.admit': ({ guest }) =>
        this.#changeGroup(({ knocks }) => ({ knocks: knocks.filter(({ id }) => id !== guest) })),
      'group.refuse': ({ guest }) =>
        this.#changeGroup(({ knocks }) => ({ knocks: knocks.filter(({ id }) => id !== guest) })),
      'group.compareWords': () =>
        this.#changeGroup(({ proof }) => ({
          proof: proof && { ...proof, words: { kind: 'words', words: ['regain', 'egghead', 'wayside', 'escape'] } },
        })),
      'screen.sources': () => DRAWN_SOURCES,
      'screen.pick': () => 'picked',
      'window.setFullScreen': () => undefined,
      'window.show': () => undefined,
    }
  }
}
